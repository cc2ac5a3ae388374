// How a thread that blocks in a read of /dev/fuse is woken for what is no request: a timer, a message, a file's change.
//
// The kernel is asked for data of a node that it knows (FUSE_NOTIFY_RETRIEVE), and sends them as a request, which stays
// in its queue until it is read: no wake-up is lost. A node that the kernel doesn't know any more it has forgotten with
// a request (FUSE_FORGET), which wakes the thread as well; that chooses another one then, or has one looked up.
import { writeSync } from 'node:fs'
import { timeoutMax } from './dev-fuse-timers.js'
import * as P from './protocol.js'
import { FuseReply } from './reply.js'

/** The words of the memory that the threads share, 32 bits each. */
export const STATE_SEQ = 0
/** What the thread is at: 0 while it waits for a request, an opcode, or BUSY_LOOP between requests. */
export const STATE_BUSY = 1
export const STATE_NODE = 2
/** Grows with each read of /dev/fuse: a loop that turns without one is no sign of life. */
export const STATE_COUNT = 3
/** Set once the thread is to leave its loop. */
export const STATE_END = 4
/** How many notifications another thread has sent for it. */
export const STATE_NOTIFIED = 5
/** 1 while the thread has other work and wants to be woken as soon as no more requests come. */
export const STATE_IDLE = 10
/** When the thread wants to be woken, in milliseconds since 1970: a double, in doubles from the beginning. */
export const STATE_DUE = 3
/** The node by which it can be woken, 0 for none: a double as well. */
export const STATE_WAKE = 4
export const STATE_BYTES = 48

export const BUSY_LOOP = 0x1000

/** How long no request may come until the thread counts as idle, in milliseconds. */
const idleMs = 1

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve))

const { NOTIFY_UNIQUE, NODEID, OFFSET, SIZE, PADDING, BYTES } = P.NOTIFY_RETRIEVE
const message = new FuseReply(BYTES)
message.set64(OFFSET, 0)
message.set32(SIZE, 0)
message.set32(PADDING, 0)
const length = message.header(0, 0, P.FUSE_NOTIFY_RETRIEVE, BYTES)

/**
 * Has the kernel send a request to the thread that serves the mount, behind all that waits there. From any thread.
 * @param due the doubles of the memory that the threads share
 * @param mark by which the thread knows a request of its own; 0 where another one wakes it
 * @returns false where it can't: then another request wakes it, which tells of a node
 */
export function wakeThread(fd: number, due: Float64Array, mark = 0): boolean {
  const ino = due[STATE_WAKE] as number
  if (ino === 0) return false
  message.set64(NOTIFY_UNIQUE, mark)
  message.set64(NODEID, ino)
  try {
    writeSync(fd, message.buf, 0, length)
    return true
  } catch {
    return false
  }
}

/** Wakes the thread that serves a connection when it is due. In another thread, whose event loop never waits. */
export class Waker {
  readonly #fd: number
  readonly #words: Int32Array
  readonly #due: Float64Array
  #timer: NodeJS.Timeout | undefined
  /** The time at which it was woken last. */
  #served = Number.POSITIVE_INFINITY
  /** How often the thread had read /dev/fuse when it was last looked at. */
  #count = -1
  #closed = false

  /**
   * @param fd of /dev/fuse, mounted
   * @param state the memory that the threads share, STATE_BYTES
   */
  constructor(fd: number, state: SharedArrayBuffer) {
    this.#fd = fd
    this.#words = new Int32Array(state)
    this.#due = new Float64Array(state)
    void this.#follow()
  }

  /** Wakes the thread now. */
  wake(): void {
    if (!this.#closed) wakeThread(this.#fd, this.#due)
  }

  /** Ends it; the descriptor may be closed. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    Atomics.notify(this.#words, STATE_SEQ)
  }

  /** Looks at each change that the thread tells of, until it is to leave its loop. */
  async #follow(): Promise<void> {
    while (!this.#closed && Atomics.load(this.#words, STATE_END) === 0) {
      const seq = Atomics.load(this.#words, STATE_SEQ)
      this.#count = Atomics.load(this.#words, STATE_COUNT)
      this.#look()
      // Without a turn of the event loop in between, its timers would wait for a thread that tells of much.
      const change = Atomics.waitAsync(this.#words, STATE_SEQ, seq)
      await (change.async ? change.value : nextTurn())
    }
    clearTimeout(this.#timer)
  }

  /** Wakes the thread if it is due, and looks again when it is to be. */
  #look(): void {
    clearTimeout(this.#timer)
    const next = this.#due[STATE_DUE] as number
    let rest = next === this.#served ? Number.POSITIVE_INFINITY : next - Date.now()
    if (rest <= 0) {
      this.#served = next
      this.wake()
      rest = Number.POSITIVE_INFINITY
    }
    const idles = Atomics.load(this.#words, STATE_IDLE) !== 0
    const ms = idles ? Math.min(rest, idleMs) : rest
    if (ms < Number.POSITIVE_INFINITY) this.#timer = setTimeout(this.#timeout, Math.min(ms, timeoutMax)).unref()
  }

  readonly #timeout = (): void => {
    const count = Atomics.load(this.#words, STATE_COUNT)
    if (count === this.#count && Atomics.compareExchange(this.#words, STATE_IDLE, 1, 0) === 1) this.wake()
    this.#count = count
    this.#look()
  }
}
