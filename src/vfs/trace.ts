// kernel/trace and fs: each call on a device on record, for who asks. As long as nobody does, a call costs a test of
// `tracing`.
//
// A record is made when its call is answered, before its program has the answer, and one more when the call begins to
// sleep. The numbers `begin` and `end` are one count: so they tell which calls overlapped, and in which order all was.
import { readFileSync } from 'node:fs'
import { errname } from '../errname.js'
import { EIO } from '../errno.js'
import { MAX_ERRNO } from '../limits.js'
import { printk_now } from '../printk.js'
import { current } from '../sched.js'
import { quotable_json } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import type { file, fop_result, inode } from './fs.js'
import { nameOf } from './namei.js'

/** A call on a device, as a line of JSON has it. */
export interface trace_record {
  /** When it began, in the count of all beginnings and ends. */
  readonly begin: number
  /** When it was answered, in the same count; absent while it sleeps. */
  readonly end?: number
  /** When it began, in seconds since the server started, as in the log. */
  readonly time: number
  /** How long it took, in milliseconds; absent while it sleeps. */
  readonly ms?: number
  /** The process, and its command's name; absent where the transport doesn't say. */
  readonly pid?: number
  readonly comm?: string
  readonly uid?: number
  /** read(2) and pread(2) are told apart, as are write and pwrite; `close` is the last close of an open file. */
  readonly op:
    | 'open'
    | 'read'
    | 'pread'
    | 'write'
    | 'pwrite'
    | 'lseek'
    | 'ioctl'
    | 'poll'
    | 'fsync'
    | 'fdatasync'
    | 'close'
  /** The device's path on the mount. */
  readonly name: string
  /** Which open file: its number, the same from its open to its close. */
  readonly file: number
  /** Of open: open(2)'s flags; of others those of the open file, where they aren't those that the last record had. */
  readonly flags?: number
  /** Of read and write: how many bytes were asked for, and where the driver was, in bytes. */
  readonly len?: number
  readonly off?: number
  /** Of ioctl: the command. */
  readonly cmd?: number
  /** Of ioctl: the argument of a command without a size. */
  readonly arg?: number
  /** What was written, or given to ioctl; then what was read, or given back. Bytes as surrogateescape.ts has them. */
  readonly in?: string
  readonly out?: string
  /** The result, or a negative errno; absent while it sleeps. */
  readonly ret?: number
  /** The errno's name. */
  readonly errname?: string
}

/** Who asks for records. */
export interface trace_sink {
  /** Which devices, by their paths; null for all but the control device and the log, and for injected events as well. */
  readonly names: ReadonlySet<string> | null
  /** Gets each record, as a line of JSON without its newline. */
  readonly line: (json: string) => void
}

/** What is told of a call before it is made. */
type Asked = Pick<trace_record, 'op' | 'flags' | 'len' | 'off' | 'cmd' | 'arg' | 'in'>

/** What a mount has of its own. */
const unnamed = new Set(['lunatik', 'kmsg'])

const sinks = new Set<trace_sink>()

/** Whether anybody asks. */
export let tracing = false

/** Begins to tell `sink`. Returns what ends that. */
export function trace_register(sink: trace_sink): () => void {
  sinks.add(sink)
  tracing = true
  return () => {
    sinks.delete(sink)
    tracing = sinks.size > 0
  }
}

/** Beginnings and ends so far. */
let events = 0
let lastFile = 0

/** Goes on counting where a kernel before this one can't have come to, of which there are records in the same file. */
export function trace_resume(): void {
  // No more than one event a microsecond.
  events = lastFile = Math.ceil(printk_now() * 1e6)
}

/** What is known of an open file. */
interface Known {
  readonly number: number
  readonly name: string
  /** Who has used it last: the close comes from nobody. */
  by: Pick<trace_record, 'pid' | 'comm' | 'uid'>
  /** Its flags as a record has them; -1 where none has. */
  flags: number
}

const known = new WeakMap<file, Known>()

function knownOf(file: file): Known {
  let info = known.get(file)
  if (info === undefined) {
    info = { number: ++lastFile, name: nameOf(file.f_inode), by: {}, flags: -1 }
    known.set(file, info)
  }
  return info
}

const field = (status: string, name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]

/** The process of a thread, and its command. */
function processOf(tid: number): Pick<trace_record, 'pid' | 'comm'> {
  try {
    const status = readFileSync(`/proc/${tid}/status`, 'latin1')
    const pid = Number(field(status, 'Tgid'))
    const comm = pid === tid ? field(status, 'Name') : readFileSync(`/proc/${pid}/comm`, 'latin1').trimEnd()
    return { pid, comm: comm ?? '?' }
  } catch {
    return { pid: tid, comm: '?' } // It has gone, or is in another namespace.
  }
}

function caller(): Known['by'] {
  const { pid, uid } = current
  return pid < 0 ? {} : { ...processOf(pid), uid }
}

function tell(name: string, record: trace_record): void {
  let json: string | null = null
  for (const { names, line } of sinks) {
    if (names === null ? unnamed.has(name) : !names.has(name)) continue
    json ??= quotable_json(record)
    line(json)
  }
}

/** An event that was injected, as a line of JSON has it: as `--events` takes it. */
export interface trace_injected {
  /** When, in seconds since the server started. */
  readonly time: number
  readonly event: string
  readonly [field: string]: unknown
}

/** Seconds since the server started, as records have them. */
export const trace_now = (): number => Math.round(printk_now() * 1e6) / 1e6

/** Tells those who ask for all of an event that was injected. */
export function trace_event(injected: trace_injected): void {
  let json: string | null = null
  for (const { names, line } of sinks) {
    if (names !== null) continue
    json ??= quotable_json(injected)
    line(json)
  }
}

/** A call that is under way. */
class Call {
  readonly #begin = ++events
  readonly #time = trace_now()
  readonly #since = performance.now()
  readonly #asked: Asked
  readonly #out: (ret: number) => Uint8Array | null
  #file: Known | null = null
  readonly #by: Known['by']

  constructor(asked: Asked, file: file | null, out: (ret: number) => Uint8Array | null) {
    this.#asked = asked
    this.#out = out
    if (file !== null) {
      this.#file = knownOf(file)
      if (this.#file.flags !== file.f_flags) this.#asked = { ...asked, flags: file.f_flags }
      this.#file.flags = file.f_flags
    }
    const by = caller()
    this.#by = by.pid === undefined ? (this.#file?.by ?? by) : by
    if (this.#file !== null) this.#file.by = this.#by
  }

  #record(name: string, rest: Pick<trace_record, 'end' | 'ms' | 'ret' | 'errname' | 'out'>): void {
    const { op, in: input, ...asked } = this.#asked
    const number = this.#file?.number ?? 0
    const data = input === undefined ? {} : { in: input }
    const head = { begin: this.#begin, time: this.#time, ...this.#by, op, name, file: number }
    tell(name, { ...head, ...asked, ...data, ...rest })
  }

  sleeps(name: string): void {
    this.#record(name, {})
  }

  /** @param opened the file that an open has given */
  ended(name: string, ret: number, opened: file | null = null): void {
    if (opened !== null) {
      this.#file = knownOf(opened)
      this.#file.by = this.#by
      this.#file.flags = opened.f_flags
    }
    // What is no answer is EIO for the program.
    const right = Number.isInteger(ret) && ret >= -MAX_ERRNO && ret <= (this.#asked.len ?? ret) ? ret : -EIO
    const out = right >= 0 ? this.#out(right) : null
    const ms = Math.round((performance.now() - this.#since) * 1000) / 1000
    this.#record(name, {
      end: ++events,
      ms,
      ret: right,
      ...(right < 0 ? { errname: errname(right) ?? String(right) } : null),
      ...(out === null ? null : { out: stringOf(out) }),
    })
  }
}

/** Bytes as a record has them. */
export const trace_bytes = (bytes: Uint8Array): { readonly in: string } => ({ in: stringOf(bytes) })

/**
 * Makes a call on an open file, on record.
 * @param out what of the call's memory its program gets for a result that is no error; null for nothing
 */
export function trace_call(
  asked: Asked,
  file: file,
  act: () => fop_result,
  out: (ret: number) => Uint8Array | null = () => null,
): fop_result {
  const call = new Call(asked, file, out)
  const { name } = knownOf(file)
  return follow(call, name, act, (ret) => ret)
}

/** Opens a node, on record. */
export function trace_open<T extends file | number>(
  inode: inode,
  flags: number,
  act: () => T | Promise<T>,
): T | Promise<T> {
  const call = new Call({ op: 'open', flags }, null, () => null)
  return follow(call, nameOf(inode), act, (ret) => (typeof ret === 'number' ? ret : 0))
}

/** Calls, and has the call ended when it is answered: at once, or by who answers requests that slept. */
function follow<T extends file | number>(
  call: Call,
  name: string,
  act: () => T | Promise<T>,
  number: (ret: T) => number,
): T | Promise<T> {
  const fileOf = (ret: T): file | null => (typeof ret === 'object' ? (ret as file) : null)
  const task = current
  let ret: T | Promise<T>
  try {
    ret = act()
  } catch (e) {
    call.ended(name, -EIO)
    throw e
  }
  if (!(ret instanceof Promise)) {
    call.ended(name, number(ret), fileOf(ret))
    return ret
  }
  call.sleeps(name)
  let opened: file | null = null
  // The one who answers knows what the program gets, which is EINTR where it has been interrupted.
  task.answered = (answer) => call.ended(name, answer, answer < 0 ? null : opened)
  return ret.then((late) => {
    opened = fileOf(late)
    return late
  })
}

/** The last close, which nobody waits for. */
export function trace_close(file: file, act: () => fop_result): fop_result {
  const call = new Call({ op: 'close' }, file, () => null)
  const { name } = knownOf(file)
  const end = <T>(ret: T): T => {
    call.ended(name, 0)
    return ret
  }
  const ret = act()
  return ret instanceof Promise ? ret.finally(() => end(0)) : end(ret)
}
