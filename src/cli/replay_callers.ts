// The processes that make the calls of `lunatik replay`: one for each program that the trace had at once.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { moduleUrl } from '../package.js'
import type { trace_record } from '../vfs/trace.js'
import type { ReplayCall, ReplayResult } from './replay_calls.js'
import type { Replayed } from './replay_trace.js'
import type { Take } from './trace.js'

const program = fileURLToPath(moduleUrl('cli/replay_calls.js'))

/** How long is waited for a call to reach the server, in milliseconds; then it is taken for one that has. */
const arriveMs = 2000

/** Makes calls in another process. */
class Caller {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (result: ReplayResult | null) => void>()
  #last = 0

  /** @param threads how many calls it can have under way */
  constructor(threads: number) {
    const env = { ...process.env, UV_THREADPOOL_SIZE: String(Math.min(1024, threads)) }
    this.#child = fork(program, { env, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child.on('message', (result: ReplayResult) => {
      this.#waiting.get(result.id)?.(result)
      this.#waiting.delete(result.id)
    })
    this.#child.on('exit', () => {
      for (const end of this.#waiting.values()) end(null)
      this.#waiting.clear()
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** How many calls have no answer yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves with null for a call that doesn't come back. */
  make(call: Omit<ReplayCall, 'id'>): Promise<ReplayResult | null> {
    if (!this.alive) return Promise.resolve(null)
    const id = ++this.#last
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#child.send({ ...call, id } satisfies ReplayCall)
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Resolves once it has gone, or can't within the time, in milliseconds. */
  async ended(ms: number): Promise<void> {
    if (this.alive) await once(this.#child, 'exit', { signal: AbortSignal.timeout(ms) }).catch(() => {})
  }
}

/** How many calls are under way at once, at most. */
function overlapOf(calls: readonly Replayed[]): number {
  const ends = calls.map(({ call }) => call.end).sort((a, b) => a - b)
  return calls.reduce((most, { call }, i) => Math.max(most, i + 1 - ends.filter((end) => end < call.begin).length), 0)
}

/** A process for each program as long as it makes calls; one that has made its last makes those of the next. */
export class Callers {
  readonly #take: Take
  readonly #threads: number
  readonly #all: Caller[] = []
  readonly #idle: Caller[] = []
  readonly #busy = new Map<number, Caller>()
  /** When a program's last call is answered. */
  readonly #ends = new Map<number, number>()
  /** Calls that have reached the server and sleep there. */
  readonly #asleep = new Set<number>()

  constructor(calls: readonly Replayed[], take: Take) {
    this.#take = take
    this.#threads = overlapOf(calls) + 2
    for (const { call, program } of calls) this.#ends.set(program, Math.max(call.end, this.#ends.get(program) ?? 0))
  }

  of(program: number): Caller {
    let caller = this.#busy.get(program)
    if (caller === undefined) {
      caller = this.#idle.pop()
      if (caller === undefined) {
        caller = new Caller(this.#threads)
        this.#all.push(caller)
      }
      this.#busy.set(program, caller)
    }
    return caller
  }

  /** To be told that a call has been answered. */
  answered({ call, program }: Replayed): void {
    if (call.end !== this.#ends.get(program)) return
    const caller = this.of(program)
    this.#busy.delete(program)
    if (caller.alive && caller.waiting === 0) this.#idle.push(caller)
  }

  get #waiting(): number {
    return this.#all.reduce((n, { waiting }) => n + waiting, 0)
  }

  /**
   * Resolves once each call without an answer is known to sleep.
   * @param ms how long it waits for that at most, in milliseconds
   */
  async settled(ms = arriveMs): Promise<void> {
    if (this.#waiting === 0) return
    for (const end = performance.now() + ms; performance.now() < end; await sleep(5)) {
      for (const line of await this.#take()) {
        const { begin, end, pid } = JSON.parse(line) as trace_record
        if (pid !== undefined && !this.#all.some((caller) => caller.pid === pid)) continue
        if (end === undefined) this.#asleep.add(begin)
        else this.#asleep.delete(begin)
      }
      if (this.#asleep.size >= this.#waiting) return
    }
  }

  close(): void {
    for (const caller of this.#all) caller.kill()
  }
}
