// The requests of /dev/fuse that are about open files: read, write, poll, ioctl, fsync, from the open to the last
// close.
//
// Each request's function returns an errno, or 0 for an answer without a body; null where it has answered, or will.
import { EBADF, EINVAL, ENOENT, ENXIO, ESPIPE } from '../errno.js'
import { init_task, set_current, task_struct } from '../sched.js'
import { type file, type fop_result, O_APPEND, O_NONBLOCK } from '../vfs/fs.js'
import { vfs_fsync, vfs_ioctl, vfs_poll } from '../vfs/ioctl.js'
import { fput, vfs_open } from '../vfs/open.js'
import { vfs_llseek, vfs_read, vfs_write } from '../vfs/read_write.js'
import { borrow, copy_from_user, copy_to_user, take_lent } from '../vfs/uaccess.js'
import { checkAnswer, faultOf } from './answers.js'
import type { Answers } from './dev-fuse-answers.js'
import { type Buffers, FUSE_TRANSFER_MAX, keyOf, type Unique, uniqueOf } from './dev-fuse-buffers.js'
import { type Nodes, WAKE_INO } from './dev-fuse-nodes.js'
import { isSizeless, type Sizes } from './dev-fuse-sizes.js'
import { HandleTable } from './handles.js'
import * as P from './protocol.js'
import { FuseReply } from './reply.js'
import type { FuseRequest } from './request.js'
import type { WaitingRequests } from './waiting.js'

/** What fcntl(2) may have changed since the open. */
const changeable = O_APPEND | O_NONBLOCK

/** The largest results that are right. */
const pollMax = 0xffff
const ioctlMax = 0x7fffffff
/** The most bytes that an ioctl's program can get: more has no room in a command's number. */
const ioctlBytesMax = 65_536

/** Writes of up to that many bytes are moved: it takes less than a request's hundredth. */
const movedMax = 16_384

/** From so many bytes on it pays to send what was read from where the driver has it. */
const borrowedMin = 65_536

const openFlags = P.FOPEN_DIRECT_IO | P.FOPEN_NOFLUSH | P.FOPEN_PARALLEL_DIRECT_WRITES

/** The open files of one connection. */
export class OpenFiles {
  readonly #buffers: Buffers
  readonly #answers: Answers
  readonly #nodes: Nodes
  readonly #sizes: Sizes
  readonly #waiting: WaitingRequests
  readonly #files = new HandleTable<file>()
  /** By handle: what a driver calls once more is ready, the same for each poll(2) of a file. */
  readonly #wakes = new Map<number, () => void>()
  /** Whether the connection is about to end: nothing goes on, and nothing begins. */
  closing = false
  /** Releases that sleep. */
  releasing = 0

  constructor(buffers: Buffers, answers: Answers, nodes: Nodes, sizes: Sizes, waiting: WaitingRequests) {
    this.#buffers = buffers
    this.#answers = answers
    this.#nodes = nodes
    this.#sizes = sizes
    this.#waiting = waiting
  }

  /** The open file of a request; -EBADF, -ENXIO. */
  #file(r: FuseRequest, handle: number): file | number {
    if (this.#sizes.pending) this.#sizes.used(handle)
    this.#nodes.truncations.used(r.pid)
    const file = this.#files.get(handle)
    if (file === null) return -EBADF
    return this.closing ? -ENXIO : file
  }

  /** Answers now, or once the operation is over. */
  #finish(r: FuseRequest, name: string, max: number, ret: fop_result, answer: (ret: number, r: Unique) => void): null {
    const { task } = this.#waiting
    if (!(ret instanceof Promise)) this.#settle(task, r, checkAnswer(name, max, ret), answer)
    else {
      const unique = uniqueOf(r)
      this.#waiting.add({ key: keyOf(r), name, max, ino: r.nodeid }, ret, (ret) =>
        this.#settle(task, unique, ret, answer),
      )
    }
    return null
  }

  /** Answers, once the kernel knows of the names that a driver has taken away for it. */
  #settle(task: task_struct, r: Unique, ret: number, answer: (ret: number, r: Unique) => void): void {
    if (!this.#answers.mustWait(task)) answer(ret, r)
    else {
      const unique = uniqueOf(r)
      this.#answers.hold(task, unique, () => answer(ret, unique))
    }
  }

  open(r: FuseRequest): number | null {
    const { small } = this.#buffers
    if (r.nodeid === WAKE_INO) return this.#answers.send(r, small, small.openOut(0, P.FOPEN_DIRECT_IO))
    if (this.closing) return -ENXIO
    const node = this.#nodes.get(r.nodeid)
    if (node === null) return -ENOENT
    const opened = vfs_open(node, r.u32(P.OPEN_IN.FLAGS))
    if (opened instanceof Promise) return this.#openLate(r, opened)
    const thread = r.pid
    this.#settle(this.#waiting.task, r, typeof opened === 'object' ? 0 : checkAnswer('open', 0, opened), (ret, r) => {
      if (typeof opened === 'object') this.#opened(r, opened, thread)
      else this.#answers.error(r, ret)
    })
    return null
  }

  #opened(r: Unique, file: file, thread: number): void {
    const { small } = this.#buffers
    const handle = this.#files.add(file)
    const known = this.#nodes.known(file.f_inode.i_ino)
    if (known !== null) this.#sizes.opening(known)
    this.#nodes.truncations.opened(thread, file.f_inode.i_ino)
    // An open that its program no longer waits for has nobody to close it.
    if (!this.#answers.transmit(r, small, small.openOut(handle, openFlags))) this.#close(handle)
  }

  /** An open whose driver sleeps. */
  #openLate(r: FuseRequest, opened: Promise<file | number>): null {
    const unique = uniqueOf(r)
    const thread = r.pid
    const { task } = this.#waiting
    let late: file | null = null
    const ret = opened.then((file) => {
      if (typeof file !== 'object') return file
      late = file
      return 0
    })
    this.#waiting.add(
      { key: keyOf(r), name: 'open', max: 0, ino: r.nodeid },
      ret,
      (ret) =>
        this.#settle(task, unique, ret, (ret, r) => {
          if (ret === 0 && late !== null) this.#opened(r, late, thread)
          else this.#answers.error(r, ret)
        }),
      () => {
        if (late !== null) this.#put(late)
      },
    )
    return null
  }

  /** The last close of a file. */
  release(r: FuseRequest): number {
    return this.#close(r.u64(P.RELEASE_IN.FH))
  }

  #close(handle: number): number {
    const file = this.#files.remove(handle)
    if (file === null) return -EBADF
    this.#wakes.delete(handle)
    const known = this.#nodes.known(file.f_inode.i_ino)
    if (known !== null) this.#sizes.closed(known, handle)
    this.#put(file)
    return 0
  }

  /** The connection is over: the last close of every file. */
  closeAll(): void {
    for (const handle of this.#files.handles()) this.#close(handle)
  }

  /** Calls the driver's release, which may sleep for as long as it likes. */
  #put(file: file): void {
    // Nobody waits for it, and what sleeps keeps the task.
    set_current(new task_struct())
    try {
      const ret: unknown = fput(file)
      if (ret instanceof Promise) {
        this.releasing++
        ret
          .catch((e) => faultOf('release', e))
          .finally(() => {
            this.releasing--
          })
      }
    } catch (e) {
      faultOf('release', e)
    }
    set_current(init_task)
  }

  read(r: FuseRequest): number | null {
    const file = this.#file(r, r.u64(P.READ_IN.FH))
    if (typeof file === 'number') return file
    // For the page cache: a device has none, and sendfile(2) and splice(2) of one are EINVAL as on a kernel.
    if ((r.u32(P.READ_IN.READ_FLAGS) & P.FUSE_READ_LOCKOWNER) === 0) return -EINVAL
    file.f_flags = (file.f_flags & ~changeable) | (r.u32(P.READ_IN.FLAGS) & changeable)
    const size = Math.min(r.u32(P.READ_IN.SIZE), FUSE_TRANSFER_MAX)
    const reply = file.f_op.read_fills === true ? this.#buffers.reply(size) : this.#buffers.cleanReply(size)
    const body = reply.body(size)
    if (size >= borrowedMin) borrow(body)
    const ret = vfs_read(file, body, size, r.i64(P.READ_IN.OFFSET))
    const lent = size >= borrowedMin ? take_lent() : null
    const answered = !(ret instanceof Promise) && !this.#answers.owes(this.#waiting.task)
    if (lent !== null) {
      if (answered && ret === lent.length) return this.#answers.sendLent(r, reply, lent)
      copy_to_user(body, lent, lent.length)
    }
    if (answered) {
      const n = checkAnswer('read', size, ret)
      return n < 0 ? n : this.#answers.send(r, reply, n)
    }
    // The read goes on in the buffer, or its answer waits there.
    this.#buffers.keepReply(reply)
    return this.#finish(r, 'read', size, ret, (n, r) => this.#answers.result(r, reply, n))
  }

  write(r: FuseRequest): number | null {
    const file = this.#file(r, r.u64(P.WRITE_IN.FH))
    if (typeof file === 'number') return file
    const size = r.u32(P.WRITE_IN.SIZE)
    if (P.WRITE_IN.DATA_AT + size > r.len) return -EINVAL
    file.f_flags = (file.f_flags & ~changeable) | (r.u32(P.WRITE_IN.FLAGS) & changeable)
    // Few bytes are moved at once, so that they need not hold a whole request's buffer where the write sleeps.
    const moved = size <= movedMax && file.f_op.write_copies !== true ? this.#buffers.reply(size) : null
    const data = moved?.body(size) ?? r.written(size)
    if (moved !== null) copy_from_user(data, r.written(size), size)
    const ret = vfs_write(file, data, size, r.i64(P.WRITE_IN.OFFSET))
    // The bytes stay where they are as long as the write lasts.
    if (ret instanceof Promise && file.f_op.write_copies !== true) {
      if (moved !== null) this.#buffers.keepReply(moved)
      else this.#buffers.keepRequest(ret)
    }
    return this.#finish(r, 'write', size, ret, this.#written)
  }

  readonly #written = (n: number, r: Unique): void => {
    const { small } = this.#buffers
    small.set32(P.WRITE_OUT.SIZE, n)
    small.set32(P.WRITE_OUT.PADDING, 0)
    this.#answers.result(r, small, n < 0 ? n : P.WRITE_OUT.BYTES)
  }

  /** lseek(2) with SEEK_DATA and SEEK_HOLE: the kernel does the others by itself. */
  lseek(r: FuseRequest): number | null {
    const file = this.#file(r, r.u64(P.LSEEK_IN.FH))
    if (typeof file === 'number') return file
    const ret = vfs_llseek(file, r.i64(P.LSEEK_IN.OFFSET), r.u32(P.LSEEK_IN.WHENCE))
    return this.#finish(r, 'lseek', Number.MAX_SAFE_INTEGER, ret, (pos, r) => {
      const { small } = this.#buffers
      small.set64(P.LSEEK_OUT.OFFSET, pos)
      this.#answers.result(r, small, pos < 0 ? pos : P.LSEEK_OUT.BYTES)
    })
  }

  /** lseek(2) with SEEK_END, which asks for the size as it is now. */
  getattr(r: FuseRequest): number | null {
    const handle = r.u64(P.GETATTR_IN.FH)
    const file = this.#file(r, handle)
    if (typeof file === 'number') return file
    const known = this.#nodes.known(r.nodeid)
    if (known === null || !isSizeless(known.inode)) return this.#nodes.getattr(r)
    if (file.f_op.llseek === undefined) return -ESPIPE
    this.#sizes.lowers(known, handle)
    return this.#nodes.attributes(r, known.inode)
  }

  fsync(r: FuseRequest): number | null {
    const file = this.#file(r, r.u64(P.FSYNC_IN.FH))
    if (typeof file === 'number') return file
    const ret = vfs_fsync(file, (r.u32(P.FSYNC_IN.FLAGS) & P.FUSE_FSYNC_FDATASYNC) !== 0)
    return this.#finish(r, 'fsync', 0, ret, (ret, r) => this.#answers.error(r, ret))
  }

  poll(r: FuseRequest): number | null {
    const file = this.#file(r, r.u64(P.POLL_IN.FH))
    if (typeof file === 'number') return file
    const wake = r.u32(P.POLL_IN.FLAGS) & P.FUSE_POLL_SCHEDULE_NOTIFY ? this.#wake(r) : null
    return this.#finish(r, 'poll', pollMax, vfs_poll(file, wake), (mask, r) => {
      const { small } = this.#buffers
      small.set32(P.POLL_OUT.REVENTS, mask)
      small.set32(P.POLL_OUT.PADDING, 0)
      this.#answers.result(r, small, mask < 0 ? mask : P.POLL_OUT.BYTES)
    })
  }

  /** What tells the program of a poll(2) that more may be ready, as long as the file is open. */
  #wake(r: FuseRequest): () => void {
    const handle = r.u64(P.POLL_IN.FH)
    const kh = r.u64(P.POLL_IN.KH)
    let wake = this.#wakes.get(handle)
    if (wake === undefined) {
      wake = () => {
        if (this.#wakes.get(handle) === wake) this.#answers.ready(kh)
      }
      this.#wakes.set(handle, wake)
    }
    return wake
  }

  /** What the kernel lets through: commands whose number says how many bytes they carry, and which way. */
  ioctl(r: FuseRequest): number | null {
    const file = this.#file(r, r.u64(P.IOCTL_IN.FH))
    if (typeof file === 'number') return file
    const inSize = r.u32(P.IOCTL_IN.IN_SIZE)
    const outSize = r.u32(P.IOCTL_IN.OUT_SIZE)
    const input = r.data(P.IOCTL_IN.DATA_AT, inSize)
    if (input === null || outSize > ioctlBytesMax) return -EINVAL
    const { DATA_AT, RESULT, FLAGS, IN_IOVS, OUT_IOVS } = P.IOCTL_OUT
    const reply = new FuseReply(DATA_AT + outSize)
    const arg =
      inSize === 0 && outSize === 0
        ? r.u64(P.IOCTL_IN.ARG)
        : { in: Buffer.from(input), out: reply.body(DATA_AT + outSize).subarray(DATA_AT) }
    return this.#finish(r, 'ioctl', ioctlMax, vfs_ioctl(file, r.u32(P.IOCTL_IN.CMD), arg), (ret, r) => {
      reply.set32(RESULT, ret)
      for (const word of [FLAGS, IN_IOVS, OUT_IOVS]) reply.set32(word, 0)
      this.#answers.result(r, reply, ret < 0 ? ret : DATA_AT + outSize)
    })
  }
}
