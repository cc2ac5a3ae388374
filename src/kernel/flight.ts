// Records that are on their way from a kernel to the process that started it: not more than the log keeps anyway,
// however much a script prints.
import { LOG_BUF_LEN } from '../printk.js'

/** How long a record waits for its place at most, in milliseconds. */
const patienceMs = 1000

/** The place that the records of a kernel thread take on their way, which both threads see. */
export class LogFlight {
  readonly memory: SharedArrayBuffer
  readonly #taken: Int32Array
  /** Whether the other thread has been too late: nothing waits for it any more until there is room. */
  #late = false

  constructor(memory = new SharedArrayBuffer(4)) {
    this.memory = memory
    this.#taken = new Int32Array(memory)
  }

  /**
   * Takes place for a record of so many characters. Where there is none it waits for the other thread, which never
   * waits for anything itself.
   * @returns false if there is none in time, and the record must not be sent
   */
  depart(size: number): boolean {
    const end = this.#late ? 0 : performance.now() + patienceMs
    for (;;) {
      const taken = Atomics.load(this.#taken, 0)
      if (taken < LOG_BUF_LEN) break
      const left = end - performance.now()
      this.#late = left <= 0
      if (this.#late) return false
      Atomics.wait(this.#taken, 0, taken, left)
    }
    this.#late = false
    Atomics.add(this.#taken, 0, size + 1)
    return true
  }

  /** Gives the place of such a record back. */
  arrive(size: number): void {
    Atomics.sub(this.#taken, 0, size + 1)
    Atomics.notify(this.#taken, 0)
  }
}
