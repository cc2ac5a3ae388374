// How a thread that blocks in a read of /dev/fuse is woken for what is no request: a timer, a message, a file's change.
//
// The kernel is asked for data of a node that it knows (FUSE_NOTIFY_RETRIEVE), and sends them as a request, which stays
// in its queue until it is read: no wake-up is lost. A node that the kernel doesn't know any more it has forgotten with
// a request (FUSE_FORGET), which wakes the thread as well; that chooses another one then, or has one looked up.
import { writeSync } from 'node:fs'
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
const idleMs = 0.5

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

/** What the waker thread is started with. */
export interface WakerData {
  readonly fd: number
  readonly state: SharedArrayBuffer
}

/** The waker thread: wakes the other when it is due. Ends with STATE_END. */
export function runWaker({ fd, state }: WakerData): void {
  const words = new Int32Array(state)
  const due = new Float64Array(state)
  let served = Number.POSITIVE_INFINITY
  let count = -1
  for (;;) {
    const seq = Atomics.load(words, STATE_SEQ)
    if (Atomics.load(words, STATE_END) !== 0) return
    const next = due[STATE_DUE] as number
    const rest = next === served ? Number.POSITIVE_INFINITY : next - Date.now()
    if (rest <= 0) {
      served = next
      wakeThread(fd, due)
    } else if (Atomics.load(words, STATE_IDLE) === 0) Atomics.wait(words, STATE_SEQ, seq, rest)
    else if (Atomics.wait(words, STATE_SEQ, seq, Math.min(rest, idleMs)) === 'timed-out') {
      const now = Atomics.load(words, STATE_COUNT)
      if (now === count && Atomics.exchange(words, STATE_IDLE, 0) === 1) wakeThread(fd, due)
      count = now
    }
  }
}
