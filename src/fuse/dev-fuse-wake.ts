// How a thread that blocks in a read of /dev/fuse is woken for what is no request: a timer, a message, a file's change.
//
// The kernel is asked for data of a node that it knows (FUSE_NOTIFY_RETRIEVE), and sends them as a request, which stays
// in its queue until it is read: no wake-up is lost. Where the kernel doesn't know the node (any more), looking it up is
// a request as well.
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { WAKE_INO, WAKE_NAME } from './dev-fuse-nodes.js'
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
/** How many notifications the waker has written. */
export const STATE_NOTIFIED = 5
/** When the thread wants to be woken, in milliseconds since 1970: a double, in doubles from the beginning. */
export const STATE_DUE = 3
export const STATE_BYTES = 32

export const BUSY_LOOP = 0x1000

const retrieve = (() => {
  const { NOTIFY_UNIQUE, NODEID, OFFSET, SIZE, PADDING, BYTES } = P.NOTIFY_RETRIEVE
  const message = new FuseReply(BYTES)
  message.set64(NOTIFY_UNIQUE, 0)
  message.set64(NODEID, WAKE_INO)
  message.set64(OFFSET, 0)
  message.set32(SIZE, 0)
  message.set32(PADDING, 0)
  return message.buf.subarray(0, message.header(0, 0, P.FUSE_NOTIFY_RETRIEVE, BYTES))
})()

/** The child of this thread's that is at it; null for none. */
let looking: Promise<void> | null = null

/**
 * Looks the node up, so that the kernel knows it. A child does it: were this process killed while it waits for an answer
 * of its own, it could never end. Its program asks for the node and nothing else: stat(1) would look for the names of
 * users too.
 */
export function lookAtWakeNode(mountpoint: string): Promise<void> {
  looking ??= new Promise<void>((resolve) => {
    const child = spawn('/bin/sh', ['-c', '[ -e "$1" ]', 'lunatik', join(mountpoint, WAKE_NAME)], { stdio: 'ignore' })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
    child.unref()
  }).then(() => {
    looking = null
  })
  return looking
}

/**
 * Has the kernel send a request to the thread that serves the mount, behind all that waits there. From any thread.
 * @returns false where it comes later, as the kernel doesn't know the node
 */
export function wakeThread(fd: number, mountpoint: string): boolean {
  try {
    writeSync(fd, retrieve)
    return true
  } catch {
    void lookAtWakeNode(mountpoint)
    return false
  }
}

/** What the waker thread is started with. */
export interface WakerData {
  readonly fd: number
  readonly mountpoint: string
  readonly state: SharedArrayBuffer
  /** Gives notifications to be written, as bytes; whatever they wait for, the thread that serves goes on. */
  readonly port: MessagePort
}

/** The waker thread: wakes the other when it is due, and writes what may wait. Ends with STATE_END. */
export function runWaker({ fd, mountpoint, state, port }: WakerData): void {
  const words = new Int32Array(state)
  const due = new Float64Array(state)
  let served = Number.POSITIVE_INFINITY
  for (;;) {
    const seq = Atomics.load(words, STATE_SEQ)
    if (Atomics.load(words, STATE_END) !== 0) return
    for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port)) {
      try {
        writeSync(fd, m.message as Uint8Array)
      } catch {} // The kernel doesn't know the name.
      Atomics.add(words, STATE_NOTIFIED, 1)
      wakeThread(fd, mountpoint)
    }
    const next = due[STATE_DUE] as number
    const rest = next === served ? Number.POSITIVE_INFINITY : next - Date.now()
    if (rest <= 0) {
      served = next
      wakeThread(fd, mountpoint)
    } else Atomics.wait(words, STATE_SEQ, seq, rest)
  }
}
