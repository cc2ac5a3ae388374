// kernel/watchdog.c: notices a soft lockup, a thread that has a processor and doesn't come back. What counts is the
// time that the thread had a processor: on a busy machine a thread that works well may be away for seconds.
import type { CpuClock } from '../cputime.js'

/** How often the thread is looked at, in milliseconds. */
const lookMs = 500
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
  readonly #timer: NodeJS.Timeout
  #progress: number
  #since: number
  #poked = false

  /** @param clock the thread's; the watchdog closes it */
  constructor(clock: CpuClock, watched: Watched) {
    this.#clock = clock
    this.#watched = watched
    this.#progress = watched.progress()
    this.#since = this.#clock.now()
    this.#timer = setInterval(() => this.look(), lookMs)
  }

  /** The time that the thread has had a processor, in milliseconds. */
  now(): number {
    return this.#clock.now()
  }

  /** What it does twice a second. */
  look(): void {
    const now = this.#clock.now()
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
  }

  /** May be called again. */
  close(): void {
    clearInterval(this.#timer)
    this.#clock.close()
  }
}
