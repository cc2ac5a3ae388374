// The transport dev-fuse: the kernel's requests from /dev/fuse, served in the thread that reads them. This file knows
// what each request means for the VFS; dev-fuse-thread.ts reads them, protocol.ts has their bytes.
//
// A request whose operation returns a number is answered before the next is read. One that sleeps keeps its buffers and
// is answered later; a FUSE_INTERRUPT ends it.
import { constants } from 'node:os'
import {
  EBADF,
  EINTR,
  EINVAL,
  ENAMETOOLONG,
  ENODATA,
  ENODEV,
  ENOENT,
  ENOSYS,
  ENOTDIR,
  ENXIO,
  EPERM,
  EPROTO,
  ESPIPE,
} from '../errno.js'
import { describe, pr_fmt } from '../printk.js'
import { abort_task, init_task, interrupt_task, set_current, task_struct } from '../sched.js'
import { type file, type inode, O_APPEND, S_IFCHR, S_IFMT, S_IFREG } from '../vfs/fs.js'
import { vfs_fsync, vfs_ioctl, vfs_poll } from '../vfs/ioctl.js'
import {
  type dentry,
  onRemoved,
  root,
  vfs_chmod,
  vfs_chown,
  vfs_link,
  vfs_mkdir,
  vfs_mknod,
  vfs_rename,
  vfs_rmdir,
  vfs_symlink,
  vfs_unlink,
  vfs_utimes,
} from '../vfs/namei.js'
import { bytesOf, nameOf } from '../vfs/names.js'
import { fput, vfs_open } from '../vfs/open.js'
import { vfs_read, vfs_write } from '../vfs/read_write.js'
import { checkAnswer, faultOf, shownMode } from './answers.js'
import * as P from './protocol.js'

const { pr_err, pr_warn, pr_debug } = pr_fmt('fuse')

/** linux/limits.h: the longest name, in bytes. */
const NAME_MAX = 255

/** How long the kernel keeps names and attributes, in milliseconds: it is told when they change. */
const keepMs = 3_600_000

/** Pages of a transfer, 1 MiB: what kernels allow unless they are set otherwise. */
const maxPages = 256
/** The longest request: a write with its headers. */
export const FUSE_REQUEST_MAX = maxPages * 4096 + 4096

/** The node that is looked up to wake the thread; no listing has it. */
export const WAKE_NAME = '.lunatik-wake'
export const WAKE_INO = 2 ** 40
const wakeAttr: P.FuseAttr = {
  ino: WAKE_INO,
  size: 0,
  atime: 0,
  mtime: 0,
  ctime: 0,
  mode: S_IFREG,
  nlink: 1,
  uid: 0,
  gid: 0,
}

/** A request that has no answer yet. */
interface Waiting {
  readonly task: task_struct
  readonly key: number
  /** Answers it, the first time. Returns whether this was the first. */
  readonly end: (ret: number) => boolean
  interrupted: boolean
}

/** What a folder's open file keeps: its entries as they were when the listing began. */
interface Listing {
  readonly folder: inode
  entries: readonly (readonly [name: Buffer, node: inode])[] | null
}

/** The type of a directory entry. */
const direntType = (mode: number) => ((mode & S_IFMT) === S_IFCHR ? S_IFREG : mode & S_IFMT) >> 12

const fuseAttr = (node: inode): P.FuseAttr => ({
  ino: node.i_ino,
  size: node.i_size,
  atime: node.i_atime,
  mtime: node.i_mtime,
  ctime: node.i_ctime,
  mode: shownMode(node),
  nlink: node.i_nlink,
  uid: node.i_uid,
  gid: node.i_gid,
})

/** How long the attributes of a node hold: those that change by themselves not at all. */
const attrMs = (node: inode) => (node.i_dynamic ? 0 : keepMs)

/** What the file reads and writes, and how it is told of what nobody asked for. */
export interface DevFuseOptions {
  /** Sends an answer or a notification that waits for nothing. Throws what the kernel says. */
  readonly send: (buf: Buffer, length: number) => void
  /** Sends a notification that may wait for a program: from another thread. */
  readonly notify: (message: Buffer) => void
  /** How many of those have been sent by now; `woken` is called for each. */
  readonly notified: () => number
  /** Called when somebody has looked for the node of {@link WAKE_NAME}. */
  readonly woken: () => void
  /** Whether signals end the waits of a driver that says so alone, as on a kernel. */
  readonly uninterruptible: boolean
}

/** The requests that have no answer. */
const unanswered = new Set([P.FUSE_FORGET, P.FUSE_BATCH_FORGET, P.FUSE_INTERRUPT, P.FUSE_NOTIFY_REPLY])

/** The sizes of answers' buffers, so that a request that sleeps holds little. */
const replySizes = [4096, 65_536, maxPages * 4096]

/** The requests of one connection. */
export class DevFuse {
  readonly #options: DevFuseOptions
  /** Where the next request is read. Another one after each that keeps it. */
  request = new P.FuseRequest(FUSE_REQUEST_MAX)
  readonly #replies = replySizes.map((size) => new P.FuseReply(size))
  readonly #small = new P.FuseReply(256)
  /** Nodes that the kernel knows, and how often it has been told of each. */
  readonly #nodes = new Map<number, { readonly inode: inode; lookups: number }>()
  /** Open files and listings by handle. */
  readonly #files: (file | Listing | null)[] = [null]
  readonly #freeHandles: number[] = []
  readonly #waiting = new Map<number, Waiting>()
  /** Releases that sleep. */
  #releasing = 0
  #task = new task_struct()
  #closing = false
  #settled: P.FuseInit | null = null
  /** Notifications on their way, and the answers that are held until they have arrived. */
  #notifications = 0
  #held: Buffer[] = []
  readonly #unhook: () => void

  constructor(options: DevFuseOptions) {
    this.#options = options
    this.#nodes.set(P.FUSE_ROOT_ID, { inode: root, lookups: 1 })
    this.#unhook = onRemoved((folder, name, node) => this.#removed(folder, name, node))
  }

  /** What INIT has settled; null before. */
  get settled(): P.FuseInit | null {
    return this.#settled
  }

  /** How many operations sleep: until none does, the event loop must run. */
  get asleep(): number {
    return this.#waiting.size + this.#releasing
  }

  /**
   * Serves the request of `n` bytes that was read into {@link request}.
   * @returns false where the connection is over
   */
  serve(n: number): boolean {
    const r = this.request
    const bad = r.check(n)
    if (bad < 0) {
      // Without a whole header there is nobody to answer, and an answer to what has none would be a notification.
      if (n >= P.FUSE_IN_HEADER && !unanswered.has(r.opcode)) this.#answer(r.uniqueLow, r.uniqueHigh, bad)
      pr_warn(`a malformed request of ${n} bytes`)
      return true
    }
    const task = this.#task
    task.uid = r.uid
    task.gid = r.gid
    task.pid = r.pid
    set_current(task)
    let ret: number | null
    try {
      ret = this.#dispatch(r)
    } catch (e) {
      ret = faultOf(P.fuse_opname(r.opcode), e)
    }
    set_current(init_task)
    if (ret !== null) this.#answer(r.uniqueLow, r.uniqueHigh, ret)
    return r.opcode !== P.FUSE_DESTROY
  }

  /** Answers what waits with ENXIO; whatever comes from now on gets ENXIO as well. */
  close(): void {
    this.#closing = true
    for (const waiting of [...this.#waiting.values()]) waiting.end(-ENXIO)
  }

  /** The connection is over: the last close of every file. */
  release(): void {
    this.#unhook()
    for (const [handle, file] of this.#files.entries()) if (file !== null) this.#close(handle)
  }

  /** Serves a request. Returns an errno or 0 for an answer without a body, null where it has been answered or needs none. */
  #dispatch(r: P.FuseRequest): number | null {
    switch (r.opcode) {
      case P.FUSE_READ:
        return this.#read(r)
      case P.FUSE_WRITE:
        return this.#write(r)
      case P.FUSE_OPEN:
        return this.#open(r)
      case P.FUSE_RELEASE:
      case P.FUSE_RELEASEDIR:
        return this.#close(r.u64(10))
      case P.FUSE_LOOKUP:
        return this.#lookup(r)
      case P.FUSE_GETATTR:
        return this.#getattr(r)
      case P.FUSE_FORGET:
        this.#forget(r.nodeid, r.u64(10))
        return null
      case P.FUSE_BATCH_FORGET:
        return this.#batchForget(r)
      case P.FUSE_INTERRUPT:
        this.#interrupt(r.u64(10))
        return null
      case P.FUSE_NOTIFY_REPLY:
        this.#options.woken()
        return null
      case P.FUSE_POLL:
        return this.#poll(r)
      case P.FUSE_IOCTL:
        return this.#ioctl(r)
      case P.FUSE_OPENDIR:
        return this.#opendir(r)
      case P.FUSE_READDIR:
      case P.FUSE_READDIRPLUS:
        return this.#readdir(r)
      case P.FUSE_INIT:
        return this.#init(r)
      case P.FUSE_FSYNC: {
        const file = this.#file(r.u64(10))
        if (file === null) return -EBADF
        if (this.#closing) return -ENXIO
        return this.#finish(r, 'fsync', 0, vfs_fsync(file, (r.u32(12) & 1) !== 0))
      }
      case P.FUSE_LSEEK:
        return -ESPIPE
      case P.FUSE_FALLOCATE:
        return -ENODEV
      case P.FUSE_COPY_FILE_RANGE:
        return -EINVAL
      case P.FUSE_SETXATTR:
      case P.FUSE_REMOVEXATTR:
        return -EPERM
      case P.FUSE_GETXATTR:
        return -ENODATA
      case P.FUSE_LISTXATTR:
        return this.#listxattr(r)
      case P.FUSE_STATFS:
        return this.#statfs(r)
      case P.FUSE_READLINK:
        return this.#readlink(r)
      case P.FUSE_FLUSH: // the kernel asks no more
      case P.FUSE_ACCESS: // default_permissions has the kernel check
        return -ENOSYS
      case P.FUSE_FSYNCDIR:
      case P.FUSE_DESTROY:
        return 0
      default:
        return this.#change(r)
    }
  }

  /** The requests that change the tree. */
  #change(r: P.FuseRequest): number | null {
    const at = (offset: number): dentry | number => {
      const folder = this.#node(r.nodeid)
      const name = r.name(offset)
      if (folder === null) return -ENOENT
      return name === null ? -EINVAL : [folder, nameOf(name)]
    }
    const made = (where: dentry | number, op: (where: dentry) => number): number | null => {
      const ret = typeof where === 'number' ? where : op(where)
      return ret < 0 ? ret : this.#entry(r, where as readonly [inode, string])
    }
    const done = (where: dentry | number, op: (where: dentry) => number) =>
      typeof where === 'number' ? where : op(where)
    switch (r.opcode) {
      case P.FUSE_SETATTR:
        return this.#setattr(r)
      case P.FUSE_MKDIR:
        return made(at(48), (where) => vfs_mkdir(where, r.u32(10) & ~r.u32(11)))
      case P.FUSE_SYMLINK: {
        const name = r.name(40)
        const target = name === null ? null : r.name(40 + name.length + 1)
        return target === null ? -EINVAL : made(at(40), (where) => vfs_symlink(nameOf(target), where))
      }
      case P.FUSE_LINK: {
        const old = this.#node(r.u64(10))
        return old === null ? -ENOENT : made(at(48), (where) => vfs_link(old, where))
      }
      case P.FUSE_MKNOD:
        return done(at(56), vfs_mknod)
      case P.FUSE_CREATE:
        return -EPERM
      case P.FUSE_UNLINK:
        return done(at(40), vfs_unlink)
      case P.FUSE_RMDIR:
        return done(at(40), vfs_rmdir)
      case P.FUSE_RENAME:
        return this.#rename(r, 48, 0, at)
      case P.FUSE_RENAME2:
        return this.#rename(r, 56, r.u32(12), at)
      default:
        return -ENOSYS
    }
  }

  #rename(r: P.FuseRequest, offset: number, flags: number, at: (offset: number) => dentry | number): number {
    const from = at(offset)
    const old = r.name(offset)
    const name = old === null ? null : r.name(offset + old.length + 1)
    const folder = this.#node(r.u64(10))
    if (typeof from === 'number') return from
    if (folder === null) return -ENOENT
    return name === null ? -EINVAL : vfs_rename(from, [folder, nameOf(name)], flags)
  }

  // Nodes.

  #node(nodeid: number): inode | null {
    return this.#nodes.get(nodeid)?.inode ?? null
  }

  /** The kernel is told of a node once more. */
  #know(inode: inode): void {
    const known = this.#nodes.get(inode.i_ino)
    if (known === undefined) this.#nodes.set(inode.i_ino, { inode, lookups: 1 })
    else known.lookups++
  }

  #forget(nodeid: number, lookups: number): void {
    const known = this.#nodes.get(nodeid)
    if (known === undefined || nodeid === P.FUSE_ROOT_ID) return
    known.lookups -= lookups
    if (known.lookups <= 0) this.#nodes.delete(nodeid)
  }

  #batchForget(r: P.FuseRequest): null {
    const count = Math.min(r.u32(10), Math.floor((r.len - 48) / 16))
    for (let i = 0; i < count; i++) this.#forget(r.u64(12 + 4 * i), r.u64(14 + 4 * i))
    return null
  }

  #lookup(r: P.FuseRequest): number | null {
    const folder = this.#node(r.nodeid)
    const name = r.name(40)
    if (folder === null) return -ENOENT
    if (name === null) return -EINVAL
    const text = nameOf(name)
    if (folder === root && text === WAKE_NAME) {
      this.#options.woken()
      return this.#send(r, this.#small, this.#small.entry(4, wakeAttr, 0, 0))
    }
    return this.#entry(r, [folder, text])
  }

  /** Answers with the entry of a name. */
  #entry(r: P.FuseRequest, [folder, name]: readonly [inode, string]): number | null {
    if (folder.i_children === null) return -ENOTDIR
    const node = folder.i_children.get(name)
    if (node === undefined) return bytesOf(name).length > NAME_MAX ? -ENAMETOOLONG : -ENOENT
    const length = this.#small.entry(4, fuseAttr(node), keepMs, attrMs(node))
    // What the kernel was not told of it does not forget.
    if (this.#transmit(this.#small.buf, this.#small.header(r.uniqueLow, r.uniqueHigh, 0, length))) this.#know(node)
    return null
  }

  #getattr(r: P.FuseRequest): number | null {
    if (r.nodeid === WAKE_INO) {
      this.#options.woken()
      return this.#send(r, this.#small, this.#small.attrOut(wakeAttr, 0))
    }
    const node = this.#node(r.nodeid)
    if (node === null) return -ENOENT
    return this.#send(r, this.#small, this.#small.attrOut(fuseAttr(node), attrMs(node)))
  }

  #setattr(r: P.FuseRequest): number | null {
    const node = this.#node(r.nodeid)
    if (node === null) return -ENOENT
    const valid = r.u32(10)
    if (valid & P.FATTR_SIZE) return -EINVAL
    const time = (word: number, nsec: number) => r.i64(word) * 1000 + r.u32(nsec) / 1e6
    if (valid & P.FATTR_MODE) vfs_chmod(node, r.u32(27))
    if (valid & (P.FATTR_UID | P.FATTR_GID)) {
      vfs_chown(node, valid & P.FATTR_UID ? r.u32(29) : null, valid & P.FATTR_GID ? r.u32(30) : null)
    }
    if (valid & (P.FATTR_ATIME | P.FATTR_MTIME)) {
      const now = Date.now()
      const atime = valid & P.FATTR_ATIME ? (valid & P.FATTR_ATIME_NOW ? now : time(18, 24)) : node.i_atime
      const mtime = valid & P.FATTR_MTIME ? (valid & P.FATTR_MTIME_NOW ? now : time(20, 25)) : node.i_mtime
      vfs_utimes(node, atime, mtime)
    }
    return this.#send(r, this.#small, this.#small.attrOut(fuseAttr(node), attrMs(node)))
  }

  #readlink(r: P.FuseRequest): number | null {
    const node = this.#node(r.nodeid)
    if (node === null) return -ENOENT
    if (node.i_link === null) return -EINVAL
    const reply = this.#reply(4096)
    const target = bytesOf(node.i_link).subarray(0, 4095)
    reply.body(target.length).set(target)
    return this.#send(r, reply, target.length)
  }

  #listxattr(r: P.FuseRequest): number | null {
    if (r.u32(10) !== 0) return 0
    this.#small.set32(4, 0)
    this.#small.set32(5, 0)
    return this.#send(r, this.#small, 8)
  }

  #statfs(r: P.FuseRequest): number | null {
    this.#small.body(80).fill(0)
    this.#small.set32(14, 4096) // bsize
    this.#small.set32(15, 255) // namelen
    this.#small.set32(16, 4096) // frsize
    return this.#send(r, this.#small, 80)
  }

  /** A name was taken away by other means than a request: the kernel is to forget it. */
  #removed(folder: inode, name: string, node: inode): void {
    if (this.#settled === null) return
    for (const { i_ino } of [folder, node]) if (this.#nodes.has(i_ino)) this.#invalidate(i_ino)
    if (!this.#nodes.has(folder.i_ino)) return
    const bytes = bytesOf(name)
    const message = new P.FuseReply(16 + bytes.length + 1)
    message.set64(4, folder.i_ino)
    message.set32(6, bytes.length)
    message.set32(7, 0)
    message.body(16 + bytes.length + 1).set(bytes, 16)
    const length = message.header(0, 0, P.FUSE_NOTIFY_INVAL_ENTRY, 16 + bytes.length + 1)
    // Another thread does it, as it waits for who holds the folder, who may wait for an answer of ours.
    this.#notifications++
    this.#options.notify(message.buf.subarray(0, length))
  }

  /** The thread was woken: answers that were held may go. */
  wake(): void {
    if (this.#held.length === 0 || this.#options.notified() < this.#notifications) return
    for (const message of this.#held.splice(0)) this.#transmit(message, message.length)
  }

  /**
   * Answers a read or a write. Where a name was taken away meanwhile, the program sees the answer once the kernel knows:
   * then what it looks up next is gone.
   */
  #deliver(buf: Buffer, length: number): void {
    if (this.#notifications === 0 || this.#options.notified() === this.#notifications) this.#transmit(buf, length)
    else this.#held.push(Buffer.from(buf.subarray(0, length)))
  }

  /** The kernel is to ask for a node's attributes again. It waits for nobody. */
  #invalidate(ino: number): void {
    this.#small.set64(4, ino)
    this.#small.set64(6, -1) // the attributes alone, no data
    this.#small.set64(8, 0)
    this.#transmit(this.#small.buf, this.#small.header(0, 0, P.FUSE_NOTIFY_INVAL_INODE, 24))
  }

  // Open files.

  #file(handle: number): file | null {
    const file = this.#files[handle] ?? null
    return file !== null && 'f_op' in file ? file : null
  }

  #enter(file: file | Listing): number {
    const handle = this.#freeHandles.pop() ?? this.#files.length
    this.#files[handle] = file
    return handle
  }

  #openReply(handle: number, flags: number): number {
    this.#small.set64(4, handle)
    this.#small.set32(6, flags)
    this.#small.set32(7, 0)
    return 16
  }

  #open(r: P.FuseRequest): number | null {
    if (r.nodeid === WAKE_INO) return this.#send(r, this.#small, this.#openReply(0, P.FOPEN_DIRECT_IO))
    if (this.#closing) return -ENXIO
    const node = this.#node(r.nodeid)
    if (node === null) return -ENOENT
    const { uniqueLow, uniqueHigh } = r
    const opened = vfs_open(node, r.u32(10))
    const flags = P.FOPEN_DIRECT_IO | P.FOPEN_NOFLUSH | P.FOPEN_PARALLEL_DIRECT_WRITES
    const answer = (file: file) => {
      const length = this.#openReply(this.#enter(file), flags)
      // An open that its program no longer waits for has nobody to close it.
      if (!this.#transmit(this.#small.buf, this.#small.header(uniqueLow, uniqueHigh, 0, length))) {
        this.#close(this.#files.indexOf(file))
      }
    }
    if (typeof opened === 'object' && !(opened instanceof Promise)) {
      answer(opened)
      return null
    }
    if (!(opened instanceof Promise)) return checkAnswer('open', 0, opened)
    let late: file | null = null
    const ret = opened.then((file) => {
      if (typeof file !== 'object') return file
      late = file
      return 0
    })
    return this.#wait(
      r,
      'open',
      0,
      ret,
      (ret) => {
        if (ret === 0 && late !== null) answer(late)
        else this.#answer(uniqueLow, uniqueHigh, ret)
      },
      () => {
        if (late !== null) this.#put(late)
      },
    )
  }

  /** The last close of a file. Its driver's release may sleep for as long as it likes. */
  #close(handle: number): number {
    const file = this.#files[handle] ?? null
    if (file === null || handle === 0) return -EBADF
    this.#files[handle] = null
    this.#freeHandles.push(handle)
    if ('f_op' in file) this.#put(file)
    return 0
  }

  /** Calls the driver's release. */
  #put(file: file): void {
    // Nobody waits for it, and what sleeps keeps the task.
    set_current(new task_struct())
    try {
      const ret: unknown = fput(file)
      if (ret instanceof Promise) {
        this.#releasing++
        ret
          .catch((e) => faultOf('release', e))
          .finally(() => {
            this.#releasing--
          })
      }
    } catch (e) {
      faultOf('release', e)
    }
    set_current(init_task)
  }

  /** A buffer for an answer of up to `size` bytes. */
  #reply(size: number): P.FuseReply {
    return this.#replies.find(({ capacity }) => capacity >= size) ?? (this.#replies.at(-1) as P.FuseReply)
  }

  #read(r: P.FuseRequest): number | null {
    const file = this.#file(r.u64(10))
    if (file === null) return -EBADF
    if (this.#closing) return -ENXIO
    const size = Math.min(r.u32(14), maxPages * 4096)
    const reply = this.#reply(size)
    const ret = vfs_read(file, reply.body(size), size, r.i64(12))
    if (!(ret instanceof Promise)) {
      const n = checkAnswer('read', size, ret)
      if (n < 0) return n
      this.#deliver(reply.buf, reply.header(r.uniqueLow, r.uniqueHigh, 0, n))
      return null
    }
    // The read goes on in the buffer; others get a new one.
    this.#replies[this.#replies.indexOf(reply)] = new P.FuseReply(reply.capacity)
    const { uniqueLow, uniqueHigh } = r
    return this.#wait(r, 'read', size, ret, (n) => {
      if (n < 0) this.#answer(uniqueLow, uniqueHigh, n)
      else this.#deliver(reply.buf, reply.header(uniqueLow, uniqueHigh, 0, n))
    })
  }

  #write(r: P.FuseRequest): number | null {
    const file = this.#file(r.u64(10))
    const size = r.u32(14)
    const data = r.data(80, size)
    if (file === null) return -EBADF
    if (data === null) return -EINVAL
    if (this.#closing) return -ENXIO
    const { uniqueLow, uniqueHigh } = r
    const answer = (n: number) => {
      this.#small.set32(4, n)
      this.#small.set32(5, 0)
      if (n < 0) this.#answer(uniqueLow, uniqueHigh, n)
      else this.#deliver(this.#small.buf, this.#small.header(uniqueLow, uniqueHigh, 0, 8))
    }
    // fcntl(2) may have set O_APPEND since the open.
    file.f_flags = (file.f_flags & ~O_APPEND) | (r.u32(18) & O_APPEND)
    const ret = vfs_write(file, data, size, r.i64(12))
    if (ret instanceof Promise) {
      // The bytes stay where they are as long as the write lasts.
      this.request = new P.FuseRequest(FUSE_REQUEST_MAX)
      return this.#wait(r, 'write', size, ret, answer)
    }
    answer(checkAnswer('write', size, ret))
    return null
  }

  #poll(r: P.FuseRequest): number | null {
    const file = this.#file(r.u64(10))
    if (file === null) return -EBADF
    if (this.#closing) return -ENXIO
    const kh = r.u64(12)
    const wake = () => {
      this.#small.set64(4, kh)
      this.#transmit(this.#small.buf, this.#small.header(0, 0, P.FUSE_NOTIFY_POLL, 8))
    }
    const { uniqueLow, uniqueHigh } = r
    const answer = (mask: number) => {
      if (mask < 0) return this.#answer(uniqueLow, uniqueHigh, mask)
      this.#small.set32(4, mask)
      this.#small.set32(5, 0)
      this.#transmit(this.#small.buf, this.#small.header(uniqueLow, uniqueHigh, 0, 8))
    }
    const ret = vfs_poll(file, r.u32(14) & P.FUSE_POLL_SCHEDULE_NOTIFY ? wake : null)
    if (ret instanceof Promise) return this.#wait(r, 'poll', 0xffff, ret, answer)
    answer(checkAnswer('poll', 0xffff, ret))
    return null
  }

  /** What the kernel lets through: commands whose number says how many bytes they carry, and which way. */
  #ioctl(r: P.FuseRequest): number | null {
    const file = this.#file(r.u64(10))
    if (file === null) return -EBADF
    if (this.#closing) return -ENXIO
    const [cmd, inSize, outSize] = [r.u32(13), r.u32(16), r.u32(17)]
    const input = r.data(72, inSize)
    if (input === null || outSize > 65_536) return -EINVAL
    const reply = new P.FuseReply(16 + outSize)
    const arg = inSize === 0 && outSize === 0 ? r.u64(14) : reply.body(16 + outSize).subarray(16)
    const { uniqueLow, uniqueHigh } = r
    const answer = (ret: number) => {
      if (ret < 0) return this.#answer(uniqueLow, uniqueHigh, ret)
      reply.set32(4, ret)
      for (const word of [5, 6, 7]) reply.set32(word, 0)
      this.#transmit(reply.buf, reply.header(uniqueLow, uniqueHigh, 0, 16 + outSize))
    }
    const ret = vfs_ioctl(file, cmd, typeof arg === 'number' ? arg : { in: Buffer.from(input), out: arg })
    if (ret instanceof Promise) return this.#wait(r, 'ioctl', 0x7fffffff, ret, answer)
    answer(checkAnswer('ioctl', 0x7fffffff, ret))
    return null
  }

  // Folders.

  #opendir(r: P.FuseRequest): number | null {
    const folder = this.#node(r.nodeid)
    if (folder === null) return -ENOENT
    if (folder.i_children === null) return -ENOTDIR
    return this.#send(r, this.#small, this.#openReply(this.#enter({ folder, entries: null }), 0))
  }

  #readdir(r: P.FuseRequest): number | null {
    const listing = this.#files[r.u64(10)] ?? null
    if (listing === null || 'f_op' in listing) return -EBADF
    const plus = r.opcode === P.FUSE_READDIRPLUS
    const offset = r.u64(12)
    const size = r.u32(14)
    const { folder } = listing
    if (offset === 0 || listing.entries === null) {
      listing.entries = [
        [Buffer.from('.'), folder],
        [Buffer.from('..'), folder],
        ...[...(folder.i_children ?? [])].map(([name, node]) => [bytesOf(name), node] as const),
      ]
    }
    const reply = this.#reply(size)
    const limit = Math.min(size, reply.capacity)
    let end = 0
    for (let i = offset; i < listing.entries.length; i++) {
      const [name, node] = listing.entries[i] as readonly [Buffer, inode]
      // A name that is gone by now would be known to the kernel again.
      if (i >= 2 && folder.i_children?.get(nameOf(name)) !== node) continue
      const known = plus ? { attr: fuseAttr(node), entryMs: keepMs, attrMs: attrMs(node) } : null
      const next = reply.dirent(end, limit, name, node.i_ino, direntType(node.i_mode), i + 1, known)
      if (next === null) break
      // The kernel counts no look-up of these two.
      if (plus && i < 2) reply.clearEntry(end)
      else if (plus) this.#know(node)
      end = next
    }
    return this.#send(r, reply, end)
  }

  #init(r: P.FuseRequest): number | null {
    const settled = P.fuse_init(r, this.#small, maxPages)
    if (settled === null) {
      pr_err(
        `the kernel speaks version ${r.u32(10)}.${r.u32(11)} of FUSE's protocol: 7.31 is the oldest that is served`,
      )
      return -EPROTO
    }
    this.#settled = settled[0]
    pr_debug(`protocol 7.${settled[0].minor}, transfers of up to ${settled[0].maxWrite} bytes`)
    return this.#send(r, this.#small, settled[1])
  }

  // Answers.

  /** Answers now, or once the operation is over. */
  #finish(r: P.FuseRequest, name: string, max: number, ret: number | Promise<number>): number | null {
    if (!(ret instanceof Promise)) return checkAnswer(name, max, ret)
    const { uniqueLow, uniqueHigh } = r
    return this.#wait(r, name, max, ret, (ret) => this.#answer(uniqueLow, uniqueHigh, ret))
  }

  /**
   * Notes a request whose operation sleeps.
   * @param answer gives its answer
   * @param late what to do with an outcome that comes after an answer
   */
  #wait(
    r: P.FuseRequest,
    name: string,
    max: number,
    promise: Promise<number>,
    answer: (ret: number) => void,
    late: () => void = () => {},
  ): null {
    const task = this.#task
    this.#task = new task_struct()
    const key = r.u64(2)
    const waiting: Waiting = {
      task,
      key,
      interrupted: false,
      end: (ret) => {
        if (this.#waiting.get(key) !== waiting) return false
        this.#waiting.delete(key)
        answer(checkAnswer(name, max, waiting.interrupted && ret < 0 ? -EINTR : ret))
        abort_task(task)
        return true
      },
    }
    this.#waiting.set(key, waiting)
    promise
      .catch((e) => faultOf(name, e))
      .then((ret) => {
        if (!waiting.end(ret)) late()
      })
    return null
  }

  /**
   * A signal has come to the program that waits. A sleep that signals may end comes back early, and if its callback
   * then has a result that is the answer; whatever waits on is given up.
   */
  #interrupt(key: number): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    const { task } = waiting
    if (!interrupt_task(task, !this.#options.uninterruptible)) return
    waiting.interrupted = true
    // What was woken has run by now; its result comes in a microtask.
    setImmediate(() => waiting.end(-EINTR))
  }

  /** Sends an answer with a body. Returns null, as there is no more to answer. */
  #send(r: P.FuseRequest, reply: P.FuseReply, length: number): null {
    this.#transmit(reply.buf, reply.header(r.uniqueLow, r.uniqueHigh, 0, length))
    return null
  }

  /** Sends an answer without a body. */
  #answer(uniqueLow: number, uniqueHigh: number, error: number): void {
    this.#transmit(this.#small.buf, this.#small.header(uniqueLow, uniqueHigh, error, 0))
  }

  /** Returns whether the kernel took it: not, where its program has gone, or the connection has. */
  #transmit(buf: Buffer, length: number): boolean {
    try {
      this.#options.send(buf, length)
      return true
    } catch (e) {
      const { errno } = e as NodeJS.ErrnoException
      const expected = [
        constants.errno.ENOENT,
        constants.errno.ENODEV,
        constants.errno.ENOTCONN,
        constants.errno.ECONNABORTED,
      ]
      if (!expected.includes(Math.abs(errno ?? 0))) pr_debug(`an answer of ${length} bytes was refused: ${describe(e)}`)
      return false
    }
  }
}
