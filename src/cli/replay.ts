// `lunatik replay`: makes the calls of a trace on a mount, in the order in which they began and ended and with the
// overlap that they had, and says where results differ.
import { setTimeout as sleep } from 'node:timers/promises'
import { errname } from '../errname.js'
import { EXIT_FAILURE } from '../errors.js'
import { quotable_json } from '../string_helpers.js'
import { bytesOf, stringOf } from '../surrogateescape.js'
import type { trace_record } from '../vfs/trace.js'
import { callOf, quoted, resultOf } from './calls.js'
import type { ClientOptions } from './control.js'
import { Callers } from './replay_callers.js'
import type { ReplayResult } from './replay_calls.js'
import { type Ended, type Replayed, readTrace } from './replay_trace.js'
import { type Take, withTrace } from './trace.js'

/** How much longer than it took a call may take, in milliseconds. */
const patienceMs = 10_000
/** How much longer than it took a poll may wait for what it found, in milliseconds. */
const pollPatienceMs = 2000
/** How many differences are printed. */
const shownMax = 20

/** What came of a call that has another result than it had; null where it never came back. */
interface Difference {
  readonly call: trace_record
  readonly now: trace_record | null
}

/** For files that were open before the trace began: how they must be opened. */
function flagsOf(calls: readonly Replayed[], file: number): number {
  const those = calls.filter(({ call }) => call.file === file)
  const flags = those.find(({ call }) => call.flags !== undefined)?.call.flags
  if (flags !== undefined) return flags
  const ops = new Set(those.map(({ call }) => call.op.replace(/^p(?=read|write)/, '')))
  return ops.has('write') ? (ops.has('read') ? 2 : 1) : 0
}

/** asm-generic/ioctl.h: whether a command's program gets bytes. */
const givesBytes = (cmd: number) => cmd >>> 31 === 1

/** The bytes that a program got by a call; undefined where it gets none. */
function outOf({ op, cmd = 0, ret, out = '' }: trace_record, data: Uint8Array | null): string | undefined {
  if (op === 'read' || op === 'pread') return data === null ? undefined : stringOf(data)
  if (op !== 'ioctl' || data === null || (ret ?? -1) < 0) return undefined
  return givesBytes(cmd) ? stringOf(data) : out
}

/** How a call of the trace and one of now compare. */
function difference({ call, killed }: Replayed, result: ReplayResult | null): Difference | null {
  if (call.op === 'close') return null
  if (result === null) return killed ? null : { call, now: null }
  const { ret, data } = result
  const out = outOf({ ...call, ret }, data)
  if (ret === call.ret && (out === undefined || ret < 0 || out === (call.out ?? ''))) return null
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

/** The calls' beginnings and ends, in their order. */
function eventsOf(calls: readonly Replayed[]): { readonly replayed: Replayed; readonly begins: boolean }[] {
  const at = (call: Ended, begins: boolean) => (begins ? call.begin : call.end)
  return calls
    .flatMap((replayed) => [true, false].map((begins) => ({ replayed, begins })))
    .sort((a, b) => at(a.replayed.call, a.begins) - at(b.replayed.call, b.begins))
}

async function make(calls: readonly Replayed[], mount: string, callers: Callers): Promise<Difference[]> {
  const opened = new Set<number>()
  const differences: Difference[] = []
  const results = new Map<Replayed, Promise<ReplayResult | null>>()
  for (const { replayed, begins } of eventsOf(calls)) {
    const { call, program, alone, killed, slept } = replayed
    const { op, name, file, flags = null, len = 0, off = 0, in: given = '', cmd = 0, arg = null } = call
    const caller = callers.of(program)
    if (begins) {
      const poll = { events: slept > 0 ? call.ret : 0, timeout: slept > 0 ? Math.ceil(slept) + pollPatienceMs : 0 }
      const common = { alone, mount, name, file, len, off, data: bytesOf(given), cmd, arg, ...poll }
      if (op === 'open') opened.add(file)
      else if (!opened.has(file)) {
        opened.add(file)
        await caller.make({ ...common, op: 'open', flags: flagsOf(calls, file) })
      }
      // Those that are under way come before it.
      await callers.settled()
      results.set(replayed, caller.make({ ...common, op, flags }))
      continue
    }
    if (killed) {
      // It sleeps as it did, or has come back, which differs. It has reached the server, as it is on record.
      await callers.settled(patienceMs)
      caller.kill()
      await caller.ended(patienceMs)
    }
    const late = new AbortController()
    const patience = (call.ms ?? 0) + slept + patienceMs
    const result = await Promise.race([
      results.get(replayed) as Promise<ReplayResult | null>,
      sleep(patience, null, { signal: late.signal }).catch(() => null),
    ])
    late.abort()
    callers.answered(replayed)
    const found = difference(replayed, result)
    if (found !== null) differences.push(found)
    // What comes after a call that doesn't come back would be compared with nothing.
    if (result === null && !killed && op !== 'close') break
  }
  return differences
}

/** The beginning of a call's line, with what it had and what it has now. */
function shown({ call, now }: Difference): string {
  const had = `${callOf(call)} = ${resultOf(call)}`
  if (now === null) return `${had}, now it doesn't come back`
  // An ioctl's bytes are in its result.
  const read = now.out === undefined || now.op === 'ioctl' ? '' : `${quoted(now.out)} `
  return `${had}, now ${read}= ${resultOf(now)}`
}

/** Runs the command. Resolves with its exit code: 1 where results differ. */
export async function replay(file: string, { mount, json }: ClientOptions): Promise<number> {
  const { calls, leftOut: reasons } = readTrace(file)
  const leftOut = [...reasons.values()].reduce((sum, n) => sum + n, 0)
  const differences = await withTrace(mount, [...new Set(calls.map(({ call }) => call.name))], async (take: Take) => {
    const callers = new Callers(calls, take)
    try {
      return await make(calls, mount, callers)
    } finally {
      callers.close()
    }
  })
  if (json) {
    process.stdout.write(
      `${quotable_json({ ok: differences.length === 0, calls: calls.length, left_out: leftOut, differences })}\n`,
    )
  } else {
    for (const difference of differences.slice(0, shownMax)) process.stdout.write(`${shown(difference)}\n`)
    if (differences.length > shownMax) process.stdout.write(`... and ${differences.length - shownMax} more\n`)
    const others = [...reasons].map(([why, n]) => `; ${n} left out: ${why}`).join('')
    const outcome =
      differences.length === 0 ? `${calls.length} calls agree` : `${differences.length} of ${calls.length} calls differ`
    process.stdout.write(`${outcome}${others}\n`)
  }
  return differences.length === 0 ? 0 : EXIT_FAILURE
}
