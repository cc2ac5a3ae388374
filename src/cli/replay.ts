// `lunatik replay`: makes the calls of a trace on a mount, in the order in which they began and ended and with the
// overlap that they had, and says where results differ.
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { errname } from '../errname.js'
import { EXIT_FAILURE, UserError } from '../errors.js'
import { moduleUrl } from '../package.js'
import { quotable_json } from '../string_helpers.js'
import { bytesOf, stringOf } from '../surrogateescape.js'
import type { trace_record } from '../vfs/trace.js'
import { callOf, quoted, recordsOf, resultOf } from './calls.js'
import type { ClientOptions } from './control.js'
import type { ReplayCall, ReplayResult } from './replay_calls.js'
import { type Take, withTrace } from './trace.js'

const program = fileURLToPath(moduleUrl('cli/replay_calls.js'))

/** How much longer than it took a call may take, in milliseconds. */
const patienceMs = 10_000
/** How long is waited for a call to reach the server, in milliseconds; then it is taken for one that has. */
const arriveMs = 2000
/**
 * The calls that can be made anew: a program's poll(2) is several calls, as time goes, and ioctl(2) is none of Node's.
 */
const replayed = new Set(['open', 'read', 'pread', 'write', 'pwrite', 'fsync', 'close'])
/** How many differences are printed. */
const shownMax = 20

/** A call that has ended. */
type Ended = trace_record & { readonly end: number; readonly ret: number }

/** What came of a call that has another result than it had; null where it never came back. */
interface Difference {
  readonly call: trace_record
  readonly now: trace_record | null
}

/** The calls of a trace that can be made, in the order in which they began, and how many others there are. */
function readTrace(file: string): { calls: Ended[]; leftOut: number } {
  let records: trace_record[]
  try {
    records = recordsOf(readFileSync(file, 'utf8'))
  } catch (e) {
    throw new UserError(`${file}: ${(e as NodeJS.ErrnoException).code ?? (e as Error).message}`)
  }
  const last = new Map(records.map((record) => [record.begin, record]))
  const ended = [...last.values()].filter((record): record is Ended => record.end !== undefined)
  const calls = ended.filter(({ op }) => replayed.has(op)).sort((a, b) => a.begin - b.begin)
  return { calls, leftOut: last.size - calls.length }
}

/** For files that were open before the trace began: how they must be opened. */
function flagsOf(calls: readonly Ended[], file: number): number {
  const ops = new Set(calls.filter((call) => call.file === file).map(({ op }) => op.replace(/^p/, '')))
  return ops.has('write') ? (ops.has('read') ? 2 : 1) : 0
}

/** How many calls are under way at once, at most. */
function overlapOf(calls: readonly Ended[]): number {
  const ends = calls.map(({ end }) => end).sort((a, b) => a - b)
  return calls.reduce((most, { begin }, i) => Math.max(most, i + 1 - ends.filter((end) => end < begin).length), 0)
}

/** Makes calls in the other process. */
class Caller {
  readonly #child: ChildProcess
  readonly #mount: string
  readonly #waiting = new Map<number, (result: ReplayResult | null) => void>()
  #last = 0

  constructor(mount: string, threads: number) {
    this.#mount = mount
    const env = { ...process.env, UV_THREADPOOL_SIZE: String(Math.min(1024, threads)) }
    this.#child = fork(program, { env, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child.on('message', (result: ReplayResult) => {
      this.#waiting.get(result.id)?.(result)
      this.#waiting.delete(result.id)
    })
    this.#child.on('exit', () => {
      for (const end of this.#waiting.values()) end(null)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** How many calls have no answer yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Resolves with null for a call that doesn't come back. */
  make(record: Omit<ReplayCall, 'id' | 'mount'>): Promise<ReplayResult | null> {
    const id = ++this.#last
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#child.send({ ...record, id, mount: this.#mount } satisfies ReplayCall)
    })
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Knows which calls have reached the server and sleep there. */
class Arrivals {
  readonly #take: Take
  readonly #pid: number | undefined
  readonly #asleep = new Set<number>()

  constructor(take: Take, pid: number | undefined) {
    this.#take = take
    this.#pid = pid
  }

  /** Resolves once each call without an answer is known to sleep. */
  async settled(caller: Caller): Promise<void> {
    for (const end = performance.now() + arriveMs; performance.now() < end; await sleep(5)) {
      for (const line of await this.#take()) {
        const { begin, end, pid } = JSON.parse(line) as trace_record
        if (pid !== undefined && pid !== this.#pid) continue
        if (end === undefined) this.#asleep.add(begin)
        else this.#asleep.delete(begin)
      }
      if (this.#asleep.size >= caller.waiting) return
    }
  }
}

/** How a call of the trace and one of now compare. */
function difference(call: Ended, result: ReplayResult | null): Difference | null {
  if (call.op === 'close') return null
  if (result === null) return { call, now: null }
  const { ret, data } = result
  const reads = call.op === 'read' || call.op === 'pread'
  const out = reads && data !== null ? stringOf(data) : undefined
  if (ret === call.ret && (!reads || ret < 0 || out === call.out)) return null
  const { errname: _, out: __, ...rest } = call
  return {
    call,
    now: {
      ...rest,
      ret,
      ...(ret < 0 ? { errname: errname(ret) ?? String(ret) } : null),
      ...(out === undefined ? null : { out }),
    },
  }
}

async function make(calls: readonly Ended[], caller: Caller, take: Take): Promise<Difference[]> {
  const arrivals = new Arrivals(take, caller.pid)
  const opened = new Set<number>()
  const differences: Difference[] = []
  const results = new Map<Ended, Promise<ReplayResult | null>>()
  const events = calls.flatMap((call) => [
    { at: call.begin, call, begins: true },
    { at: call.end, call, begins: false },
  ])
  events.sort((a, b) => a.at - b.at)
  for (const { call, begins } of events) {
    const { op, name, file, flags = 0, len = 0, off = 0, in: given = '' } = call
    if (begins) {
      const common = { name, file, len, off, data: bytesOf(given) }
      if (op === 'open') opened.add(file)
      else if (!opened.has(file)) {
        opened.add(file)
        await caller.make({ ...common, op: 'open', flags: flagsOf(calls, file) })
      }
      // Those that are under way come before it.
      if (caller.waiting > 0) await arrivals.settled(caller)
      results.set(call, caller.make({ ...common, op: op as ReplayCall['op'], flags }))
      continue
    }
    const late = new AbortController()
    const result = await Promise.race([
      results.get(call) as Promise<ReplayResult | null>,
      sleep((call.ms ?? 0) + patienceMs, null, { signal: late.signal }).catch(() => null),
    ])
    late.abort()
    const found = difference(call, result)
    if (found !== null) differences.push(found)
    // What comes after a call that doesn't come back would be compared with nothing.
    if (result === null) break
  }
  return differences
}

/** The beginning of a call's line, with what it had and what it has now. */
function shown({ call, now }: Difference): string {
  const had = `${callOf(call)} = ${resultOf(call)}`
  if (now === null) return `${had}, now it doesn't come back`
  return `${had}, now ${now.out === undefined ? '' : `${quoted(now.out)} `}= ${resultOf(now)}`
}

/** Runs the command. Resolves with its exit code: 1 where results differ. */
export async function replay(file: string, { mount, json }: ClientOptions): Promise<number> {
  const { calls, leftOut } = readTrace(file)
  const differences = await withTrace(mount, [...new Set(calls.map(({ name }) => name))], async (take) => {
    const caller = new Caller(mount, overlapOf(calls) + 2)
    try {
      return await make(calls, caller, take)
    } finally {
      caller.close()
    }
  })
  if (json) {
    process.stdout.write(
      `${quotable_json({ ok: differences.length === 0, calls: calls.length, left_out: leftOut, differences })}\n`,
    )
  } else {
    for (const difference of differences.slice(0, shownMax)) process.stdout.write(`${shown(difference)}\n`)
    if (differences.length > shownMax) process.stdout.write(`... and ${differences.length - shownMax} more\n`)
    const others = leftOut === 0 ? '' : `; ${leftOut} were left out: poll, ioctl, lseek, or never answered`
    const outcome =
      differences.length === 0 ? `${calls.length} calls agree` : `${differences.length} of ${calls.length} calls differ`
    process.stdout.write(`${outcome}${others}\n`)
  }
  return differences.length === 0 ? 0 : EXIT_FAILURE
}
