// What the thread that serves a connection can't do itself, as it blocks in a read or would wait for a program or for an
// answer of its own: another thread of the process does it, and waits for nothing.
import { type ChildProcess, spawn } from 'node:child_process'
import { write } from 'node:fs'
import { join } from 'node:path'
import { nowhere } from './command.js'
import { STATE_NOTIFIED, STATE_WAKE, Waker } from './dev-fuse-wake.js'

/** What the thread asks for. */
export type ToOutside =
  /**
   * Send a notification. It may wait for whoever holds the folder that it is about, who may wait for another answer.
   */
  | { readonly type: 'notify'; readonly message: Uint8Array }
  /** Look up the node by which the thread is woken, so that the kernel knows it; its name in the mount's folder. */
  | { readonly type: 'look'; readonly name: string }

/** How long after a look that was no use the next one is, in milliseconds. */
const againMs = 100
/** How long a look may take, in milliseconds: then it waits for somebody else's mount over ours. */
const lookMs = 2000

/** What one connection has done outside of its thread. */
export class Outside {
  readonly #fd: number
  readonly #words: Int32Array
  readonly #due: Float64Array
  readonly #waker: Waker
  readonly #places: () => readonly string[]
  readonly #messages: Uint8Array[] = []
  #sending = false
  #child: ChildProcess | null = null
  #timer: NodeJS.Timeout | undefined
  #closed = false

  /**
   * @param state the memory that the threads share
   * @param places where the mount is by now
   */
  constructor(fd: number, state: SharedArrayBuffer, places: () => readonly string[]) {
    this.#fd = fd
    this.#words = new Int32Array(state)
    this.#due = new Float64Array(state)
    this.#waker = new Waker(fd, state)
    this.#places = places
  }

  /** Wakes the thread. */
  wake(): void {
    this.#waker.wake()
  }

  heard(message: ToOutside): void {
    if (message.type === 'look') this.#look(message.name)
    else {
      this.#messages.push(message.message)
      if (!this.#sending) this.#send()
    }
  }

  /** Ends it; what is not sent by now never is. The descriptor may be closed. */
  close(): void {
    this.#closed = true
    this.#waker.close()
    clearTimeout(this.#timer)
    this.#child?.kill('SIGKILL')
  }

  /** One after the other: each may hold one of the few threads that write. */
  #send(): void {
    const message = this.#closed ? undefined : this.#messages.shift()
    this.#sending = message !== undefined
    if (message === undefined) return
    // An error is a name that the kernel doesn't know.
    write(this.#fd, message, () => {
      Atomics.add(this.#words, STATE_NOTIFIED, 1)
      this.wake()
      this.#send()
    })
  }

  /**
   * A child does it: were this process killed while it waits for an answer of its own, it could never end. It asks for
   * the node and nothing else; stat(1) would look for the names of users too.
   */
  #look(name: string): void {
    if (this.#closed || this.#child !== null) return
    const script = 'for dir do [ -e "$dir" ] && exit; done'
    const paths = this.#places().map((place) => join(place, name))
    const child = spawn('/bin/sh', ['-c', script, 'lunatik', ...paths], { stdio: [nowhere(), nowhere(), nowhere()] })
    this.#child = child
    child.unref()
    let over = false
    const end = () => {
      if (over) return
      over = true
      clearTimeout(this.#timer)
      this.#child = null
      if (this.#closed || this.#due[STATE_WAKE] !== 0) return
      this.#timer = setTimeout(() => this.#look(name), againMs).unref()
    }
    child.on('error', end)
    child.on('exit', end)
    this.#timer = setTimeout(() => {
      child.kill('SIGKILL')
      end()
    }, lookMs).unref()
  }
}
