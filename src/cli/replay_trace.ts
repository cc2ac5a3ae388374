// What `lunatik replay` makes of a trace: the calls that can be made anew, by whom, and why others can't.
import { readFileSync } from 'node:fs'
import { EINTR } from '../errno.js'
import { UserError } from '../errors.js'
import type { trace_record } from '../vfs/trace.js'
import { recordsOf } from './calls.js'
import { replay_libc } from './replay_libc.js'

/** A call that has ended. */
export interface Ended extends trace_record {
  readonly end: number
  readonly ret: number
}

/** A call to be made. */
export interface Replayed {
  readonly call: Ended
  /** Who makes it: a number for the processes that shared an open file, which are one here. */
  readonly program: number
  /** No other of its program is under way meanwhile. */
  readonly alone: boolean
  /** It ended as its program did, which was killed while it slept. */
  readonly killed: boolean
  /** Of a poll that found something after one of the same file that didn't: how long that took, in milliseconds. */
  readonly slept: number
}

/** A trace. */
export interface Trace {
  /** In the order in which they began. */
  readonly calls: readonly Replayed[]
  /** Why others are left out, with how many. */
  readonly leftOut: ReadonlyMap<string, number>
}

/** Which program makes a call: who shares an open file, at once or by turns, is one. */
function programsOf(calls: readonly Ended[]): (call: Ended) => number {
  const parents = new Map<string, string>()
  const rootOf = (key: string): string => {
    let root = key
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up
    return root
  }
  const numbers = new Map<string, number>()
  for (const { pid, file } of calls) {
    if (file === 0) continue // An open that failed.
    const [one, other] = [rootOf(`pid ${pid}`), rootOf(`file ${file}`)]
    if (one !== other) parents.set(other, one)
  }
  return ({ pid }) => {
    const root = rootOf(`pid ${pid}`)
    const number = numbers.get(root) ?? numbers.size
    numbers.set(root, number)
    return number
  }
}

/** Calls that have others of their program beside them, as those of threads have. */
function besideOf(calls: readonly Ended[], programOf: (call: Ended) => number): ReadonlySet<Ended> {
  const beside = new Set<Ended>()
  const underWay = new Map<number, Ended[]>()
  for (const call of calls) {
    const program = programOf(call)
    const others = (underWay.get(program) ?? []).filter(({ end }) => end > call.begin)
    if (others.length > 0) for (const one of [...others, call]) beside.add(one)
    underWay.set(program, [...others, call])
  }
  return beside
}

/** For each poll that found something: how long one of the same file that found nothing came before it. */
function sleepsOf(calls: readonly Ended[]): ReadonlyMap<Ended, number> {
  const idle = new Map<number, Ended>()
  const sleeps = new Map<Ended, number>()
  for (const call of calls) {
    if (call.op !== 'poll') continue
    const before = idle.get(call.file)
    if (call.ret === 0) idle.set(call.file, call)
    else {
      if (before !== undefined) sleeps.set(call, Math.max(1, (call.time - before.time) * 1000))
      idle.delete(call.file)
    }
  }
  return sleeps
}

/** Reads a trace. Throws a UserError for a file that is none. */
export function readTrace(file: string): Trace {
  let records: trace_record[]
  try {
    records = recordsOf(readFileSync(file, 'utf8'))
  } catch (e) {
    throw new UserError(`${file}: ${(e as NodeJS.ErrnoException).code ?? (e as Error).message}`)
  }
  const last = new Map(records.map((record) => [record.begin, record]))
  const ended = [...last.values()].filter((record): record is Ended => record.end !== undefined)
  ended.sort((a, b) => a.begin - b.begin)
  const leftOut = new Map<string, number>()
  const leave = (why: string, n = 1) => leftOut.set(why, (leftOut.get(why) ?? 0) + n)
  if (last.size > ended.length) leave('never answered', last.size - ended.length)

  const programOf = programsOf(ended)
  const sleeps = sleepsOf(ended)
  const beside = besideOf(ended, programOf)
  /** When a program made its last call that is neither a close nor interrupted. */
  const lastOf = new Map<number, number>()
  for (const call of ended) if (call.op !== 'close' && call.ret !== -EINTR) lastOf.set(programOf(call), call.begin)
  const calls: Replayed[] = []
  for (const call of ended) {
    const program = programOf(call)
    const interrupted = call.ret === -EINTR
    const why = whyNot(call, interrupted && (lastOf.get(program) ?? 0) > call.begin)
    if (why !== null) leave(why)
    else calls.push({ call, program, alone: !beside.has(call), killed: interrupted, slept: sleeps.get(call) ?? 0 })
  }
  return { calls, leftOut }
}

/** Why a call can't be made anew; null where it can. */
function whyNot({ op, arg, flags }: Ended, goesOn: boolean): string | null {
  if (goesOn) return 'interrupted by a signal that the program outlived'
  if (op === 'ioctl' && arg !== undefined && !Number.isSafeInteger(arg)) return 'ioctl with an argument beyond 2^53'
  const needs = op === 'poll' || op === 'ioctl' || op === 'lseek' || (op !== 'open' && flags !== undefined)
  return needs && replay_libc() === null ? 'which need the package koffi' : null
}
