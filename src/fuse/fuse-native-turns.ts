// Where libuv's loop serves requests: takes the turns of what computes (runqueue.ts) beside them. Where requests have
// come since the last slice, more are to come soon, so they have time of their own.
import { drive_turns, nr_preempted, nr_woken, run_preempted, run_woken } from '../runqueue.js'

/** After so long without a request no more is to come soon, in milliseconds. */
const idleMs = 1

/** How many slices long requests that come have the time between two slices: they go first. */
const shareSlices = 2

/** Takes the turns until it is closed. */
export class Turns {
  readonly #slice: number
  /** Requests since that was last looked at. */
  #served = 0
  /** Until when requests have their time, on performance.now(); 0 where they haven't. */
  #share = 0
  #timer: NodeJS.Timeout | undefined
  #immediate = false

  /** @param slice how long a slice is, in milliseconds */
  constructor(slice: number) {
    this.#slice = slice
    drive_turns(() => this.#soon())
  }

  /** A request has been served. */
  served(): void {
    this.#served++
  }

  close(): void {
    clearTimeout(this.#timer)
    drive_turns(null)
  }

  #soon(): void {
    if (this.#immediate) return
    this.#immediate = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#immediate = false
    clearTimeout(this.#timer)
    run_woken()
    if (nr_preempted() > 0) {
      if (this.#mayCompute()) run_preempted()
      else this.#timer = setTimeout(this.#turn, idleMs)
    }
    if (nr_woken() > 0 || (nr_preempted() > 0 && this.#share === 0)) this.#soon()
  }

  #mayCompute(): boolean {
    const now = performance.now()
    const served = this.#served
    this.#served = 0
    if (served > 0 && this.#share === 0) this.#share = now + shareSlices * this.#slice
    if (served > 0 && now < this.#share) return false
    this.#share = 0
    return true
  }
}
