// fs/eventpoll.c: who waits until a descriptor can be read or written. Whoever can go on does so in its turn
// (runqueue.ts).
//
// The event loop is told by an epoll_wait(2) that one of libuv's threads makes as long as somebody waits; or the
// transport, which blocks in a read, waits for both.
import { readSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { EINTR, ENOSYS } from './errno.js'
import { type Declare, libc } from './libc.js'
import { enqueue_task } from './runqueue.js'

/** uapi/linux/eventpoll.h: it can be read, or written. Errors and hang-ups are told as well. */
export const EPOLLIN = 0x001
export const EPOLLOUT = 0x004
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CLOEXEC = 0o2000000
const EFD_CLOEXEC = 0o2000000
const EFD_NONBLOCK = 0o4000
const POLLIN = 0x001

/** struct epoll_event, which is packed on x86-64 alone: its size and where the data are, in bytes. */
const [eventBytes, eventData] = process.arch === 'x64' ? [12, 4] : [16, 8]
/** How many are told at once. */
const eventsMax = 64
/** How long the other thread waits at the most, in milliseconds: a worker that is terminated can't end before. */
const waitMs = isMainThread ? -1 : 1000

interface Libc {
  readonly epoll_create1: (flags: number) => number
  readonly epoll_ctl: (epfd: number, op: number, fd: number, event: Buffer) => number
  readonly epoll_wait: (epfd: number, events: Buffer, max: number, ms: number) => number
  /** The same in another thread. */
  readonly waitBeside: (epfd: number, events: Buffer, max: number, ms: number, done: () => void) => void
  readonly eventfd: (initval: number, flags: number) => number
  readonly poll: (fds: Buffer, nfds: number, ms: number) => number
  readonly errno: () => number
}

const declare: Declare<Libc> = (koffi, lib) => {
  const epoll_wait = lib.func('epoll_wait', 'int', ['int', 'void *', 'int', 'int'])
  return {
    epoll_create1: lib.func('epoll_create1', 'int', ['int']),
    epoll_ctl: lib.func('epoll_ctl', 'int', ['int', 'int', 'int', 'void *']),
    epoll_wait: epoll_wait as Libc['epoll_wait'],
    waitBeside: epoll_wait.async as Libc['waitBeside'],
    eventfd: lib.func('eventfd', 'int', ['uint', 'int']),
    poll: lib.func('poll', 'int', ['void *', 'size_t', 'int']),
    errno: () => koffi.errno(),
  }
}

/** Who waits for one descriptor. */
interface epitem {
  readonly wake: (ret: number) => void
}

/** struct pollfd, two of them. */
const pollfds = Buffer.alloc(16)

/** Those who wait, by the descriptor. */
const items = new Map<number, epitem>()

/** The epoll instance of this thread. */
class eventpoll {
  readonly #libc: Libc
  readonly #epfd: number
  /** An eventfd(2) that ends the other thread's wait. */
  readonly #kick: number
  readonly #event = Buffer.alloc(eventBytes)
  readonly #events = Buffer.alloc(eventBytes * eventsMax)
  readonly #beside = Buffer.alloc(eventBytes * eventsMax)
  readonly #count = Buffer.alloc(8)
  /** Whether another thread waits. */
  #waits = false
  /** Whether the transport waits instead. */
  driven = false

  constructor(functions: Libc) {
    this.#libc = functions
    this.#epfd = this.#made(functions.epoll_create1(EPOLL_CLOEXEC))
    this.#kick = this.#made(functions.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    this.#made(this.#ctl(EPOLL_CTL_ADD, this.#kick, EPOLLIN))
    process.on('exit', () => this.kick())
  }

  #made(ret: number): number {
    if (ret < 0) throw Object.assign(new Error('no epoll instance'), { errno: -this.#libc.errno() })
    return ret
  }

  #ctl(op: number, fd: number, events: number): number {
    this.#event.writeUInt32LE(events)
    this.#event.writeInt32LE(fd, eventData)
    return this.#libc.epoll_ctl(this.#epfd, op, fd, this.#event)
  }

  /** Returns 0 or a negative errno. */
  add(fd: number, events: number): number {
    return this.#ctl(EPOLL_CTL_ADD, fd, events) < 0 ? -this.#libc.errno() : 0
  }

  remove(fd: number): void {
    items.delete(fd)
    this.#ctl(EPOLL_CTL_DEL, fd, 0)
  }

  /** Has another thread wait, as long as somebody does and the transport doesn't. */
  drive(): void {
    if (this.#waits || this.driven || items.size === 0) return
    this.#waits = true
    this.#libc.waitBeside(this.#epfd, this.#beside, eventsMax, waitMs, () => {
      this.#waits = false
      this.run()
      this.drive()
    })
  }

  /** Ends the other thread's wait. */
  kick(): void {
    if (!this.#waits) return
    this.#count.writeBigUInt64LE(1n)
    writeSync(this.#kick, this.#count)
  }

  /** Gives those who can go on their turns. */
  run(): void {
    const n = this.#libc.epoll_wait(this.#epfd, this.#events, eventsMax, 0)
    for (let i = 0; i < n; i++) {
      const fd = this.#events.readInt32LE(i * eventBytes + eventData)
      if (fd === this.#kick) readSync(fd, this.#count)
      else items.get(fd)?.wake(0)
    }
  }

  /** Waits in poll(2). Returns whether `fd` can be read. */
  beside(fd: number): boolean {
    if (this.#poll(fd, -1) < 0) return this.#libc.errno() !== EINTR
    if (pollfds.readUInt16LE(14) !== 0) this.run()
    return pollfds.readUInt16LE(6) !== 0
  }

  /** Whether `fd` can be read or somebody can go on. */
  now(fd: number): boolean {
    return this.#poll(fd, 0) !== 0
  }

  #poll(fd: number, ms: number): number {
    pollfds.writeInt32LE(fd)
    pollfds.writeInt32LE(POLLIN, 4)
    pollfds.writeInt32LE(this.#epfd, 8)
    pollfds.writeInt32LE(POLLIN, 12)
    return this.#libc.poll(pollfds, 2, ms)
  }
}

let pool: eventpoll | null = null
let driven = false
let functions: Libc | null | undefined

/** The functions of libc; null where there are none. */
function libcOf(): Libc | null {
  if (functions === undefined) functions = libc(declare)
  return functions
}

function eventpollOf(): eventpoll | number {
  if (pool !== null) return pool
  const functions = libcOf()
  if (functions === null) return -ENOSYS
  try {
    pool = new eventpoll(functions)
  } catch (e) {
    const { errno } = e as { readonly errno?: number }
    if (errno === undefined) throw e
    return errno
  }
  pool.driven = driven
  return pool
}

/**
 * Calls `wake` in a turn of its own (runqueue.ts) once `fd` is ready for one of `events`, EPOLLIN and EPOLLOUT, or has
 * an error or a hang-up. One may wait for a descriptor at a time, and has to give its wait up before it is closed.
 * @param wake gets 0, or a negative errno where nothing can be waited for
 * @returns gives the wait up: `wake` is not called then
 */
export function poll_wait(fd: number, events: number, wake: (ret: number) => void): () => void {
  const ep = eventpollOf()
  const ret = typeof ep === 'number' ? ep : ep.add(fd, events)
  let leave: () => void
  const ready = (ret: number) => {
    leave = enqueue_task(() => wake(ret), false)
  }
  if (typeof ep === 'number' || ret < 0) {
    leave = () => {}
    ready(ret)
    return () => leave()
  }
  const item: epitem = {
    wake: (ret) => {
      ep.remove(fd)
      ready(ret)
    },
  }
  items.set(fd, item)
  leave = () => {
    ep.remove(fd)
    if (items.size === 0) ep.kick()
  }
  ep.drive()
  return () => leave()
}

/**
 * Has a transport wait beside its own descriptor, by {@link poll_beside}.
 * @param on false: the event loop is told again
 */
export function drive_polls(on: boolean): void {
  driven = on
  if (pool === null) return
  pool.driven = on
  if (on) pool.kick()
  else pool.drive()
}

/**
 * Waits until `fd` can be read or somebody's descriptor is ready, who then has a turn in the runqueue. Returns at once
 * where nobody waits.
 * @returns whether `fd` can be read, or has to be waited for by a read of it
 */
export const poll_beside = (fd: number): boolean => pool === null || items.size === 0 || pool.beside(fd)

/**
 * Whether `fd` can be read, or somebody's descriptor is ready, without waiting.
 * @returns null where it can't be told
 */
export function poll_now(fd: number): boolean | null {
  if (pool !== null && items.size > 0) return pool.now(fd)
  const functions = libcOf()
  if (functions === null) return null
  pollfds.writeInt32LE(fd)
  pollfds.writeInt32LE(POLLIN, 4)
  return functions.poll(pollfds, 1, 0) !== 0
}
