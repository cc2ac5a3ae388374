// kernel/watchdog.c: notices a soft lockup, a thread that has a processor and doesn't come back. What counts is the
// time that the thread had a processor: on a busy machine a thread that works well may be away for seconds.
import type { CpuClock } from '../cputime.js'

/** How often a thread that works is looked at, in milliseconds. */
const lookMs = 500
/** And how seldom at the most one that sleeps, so that an idle mount takes no processor time. */
const sleepMs = 5000
/** A thread that has worked for less than that since its last sign of life is left alone, in milliseconds. */
const workMs = 100

/** What a watchdog looks at. */
export interface Watched {
  /** Grows with each sign of life. */
  readonly progress: () => number
  /** Asks for a sign of life. */
  readonly poke: () => void
  /** The processor time after which there must have been one, in milliseconds. */
  readonly limit: () => number
  /** Called once, when there was none. */
  readonly bark: () => void
}

/** Watches over one thread until it barks or is closed. */
export class Watchdog {
  readonly #clock: CpuClock
  readonly #watched: Watched
  #timer: NodeJS.Timeout
  #progress: number
  #since: number
  /** The thread's time when it was looked at last. */
  #last: number
  #poked = false
  #closed = false

  /** @param clock the thread's; the watchdog closes it */
  constructor(clock: CpuClock, watched: Watched) {
    this.#clock = clock
    this.#watched = watched
    this.#progress = watched.progress()
    this.#since = this.#last = this.#clock.now()
    this.#timer = setTimeout(this.#turn, lookMs)
  }

  readonly #turn = () => {
    const ms = this.look()
    if (!this.#closed) this.#timer = setTimeout(this.#turn, ms)
  }

  /**
   * What it does now and then. Returns when to do it again, in milliseconds: soon where the thread has worked since the
   * last time; else late, but early enough to ask a thread that works from now on for a sign of life and await it.
   */
  look(): number {
    const now = this.#clock.now()
    const slept = now === this.#last
    this.#last = now
    const progress = this.#watched.progress()
    const worked = now - this.#since
    if (progress !== this.#progress) {
      this.#progress = progress
      this.#since = now
      this.#poked = false
    } else if (worked >= this.#watched.limit()) {
      this.close()
      this.#watched.bark()
    } else if (!this.#poked && worked >= workMs) {
      this.#poked = true
      this.#watched.poke()
    }
    return slept ? Math.min(Math.max(this.#watched.limit() / 2 - worked, lookMs), sleepMs) : lookMs
  }

  /** May be called again. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#clock.close()
  }
}
