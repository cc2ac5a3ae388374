// `lunatik top`: what a mount's devices and scripts are at. The server counts nothing as long as nobody asks; who has a
// device open is told by /proc.
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import type { trace_record } from '../vfs/trace.js'
import { type ClientOptions, Control } from './control.js'
import { withTrace } from './trace.js'

/** How long a sample takes, in milliseconds. */
const sampleMs = 1000

/** What `trace.stat()` gives. */
interface Stat {
  readonly devices: readonly string[]
  readonly waiting: readonly { name: string; op: string; pid: number; ms: number }[]
  readonly scripts: readonly { script: string; ms: number; memory: number | null }[]
}

/** A program that has to do with a device; without a pid where the transport doesn't say. */
interface Program {
  readonly pid?: number
  readonly comm?: string
}

/** A device in a sample. Calls, bytes, errors and milliseconds are those of a second. */
interface Device {
  readonly name: string
  readonly calls: number
  readonly bytes: number
  readonly errors: number
  /** Those that wait for an answer, with the call and for how long, in milliseconds. */
  readonly waiting: readonly (Program & { readonly op: string; readonly ms: number })[]
  /** Those that have it open, as far as this user may see that. */
  readonly open: readonly Program[]
}

interface Script {
  readonly script: string
  /** How long its Lua ran in a second, in milliseconds. */
  readonly ms: number
  /** What its Lua uses, in bytes; null where the engine doesn't know. */
  readonly memory: number | null
}

interface Sample {
  readonly devices: readonly Device[]
  readonly scripts: readonly Script[]
}

function entries(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return [] // It has just ended, or is another user's.
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // As above.
  }
}

const commOf = (pid: number) => attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd())

/** A thread's process. */
const processOf = (tid: number) =>
  Number(attempt(() => /^Tgid:\s*(\d+)/m.exec(readFileSync(`/proc/${tid}/status`, 'latin1'))?.[1]) ?? tid)

const program = (pid: number): Program => {
  const comm = commOf(pid)
  return comm === undefined ? { pid } : { pid, comm }
}

/** The programs that have files below a folder open, by the files' names in it. Asks no file system but /proc. */
function openBelow(dir: string): Map<string, Program[]> {
  const open = new Map<string, Program[]>()
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const links = entries(`/proc/${pid}/fd`).map((fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)))
    for (const path of new Set(links)) {
      if (!path?.startsWith(`${dir}/`)) continue
      const name = path.slice(dir.length + 1)
      open.set(name, [...(open.get(name) ?? []), program(Number(pid))])
    }
  }
  return open
}

const perSecond = (n: number, seconds: number) => Math.round((n / seconds) * 10) / 10

/** Looks at a mount for a second. */
async function sample(mount: string, take: () => Promise<string[]>, stat: () => Promise<Stat>): Promise<Sample> {
  await take()
  const before = await stat()
  const begin = performance.now()
  await sleep(sampleMs)
  const records = (await take()).map((line) => JSON.parse(line) as trace_record).filter(({ end }) => end !== undefined)
  const { devices, waiting, scripts } = await stat()
  const seconds = (performance.now() - begin) / 1000
  const open = openBelow(realpathSync(mount))
  return {
    devices: devices.map((name) => {
      const calls = records.filter((record) => record.name === name)
      const moved = calls.filter(({ op, ret = 0 }) => /^p?(read|write)$/.test(op) && ret > 0)
      return {
        name,
        calls: perSecond(calls.length, seconds),
        bytes: perSecond(
          moved.reduce((sum, { ret = 0 }) => sum + ret, 0),
          seconds,
        ),
        errors: perSecond(calls.filter(({ ret = 0 }) => ret < 0).length, seconds),
        waiting: waiting
          .filter((one) => one.name === name)
          .map(({ op, ms, pid }) => ({ ...(pid < 0 ? {} : program(processOf(pid))), op, ms: Math.round(ms) })),
        open: open.get(name) ?? [],
      }
    }),
    scripts: scripts.map(({ script, ms, memory }) => {
      const had = before.scripts.find((one) => one.script === script)?.ms ?? 0
      return { script, ms: perSecond(Math.max(0, ms - had), seconds), memory }
    }),
  }
}

/** Lines whose columns are below each other; the first is text, and so is what is behind the numbers. */
function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)))
  const cell = (value: string | number, i: number, numeric: boolean) =>
    numeric ? String(value).padStart(widths[i] as number) : String(value).padEnd(widths[i] as number)
  const numeric = (i: number) => rows.length > 1 && typeof rows[1]?.[i] === 'number'
  return rows.map((row) =>
    row
      .map((value, i) => cell(value, i, numeric(i)))
      .join('  ')
      .trimEnd(),
  )
}

const named = ({ pid, comm }: Program) => (pid === undefined ? '?' : `${kstrdup_quotable(comm ?? '?')}[${pid}]`)

const size = (bytes: number | null) => (bytes === null ? '?' : `${Math.ceil(bytes / 1024)} KiB`)

const shown = ({ devices, scripts }: Sample) =>
  [
    ...table([
      ['DEVICE', 'CALLS/s', 'BYTES/s', 'ERRORS/s', 'WAITING', 'OPEN'],
      ...devices.map(({ name, calls, bytes, errors, waiting, open }) => [
        ...[kstrdup_quotable(name), calls, bytes, errors],
        waiting.map((one) => `${named(one)} ${one.op} ${(one.ms / 1000).toFixed(1)}s`).join(', ') || '-',
        open.map(named).join(', ') || '-',
      ]),
    ]),
    '',
    ...table([
      ['SCRIPT', 'LUA ms/s', 'MEMORY'],
      ...scripts.map(({ script, ms, memory }) => [kstrdup_quotable(script), ms, size(memory)]),
    ]),
  ].join('\n')

/** Runs the command: a sample a second until a signal ends it, or one for a program. Resolves with its exit code. */
export function top({ mount, json }: ClientOptions): Promise<number> {
  let ended = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      ended = true
    })
  }
  return withTrace(mount, [], async (take) => {
    const control = await Control.open(mount)
    const stat = async () =>
      JSON.parse((await control.ask('return require("lunatik.trace").stat()')).toString()) as Stat
    do {
      const now = await sample(mount, take, stat)
      if (json) process.stdout.write(`${quotable_json({ ok: true, ...now })}\n`)
      else process.stdout.write(`${process.stdout.isTTY ? '\x1b[H\x1b[2J' : ''}${shown(now)}\n\n`)
    } while (!json && !ended)
    await control.close()
    return 0
  })
}
