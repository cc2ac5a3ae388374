// open(2) with O_TRUNC, which a device takes, and truncate(2), which it refuses, come as the same request, a change of
// the size. Before the first its thread has opened the file, and done nothing with it. (The kernel would do O_TRUNC by
// itself, FUSE_ATOMIC_O_TRUNC; but then it would set the size to 0 as well: dev-fuse-sizes.ts.)

/** How many threads may be between the two requests. */
const threadsMax = 4096

/** The opens that may have O_TRUNC, by the threads that have made them. */
export class Truncations {
  readonly #opens = new Map<number, number>()

  /** A thread has opened a node. */
  opened(thread: number, nodeid: number): void {
    this.#opens.delete(thread)
    this.#opens.set(thread, nodeid)
    if (this.#opens.size <= threadsMax) return
    for (const oldest of this.#opens.keys()) {
      this.#opens.delete(oldest)
      return
    }
  }

  /** A thread goes on with something else: its open had no O_TRUNC. */
  used(thread: number): void {
    if (this.#opens.size > 0) this.#opens.delete(thread)
  }

  /** Whether a thread that sets a node's size to 0 is opening it. */
  isOpen(thread: number, nodeid: number): boolean {
    const opened = this.#opens.get(thread) === nodeid
    this.#opens.delete(thread)
    return opened
  }
}
