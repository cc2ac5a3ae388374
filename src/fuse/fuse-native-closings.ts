// close(2) on fuse-native. The kernel asks for each close and waits (flush), then tells of the last one of a file and
// waits for nothing (release). libfuse reads requests with many threads, so that the open(2) behind a close may come
// before the release: a device that only one may open would be busy, with nobody at it.
import type { inode } from '../vfs/fs.js'

/** How long after a close the release may come, in milliseconds. It is in the kernel's queue by then. */
const releaseMs = 100

/** Somebody who waits for releases. */
interface Waiter {
  /** How many are still to come. */
  left: number
  readonly open: () => void
}

interface Closing {
  readonly node: inode
  /** When the close was. */
  readonly closed: number
  readonly waiters: Waiter[]
  /** Ends the wait; there once somebody waits. */
  timer: NodeJS.Timeout | undefined
}

/** Open files of which a descriptor was closed: the last one perhaps. */
export class Closings {
  readonly #closings = new Map<number, Closing>()

  /** A descriptor of an open file was closed. */
  closed(handle: number, node: inode): void {
    this.over(handle)
    this.#closings.set(handle, { node, closed: Date.now(), waiters: [], timer: undefined })
  }

  /** The file is released, or in use: it has other descriptors. */
  over(handle: number): void {
    const closing = this.#closings.get(handle)
    if (closing === undefined) return
    this.#closings.delete(handle)
    clearTimeout(closing.timer)
    for (const waiter of closing.waiters) if (--waiter.left === 0) waiter.open()
  }

  /** Nobody waits any more. */
  endAll(): void {
    for (const handle of [...this.#closings.keys()]) this.over(handle)
  }

  /** Calls `open`, which opens the file of a node: at once, or when what was closed before is released. */
  before(node: inode, open: () => void): void {
    const waiter: Waiter = { left: 1, open }
    const now = Date.now()
    for (const [handle, closing] of this.#closings) {
      const left = closing.closed + releaseMs - now
      if (left <= 0) this.over(handle)
      else if (closing.node === node) {
        waiter.left++
        closing.waiters.push(waiter)
        closing.timer ??= setTimeout(() => this.over(handle), left)
      }
    }
    if (--waiter.left === 0) open()
  }
}
