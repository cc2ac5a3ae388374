// What is written to /dev/fuse: answers, and notifications of what nobody has asked for.
import { constants } from 'node:os'
import { errname } from '../errname.js'
import { pr_fmt } from '../printk.js'
import { current, type task_struct } from '../sched.js'
import { bytesOf } from '../surrogateescape.js'
import type { inode } from '../vfs/fs.js'
import type { Buffers, Unique } from './dev-fuse-buffers.js'
import type { Message } from './dev-fuse-io.js'
import * as P from './protocol.js'
import { FuseReply } from './reply.js'

const { pr_debug } = pr_fmt('fuse')

/** How the thread writes. */
export interface Sending {
  /** Sends an answer or a notification that waits for nothing. Returns a negative errno where the kernel refuses it. */
  readonly send: (message: Message, length: number) => number
  /** The same, of the first `length` bytes of a buffer and what comes behind them. */
  readonly sendv: (message: Message, length: number, behind: Uint8Array) => number
  /** Sends a notification that may wait for a program: from another thread. */
  readonly notify: (message: Buffer) => void
  /** How many of those have been sent by now. */
  readonly notified: () => number
}

/** An answer that waits for notifications. */
interface Held {
  readonly r: Unique
  /** How many must have been sent. */
  readonly notifications: number
  readonly answer: () => void
}

/** A notification's number: it is no answer to anything. */
const unasked: Unique = { uniqueLow: 0, uniqueHigh: 0 }

/** A notification about a name in a folder, whose other fields are 0. */
function aboutName(
  { PARENT, NAMELEN, NAME_AT }: { readonly PARENT: number; readonly NAMELEN: number; readonly NAME_AT: number },
  parent: number,
  name: Buffer,
): FuseReply {
  const message = new FuseReply(NAME_AT + name.length + 1)
  message.set64(PARENT, parent)
  message.set32(NAMELEN, name.length)
  message.body(message.capacity).set(name, NAME_AT)
  return message
}

/** Its bytes. */
const whole = (message: FuseReply, code: number): Buffer =>
  message.buf.subarray(0, message.header(0, 0, code, message.capacity))

/** FUSE_NOTIFY_INVAL_ENTRY: the kernel asks again for what has the name. */
const invalEntry = (parent: number, name: Buffer): Buffer =>
  whole(aboutName(P.NOTIFY_INVAL_ENTRY, parent, name), P.FUSE_NOTIFY_INVAL_ENTRY)

/** FUSE_NOTIFY_DELETE: the same, and the node of that number is removed, for who works in it too. */
function deleted(parent: number, name: Buffer, child: number): Buffer {
  const message = aboutName(P.NOTIFY_DELETE, parent, name)
  message.set64(P.NOTIFY_DELETE.CHILD, child)
  return whole(message, P.FUSE_NOTIFY_DELETE)
}

/** What the kernel says where a program has gone, or the connection has. */
const expected = [
  constants.errno.ENOENT,
  constants.errno.ENODEV,
  constants.errno.ENOTCONN,
  constants.errno.ECONNABORTED,
]

/** The answers of one connection. */
export class Answers {
  readonly #sending: Sending
  readonly #small: FuseReply
  /** Notifications that another thread was given. */
  #notifications = 0
  /**
   * Tasks that have taken names away, of which the kernel may not have been told yet: how many notifications that were.
   */
  readonly #owing = new Map<task_struct, number>()
  #held: Held[] = []
  /** The task whose request is being served; null where none is. */
  serving: task_struct | null = null

  constructor(sending: Sending, { small }: Buffers) {
    this.#sending = sending
    this.#small = small
  }

  /** Sends an answer with `length` bytes of body. Returns null, as there is no more to answer. */
  send(r: Unique, reply: FuseReply, length: number): null {
    this.transmit(r, reply, length)
    return null
  }

  /** Sends an answer whose body is elsewhere, and its header made in `reply`. Returns null. */
  sendLent(r: Unique, reply: FuseReply, body: Uint8Array): null {
    const length = reply.header(r.uniqueLow, r.uniqueHigh, 0, body.length)
    this.#sent(this.#sending.sendv(reply, P.FUSE_OUT_HEADER, body), length)
    return null
  }

  /** Sends an answer without a body: 0, or a negative errno. */
  error(r: Unique, error: number): void {
    this.#write(this.#small, this.#small.header(r.uniqueLow, r.uniqueHigh, error, 0))
  }

  /** Sends an answer with a body, or an error. */
  result(r: Unique, reply: FuseReply, length: number): void {
    if (length < 0) this.error(r, length)
    else this.transmit(r, reply, length)
  }

  /** Sends an answer. Returns whether the kernel took it: not, where its program has gone, or the connection has. */
  transmit(r: Unique, reply: FuseReply, length: number): boolean {
    return this.#write(reply, reply.header(r.uniqueLow, r.uniqueHigh, 0, length))
  }

  /**
   * Whether the answer to a task's request must wait: where a driver has taken a name away for it, its program sees the
   * answer once the kernel knows, and finds nothing under the name then. Others need not wait for that.
   */
  mustWait(task: task_struct): boolean {
    if (this.#owing.size === 0) return false
    const notifications = this.#owing.get(task)
    return notifications !== undefined && this.#sending.notified() < notifications
  }

  /** Holds the answer to a task's request. */
  hold(task: task_struct, r: Unique, answer: () => void): void {
    this.#held.push({ r, notifications: this.#owing.get(task) ?? 0, answer })
  }

  /** A signal has come for the program of a request: its answer need not wait. */
  interrupt({ uniqueLow, uniqueHigh }: Unique): void {
    const at = this.#held.findIndex(({ r }) => r.uniqueLow === uniqueLow && r.uniqueHigh === uniqueHigh)
    if (at >= 0) for (const { answer } of this.#held.splice(at, 1)) answer()
  }

  /** Whether a task has taken names away of which the kernel may not know yet. */
  owes(task: task_struct): boolean {
    return this.#owing.size > 0 && this.#owing.has(task)
  }

  /** Nothing is held any longer. */
  flush(): void {
    for (const { answer } of this.#held.splice(0)) answer()
  }

  /** The thread was woken: answers that were held may go. */
  wake(): void {
    if (this.#owing.size === 0) return
    const notified = this.#sending.notified()
    for (const [task, notifications] of this.#owing) if (notifications <= notified) this.#owing.delete(task)
    const held = this.#held
    this.#held = held.filter(({ notifications }) => notifications > notified)
    for (const { notifications, answer } of held) if (notifications <= notified) answer()
  }

  /** Who waits in poll(2) is to ask again. */
  ready(kh: number): void {
    this.#small.set64(P.NOTIFY_POLL.KH, kh)
    this.#notify(this.#small, P.FUSE_NOTIFY_POLL, P.NOTIFY_POLL.BYTES)
  }

  /** The kernel is to believe that a node has `units` times 2^32 bytes: it gets the last of them. */
  store(ino: number, units: number): void {
    const { NODEID, OFFSET, SIZE, PADDING, DATA_AT } = P.NOTIFY_STORE
    this.#small.set64(NODEID, ino)
    this.#small.set32(OFFSET, 0xffff_ffff)
    this.#small.set32(OFFSET + 1, units - 1)
    this.#small.set32(SIZE, 1)
    this.#small.set32(PADDING, 0)
    this.#small.body(DATA_AT + 1)[DATA_AT] = 0
    this.#notify(this.#small, P.FUSE_NOTIFY_STORE, DATA_AT + 1)
  }

  /** The kernel is to ask for a node's attributes again. It waits for nobody. */
  forgetAttributes(ino: number): void {
    this.#small.set64(P.NOTIFY_INVAL_INODE.INO, ino)
    this.#small.set64(P.NOTIFY_INVAL_INODE.OFF, -1) // the attributes alone, no data
    this.#small.set64(P.NOTIFY_INVAL_INODE.LEN, 0)
    this.#notify(this.#small, P.FUSE_NOTIFY_INVAL_INODE, P.NOTIFY_INVAL_INODE.BYTES)
  }

  /**
   * The kernel is to forget a name. Another thread tells it, as that waits for who holds the folder, who may wait for
   * an answer of ours. Of a folder it learns that it is removed: who is in it finds nothing there and makes nothing.
   */
  forgetName(parent: number, name: string, { i_ino, i_children }: inode): void {
    this.#notifications++
    this.#owing.set(this.serving ?? current, this.#notifications)
    const bytes = bytesOf(name)
    this.#sending.notify(i_children === null ? invalEntry(parent, bytes) : deleted(parent, bytes, i_ino))
  }

  #notify(message: FuseReply, code: number, length: number): void {
    this.#write(message, message.header(unasked.uniqueLow, unasked.uniqueHigh, code, length))
  }

  #write(message: Message, length: number): boolean {
    return this.#sent(this.#sending.send(message, length), length)
  }

  #sent(ret: number, length: number): boolean {
    if (ret >= 0) return true
    if (!expected.includes(-ret)) pr_debug(`an answer of ${length} bytes was refused: ${errname(ret) ?? ret}`)
    return false
  }
}
