// The kernel thread's loop: it blocks in a read of /dev/fuse while nothing else is due, and answers in place.
//
// While calls wait for their turn (runqueue.ts), slices of theirs alternate with requests: a request of the thread's
// own comes behind those that wait, so it need not block to see them all. Where there were some, more are to come soon,
// so they have time of their own.
//
// While no operation sleeps the event loop is left alone, but for a turn soon after the last request. While one does,
// every request is followed by a turn, because promises settle there.
import { errname } from '../errname.js'
import { EAGAIN, ECONNABORTED, EINTR, ENODEV, ENOENT } from '../errno.js'
import { drive_polls, poll_beside, poll_now } from '../eventpoll.js'
import { pr_fmt } from '../printk.js'
import { drive_turns, nr_preempted, nr_woken, run_preempted, run_woken } from '../runqueue.js'
import { DevFuse } from './dev-fuse.js'
import { DeviceIo } from './dev-fuse-io.js'
import type { ToOutside } from './dev-fuse-outside.js'
import { nextDue, notedTimers, timerDue, wantsTurn } from './dev-fuse-timers.js'
import {
  BUSY_LOOP,
  STATE_BUSY,
  STATE_COUNT,
  STATE_DUE,
  STATE_END,
  STATE_IDLE,
  STATE_NODE,
  STATE_NOTIFIED,
  STATE_SEQ,
  STATE_WAKE,
  wakeThread,
} from './dev-fuse-wake.js'
import { FUSE_NOTIFY_REPLY, IN_HEADER } from './protocol.js'

const { pr_err } = pr_fmt('fuse')

/** A turn of the event loop comes this long after a request, in milliseconds: for what it has left to be done. */
const tidyMs = 10
/** How often the event loop turns while it has business that is no timer, in milliseconds. */
const pollMs = 10
/** How many times as long as a slice requests that come have the time between two slices: they go first. */
const shareSlices = 2
/** How often the event loop turns at least while requests have the time between two slices, in milliseconds. */
const pieceMs = 1

/** After so many slices koffi is loaded, which takes as long as they are shorter with it. */
const slicesBefore = 20
/** How long what computes goes on at the most where nothing is seen to be due, in milliseconds. */
const aloneMs = 50

/** What keeps no turn of the event loop due: ports and pipes that wait for somebody, and timers that are noted. */
const quiet = new Set(['MessagePort', 'Timeout', 'Immediate', 'PipeWrap', 'TTYWrap'])

/** What the loop is started with. */
export interface DevFuseThreadOptions {
  /** The descriptor of /dev/fuse, mounted. */
  readonly fd: number
  /** STATE_BYTES of memory that the threads share. */
  readonly state: SharedArrayBuffer
  /**
   * Handles the messages that have come from the main thread; called whenever the thread was woken.
   * @returns whether there were any
   */
  readonly messages: () => boolean
  readonly uninterruptible: boolean
  /** How long a slice of Lua is, and requests may keep others from theirs, in milliseconds. */
  readonly slice: number
  /** Has another thread do what this one can't. */
  readonly ask: (message: ToOutside) => void
}

/** Serves a mounted connection. */
export class DevFuseThread {
  readonly #options: DevFuseThreadOptions
  readonly #words: Int32Array
  readonly #due: Float64Array
  readonly #fuse: DevFuse
  readonly #io: DeviceIo
  #woken = false
  /** The thread's own requests: how many it has made, and the last that has come back. */
  #marked = 0
  #seen = 0
  /** How many requests of programs there were. */
  #requests = 0
  /** Until when requests are served before the next slice, on performance.now(); 0 where it is looked what waits. */
  #share = 0
  /** Until when what computes may go on while nothing is seen to be due, on performance.now(). */
  #alone = 0
  #slices = 0
  /** How long the last of them was, in milliseconds: one that somebody waits for is a short one. */
  #took = pieceMs
  #polled = 0
  /** Whether the event loop had business that is no timer when that was last looked at. */
  #business = false
  #ended: () => void = () => {}
  #failed: (e: unknown) => void = () => {}

  constructor(options: DevFuseThreadOptions) {
    this.#options = options
    this.#io = new DeviceIo(options.fd)
    this.#words = new Int32Array(options.state)
    this.#due = new Float64Array(options.state)
    this.#due[STATE_DUE] = Number.POSITIVE_INFINITY
    this.#fuse = new DevFuse({
      send: (message, length) => this.#io.write(message, length),
      sendv: (message, length, behind) => this.#io.writev(message, length, behind),
      notify: (message) => options.ask({ type: 'notify', message: Uint8Array.from(message) }),
      notified: () => Atomics.load(this.#words, STATE_NOTIFIED),
      woken: (mark) => {
        if (mark === 0) this.#woken = true
        else this.#seen = mark
      },
      wakes: (ino) => {
        this.#due[STATE_WAKE] = ino
      },
      look: (name) => options.ask({ type: 'look', name }),
      uninterruptible: options.uninterruptible,
    })
  }

  /** Serves until the connection is over or {@link STATE_END} is set. Rejects with an exception of the loop itself. */
  async run(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#ended = resolve
      this.#failed = reject
      this.#fuse.start()
      // Whoever gets ready does so in a turn of the event loop, or in a request, after which it is looked for.
      drive_turns(() => {}, this.#pending, this.#waits)
      drive_polls(true)
      this.#turn()
    })
    drive_turns(null)
    drive_polls(false)
    this.#fuse.close()
    this.#fuse.release()
    Atomics.store(this.#words, STATE_END, 1)
    this.#signal()
  }

  /** Answers what waits with ENXIO, and all that comes. */
  close(): void {
    this.#fuse.close()
  }

  /** The waker is to look at what has changed. */
  #signal(): void {
    Atomics.add(this.#words, STATE_SEQ, 1)
    Atomics.notify(this.#words, STATE_SEQ)
  }

  #setDue(due: number): void {
    if (this.#due[STATE_DUE] === due) return
    this.#due[STATE_DUE] = due
    this.#signal()
  }

  /** When the event loop must turn next; 0 for at once. */
  #next(): number {
    if (wantsTurn() || nr_woken() > 0) return 0
    const now = Date.now()
    const looked = this.#looks(now)
    if (looked && this.#business) return now + pollMs
    // What has begun since it was last looked for is found the next time.
    const due = Math.min(nextDue(now), looked ? Number.POSITIVE_INFINITY : this.#polled + pollMs)
    return due <= now + 1 ? 0 : due
  }

  /** Looks now and then what the event loop waits for. Returns whether this was a time for that. */
  #looks(now: number): boolean {
    if (now < this.#polled + pollMs) return false
    this.#polled = now
    const resources = process.getActiveResourcesInfo()
    const timers = resources.reduce((n, resource) => n + Number(resource === 'Timeout'), 0)
    this.#business = timers > notedTimers() || resources.some((resource) => !quiet.has(resource))
    return true
  }

  readonly #turn = (): void => {
    try {
      this.#serveTurn()
    } catch (e) {
      this.#failed(e)
    }
    this.#fuse.rest()
  }

  /** One turn of the event loop: what was due has run. Serves until it must turn again. */
  #serveTurn(): void {
    this.#words[STATE_BUSY] = BUSY_LOOP
    const heard = this.#options.messages()
    this.#fuse.settle()
    // What runs may leave promises, which settle behind this turn: nothing is waited for before.
    const ran = nr_woken() > 0
    run_woken()
    if (nr_preempted() > 0) {
      if (this.#serveBeside(!ran && !heard)) this.#again()
      else this.#ended()
      return
    }
    const due = ran ? 0 : this.#next()
    if (due === 0) {
      if (this.#serveWaiting()) this.#again()
      else this.#ended()
      return
    }
    this.#setDue(due)
    let goesOn = this.#serve()
    this.#setDue(Math.min(due, Date.now() + tidyMs))
    while (goesOn && this.#fuse.asleep === 0 && !this.#mustTurn()) goesOn = this.#serve()
    if (!goesOn) {
      this.#ended()
      return
    }
    this.#wake()
    this.#again()
  }

  #mustTurn(): boolean {
    return this.#woken || nr_woken() > 0 || nr_preempted() > 0 || wantsTurn()
  }

  #wake(): void {
    this.#words[STATE_BUSY] = BUSY_LOOP
    if (!this.#woken) return
    this.#woken = false
    this.#fuse.wake()
  }

  /**
   * While calls compute: serves requests, for a while where there are some, then gives one of the calls a slice.
   * @param idle whether nothing else has been done in this turn of the event loop
   */
  #serveBeside(idle: boolean): boolean {
    const begin = performance.now()
    let alone = idle
    if (this.#share === 0) {
      const [count, requests] = [this.#words[STATE_COUNT] as number, this.#requests]
      if (!this.#serveWaiting()) return false
      if (this.#requests > requests) this.#share = begin + shareSlices * Math.min(this.#took, this.#options.slice)
      // Its own request has come, and no other one that wakes it.
      alone &&= this.#words[STATE_COUNT] === count + 1 && this.#seen === this.#marked
    } else if (this.#serveShare(begin)) alone = false
    else return false
    if (performance.now() >= this.#share) {
      this.#share = 0
      this.#compute(alone)
    }
    return true
  }

  /** Gives a call a slice, or several: as many as it may have before anything is due. */
  #compute(alone: boolean): void {
    this.#fuse.rest()
    this.#slices++
    if (alone && this.#slices > slicesBefore) {
      const now = Date.now()
      // Those that were cleared are gone then.
      nextDue(now)
      this.#looks(now)
      if (!this.#business) this.#alone = performance.now() + aloneMs
    }
    const begin = performance.now()
    run_preempted()
    this.#took = Math.max(performance.now() - begin, pieceMs)
    this.#alone = 0
  }

  /**
   * Whether anything else is due than the call that computes. Promises settle behind its turn: so it has to be alone in
   * that.
   */
  readonly #pending = (): boolean =>
    performance.now() >= this.#alone ||
    wantsTurn() ||
    timerDue(Date.now()) ||
    Atomics.load(this.#words, STATE_END) !== 0 ||
    poll_now(this.#options.fd) !== false

  /** Whether a request waits, or somebody whose descriptor is ready. */
  readonly #waits = (): boolean => this.#slices > slicesBefore && poll_now(this.#options.fd) === true

  /** Serves requests as they come, until they pause or their time is up. Returns false where the connection is over. */
  #serveShare(begin: number): boolean {
    const end = Math.min(begin + pieceMs, this.#share)
    const now = Date.now()
    Atomics.store(this.#words, STATE_IDLE, 1)
    this.#due[STATE_DUE] = Math.min(nextDue(now), now + this.#share - begin)
    this.#signal()
    do {
      if (!this.#serve()) return false
    } while (performance.now() < end && !this.#woken && nr_woken() === 0 && !wantsTurn())
    if (this.#woken) this.#share = 0
    Atomics.store(this.#words, STATE_IDLE, 0)
    this.#wake()
    return true
  }

  /**
   * Serves what waits by now, and waits for no more: a request of one's own comes behind it. So whatever has the event
   * loop turn at once keeps no program waiting for longer than a turn. Returns false where the connection is over.
   */
  #serveWaiting(): boolean {
    const mark = this.#marked + 1
    // Where no node is known there is one soon: by a request, at which the event loop turns.
    const behind = wakeThread(this.#options.fd, this.#due, mark)
    if (behind) this.#marked = mark
    do {
      if (!this.#serve()) return false
    } while (behind && this.#seen !== mark)
    this.#wake()
    return true
  }

  #count(): void {
    this.#words[STATE_COUNT] = (this.#words[STATE_COUNT] as number) + 1
  }

  /** Lets the event loop turn. Unnoted, as it is this loop's own. */
  readonly #again = ((immediate) => () => {
    immediate(this.#turn)
  })(setImmediate)

  /** Waits for a request and serves it. Returns false where the connection is over. */
  #serve(): boolean {
    const words = this.#words
    const fuse = this.#fuse
    words[STATE_BUSY] = 0
    // Who waits for a socket is woken here as well.
    if (!poll_beside(this.#options.fd)) {
      words[STATE_BUSY] = BUSY_LOOP
      return Atomics.load(words, STATE_END) === 0
    }
    const n = this.#io.read(fuse.request)
    if (n < 0) {
      // A request that was interrupted before it was read is ENOENT.
      if (n === -ENOENT || n === -EINTR || n === -EAGAIN) return Atomics.load(words, STATE_END) === 0
      if (n !== -ENODEV && n !== -ECONNABORTED) pr_err(`/dev/fuse can't be read: ${errname(n) ?? n}`)
      return false
    }
    words[STATE_NODE] = fuse.request.u32(IN_HEADER.NODEID)
    words[STATE_BUSY] = fuse.request.opcode
    this.#count()
    if (fuse.request.opcode !== FUSE_NOTIFY_REPLY) this.#requests++
    // No order is needed between this and another word: V8 calls a function for Atomics.load.
    return n > 0 && fuse.serve(n) && words[STATE_END] === 0
  }
}
