// The transport dev-fuse: the kernel's requests from /dev/fuse, served in the thread that reads them. This file gives
// each request to who knows what it means for the VFS; dev-fuse-thread.ts reads them, protocol.ts knows their bytes.
//
// A request whose operation returns a number is answered before the next is read. One that sleeps keeps its buffers and
// is answered later; a FUSE_INTERRUPT ends it.
import { EINVAL, ENODATA, ENODEV, ENOSYS, ENXIO, EOPNOTSUPP, EPERM, EPROTO } from '../errno.js'
import { pr_fmt } from '../printk.js'
import { current, init_task, set_current, task_struct } from '../sched.js'
import { faultOf } from './answers.js'
import { Answers, type Sending } from './dev-fuse-answers.js'
import { Buffers, maxPages, type Unique } from './dev-fuse-buffers.js'
import { OpenFiles } from './dev-fuse-files.js'
import { Folders } from './dev-fuse-folders.js'
import { Nodes } from './dev-fuse-nodes.js'
import { Sizes } from './dev-fuse-sizes.js'
import { type FuseInit, fuse_init } from './init.js'
import * as P from './protocol.js'
import type { FuseRequest } from './request.js'
import { WaitingRequests } from './waiting.js'

const { pr_err, pr_warn, pr_debug } = pr_fmt('fuse')

/** What the connection reads and writes, and how it is told of what nobody asked for. */
export interface DevFuseOptions extends Sending {
  /**
   * Called for a request that wakes the thread: it is to look for what was left to it.
   * @param mark of its own request; 0 where another one has woken it
   */
  readonly woken: (mark: number) => void
  /** Told by which node the thread can be woken from now on; 0 for none. */
  readonly wakes: (ino: number) => void
  /** Has a name of the root looked up, by somebody who may wait for the answer. */
  readonly look: (name: string) => void
  /** Whether signals end the waits of a driver that says so alone, as on a kernel. */
  readonly uninterruptible: boolean
}

/** The requests that have no answer. */
const unanswered = new Set([P.FUSE_FORGET, P.FUSE_BATCH_FORGET, P.FUSE_INTERRUPT, P.FUSE_NOTIFY_REPLY])

/** Whether an attribute is an access control list, which programs do without where there is none: `cp -p`. */
const isAcl = (name: Buffer | null) => name?.toString('latin1').startsWith('system.posix_acl_') ?? false

/** The number of the request that is interrupted. */
const interrupted = (r: FuseRequest): Unique => ({
  uniqueLow: r.u32(P.INTERRUPT_IN.UNIQUE),
  uniqueHigh: r.u32(P.INTERRUPT_IN.UNIQUE + 1),
})

/** The requests of one connection. */
export class DevFuse {
  readonly #options: DevFuseOptions
  readonly #buffers = new Buffers()
  readonly #answers: Answers
  readonly #waiting = new WaitingRequests()
  readonly #sizes: Sizes
  readonly #nodes: Nodes
  readonly #files: OpenFiles
  readonly #folders: Folders
  #settled: FuseInit | null = null

  constructor(options: DevFuseOptions) {
    this.#options = options
    this.#answers = new Answers(options, this.#buffers)
    this.#sizes = new Sizes(this.#answers)
    this.#nodes = new Nodes(this.#buffers, this.#answers, this.#sizes, options)
    this.#files = new OpenFiles(this.#buffers, this.#answers, this.#nodes, this.#sizes, this.#waiting)
    this.#folders = new Folders(this.#buffers, this.#answers, this.#nodes, this.#sizes)
  }

  /** Where the next request is read. Another one after each that keeps it. */
  get request(): FuseRequest {
    return this.#buffers.request
  }

  /** What INIT has settled; null before. */
  get settled(): FuseInit | null {
    return this.#settled
  }

  /** How many operations sleep: until none does, the event loop must run. */
  get asleep(): number {
    return this.#waiting.size + this.#files.releasing
  }

  /**
   * Serves the request of `n` bytes that was read into {@link request}. Behind it more may be served: call {@link rest}
   * before anything else runs.
   * @returns false where the connection is over
   */
  serve(n: number): boolean {
    const r = this.#buffers.request
    const { opcode } = r
    const bad = r.check(n)
    if (bad < 0) {
      // Without a whole header there is nobody to answer, and an answer to what has none would be a notification.
      if (n >= P.FUSE_IN_HEADER && !unanswered.has(opcode)) this.#answers.error(r, bad)
      pr_warn(`a malformed request of ${n} bytes`)
      return true
    }
    const { task } = this.#waiting
    // Nearly always both are what the last request had, and V8 looks at an object's page before it stores the object.
    if (this.#answers.serving !== task) this.#answers.serving = task
    task.uid = r.uid
    task.gid = r.gid
    task.pid = r.pid
    task.blocked = null
    if (current !== task) set_current(task)
    let ret: number | null
    try {
      ret = this.#dispatch(opcode, r)
    } catch (e) {
      ret = faultOf(P.fuse_opname(opcode), e)
    }
    if (ret !== null) this.#answers.error(r, ret)
    // The next request is not to answer for this one's debts.
    if (this.#answers.owes(task)) this.#waiting.task = new task_struct()
    return opcode !== P.FUSE_DESTROY
  }

  /** No request is served now: what runs is on nobody's behalf. */
  rest(): void {
    set_current(init_task)
    this.#answers.serving = null
  }

  /** The connection is there. */
  start(): void {
    this.#nodes.start()
  }

  /** The thread was woken: answers that were held may go. */
  wake(): void {
    this.#answers.wake()
  }

  /** The event loop has turned: what some time was left for may be done. */
  settle(): void {
    if (this.#sizes.pending) this.#sizes.settle()
  }

  /** Answers what waits with ENXIO; whatever comes from now on gets ENXIO as well. */
  close(): void {
    this.#files.closing = true
    this.#waiting.endAll(-ENXIO)
    this.#answers.flush()
  }

  /** The connection is over: the last close of every file. */
  release(): void {
    this.#nodes.close()
    this.#files.closeAll()
  }

  /**
   * Serves a request. Returns an errno or 0 for an answer without a body, null where it has been answered or needs
   * none.
   */
  #dispatch(opcode: number, r: FuseRequest): number | null {
    switch (opcode) {
      case P.FUSE_READ:
        return this.#files.read(r)
      case P.FUSE_WRITE:
        return this.#files.write(r)
      case P.FUSE_OPEN:
        return this.#files.open(r)
      case P.FUSE_RELEASE:
        return this.#files.release(r)
      case P.FUSE_LOOKUP:
        return this.#nodes.lookup(r)
      case P.FUSE_GETATTR:
        return r.u32(P.GETATTR_IN.FLAGS) & P.FUSE_GETATTR_FH ? this.#files.getattr(r) : this.#nodes.getattr(r)
      case P.FUSE_FORGET:
        return this.#nodes.forget(r)
      case P.FUSE_BATCH_FORGET:
        return this.#nodes.batchForget(r)
      case P.FUSE_INTERRUPT:
        this.#waiting.interrupt(r.u64(P.INTERRUPT_IN.UNIQUE), !this.#options.uninterruptible)
        this.#answers.interrupt(interrupted(r))
        return null
      case P.FUSE_NOTIFY_REPLY:
        this.#options.woken(r.uniqueLow)
        return null
      case P.FUSE_POLL:
        return this.#files.poll(r)
      case P.FUSE_IOCTL:
        return this.#files.ioctl(r)
      case P.FUSE_FSYNC:
        return this.#files.fsync(r)
      case P.FUSE_OPENDIR:
        return this.#folders.open(r)
      case P.FUSE_READDIR:
      case P.FUSE_READDIRPLUS:
        return this.#folders.read(r)
      case P.FUSE_RELEASEDIR:
        return this.#folders.release(r)
      case P.FUSE_INIT:
        return this.#init(r)
      default:
        return this.#rare(r)
    }
  }

  /** The requests that change the tree, and those that mean little or nothing for devices. */
  #rare(r: FuseRequest): number | null {
    // Those that an open(2) with O_TRUNC has.
    if (r.opcode !== P.FUSE_SETATTR && r.opcode !== P.FUSE_GETXATTR) this.#nodes.truncations.used(r.pid)
    switch (r.opcode) {
      case P.FUSE_SETATTR:
        return this.#nodes.setattr(r)
      case P.FUSE_READLINK:
        return this.#nodes.readlink(r)
      case P.FUSE_MKDIR:
        return this.#nodes.mkdir(r)
      case P.FUSE_SYMLINK:
        return this.#nodes.symlink(r)
      case P.FUSE_LINK:
        return this.#nodes.link(r)
      case P.FUSE_MKNOD:
        return this.#nodes.mknod(r)
      case P.FUSE_UNLINK:
        return this.#nodes.unlink(r)
      case P.FUSE_RMDIR:
        return this.#nodes.rmdir(r)
      case P.FUSE_RENAME:
        return this.#nodes.rename(r)
      case P.FUSE_RENAME2:
        return this.#nodes.rename2(r)
      case P.FUSE_STATFS:
        return this.#nodes.statfs(r)
      case P.FUSE_LISTXATTR:
        return this.#nodes.listxattr(r)
      case P.FUSE_GETXATTR:
        return isAcl(r.name(P.GETXATTR_IN.NAME_AT)) ? -EOPNOTSUPP : -ENODATA
      case P.FUSE_SETXATTR:
        return isAcl(r.name(P.SETXATTR_IN.NAME_AT)) ? -EOPNOTSUPP : -EPERM
      case P.FUSE_REMOVEXATTR:
        return isAcl(r.name(P.NAME_IN.NAME_AT)) ? -EOPNOTSUPP : -EPERM
      case P.FUSE_CREATE:
        return -EPERM
      case P.FUSE_LSEEK:
        return this.#files.lseek(r)
      case P.FUSE_FALLOCATE:
        return -ENODEV
      case P.FUSE_COPY_FILE_RANGE:
        return -EINVAL
      case P.FUSE_FSYNCDIR:
      case P.FUSE_DESTROY:
        return 0
      default: // FLUSH, as the kernel asks no more, and ACCESS, as default_permissions has the kernel check
        return -ENOSYS
    }
  }

  #init(r: FuseRequest): number | null {
    const { small } = this.#buffers
    const settled = fuse_init(r, small, maxPages)
    if (settled === null) {
      const { MAJOR, MINOR } = P.INIT_IN
      pr_err(
        `the kernel speaks version ${r.u32(MAJOR)}.${r.u32(MINOR)} of FUSE's protocol: 7.31 is the oldest that is served`,
      )
      return -EPROTO
    }
    this.#settled = settled[0]
    this.#nodes.telling = true
    pr_debug(`protocol 7.${settled[0].minor}, transfers of up to ${settled[0].maxWrite} bytes`)
    return this.#answers.send(r, small, settled[1])
  }
}
