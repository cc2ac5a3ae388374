// The transport fuse-native: libfuse 2 behind a native addon. The only file that touches the package.
//
// What it can't do: a waiting read can't be interrupted, requests are cut at 128 KiB, poll and ioctl and lseek never
// arrive, nor who calls. What it does badly, this file keeps it from: an answer that comes twice or has the wrong type
// corrupts its memory, an exception in a handler ends the process, each thread past ten that ends leaks a handle, and
// unmounting while a request waits may crash.
import { createRequire } from 'node:module'
import { constants as os } from 'node:os'
import type FuseNative from 'fuse-native'
import type shared from 'fuse-shared-library-linux'
import { EAGAIN, EBADF, EILSEQ, EINVAL, ENOENT, ENXIO, EPERM, ETIMEDOUT } from '../errno.js'
import { UserError } from '../errors.js'
import { lunatikType } from '../mountinfo.js'
import { pr_fmt } from '../printk.js'
import { init_task, set_current, task_struct } from '../sched.js'
import { isText } from '../surrogateescape.js'
import type { file, inode } from '../vfs/fs.js'
import { vfs_fsync } from '../vfs/ioctl.js'
import {
  lookup,
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
import { fput, vfs_open } from '../vfs/open.js'
import { vfs_read, vfs_write } from '../vfs/read_write.js'
import { checkAnswer, faultOf, shownMode } from './answers.js'
import { Closings } from './fuse-native-closings.js'
import { Turns } from './fuse-native-turns.js'
import { HandleTable } from './handles.js'
import { type HeldFolder, Mount } from './mount.js'
import { type Asked, WaitingRequests } from './waiting.js'

const { pr_warn } = pr_fmt('fuse')

const require = createRequire(import.meta.url)

/** glibc's dlfcn.h: keep the library after its handle is closed. */
const RTLD_NODELETE = 0x1000

/** What to do where the packages aren't there: npm leaves them out where it can't compile what is compiled already. */
const missing =
  "fuse-native isn't installed: `npm install --ignore-scripts fuse-native` brings it, which needs no compiler"

/** A package that may be missing, as it is optional. Throws a UserError. */
function optional(name: string): unknown {
  try {
    return require(name)
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException
    throw new UserError(code === 'MODULE_NOT_FOUND' ? missing : `${name} can't be loaded: ${message.split('\n')[0]}`)
  }
}

/**
 * Loads fuse-native. Its binary wants libfuse.so.2, which few systems have: the copy that comes as a package is
 * loaded first, and stays. dlopen complains that it is no addon after it has loaded it.
 */
function load(): typeof FuseNative {
  const { lib } = optional('fuse-shared-library-linux') as typeof shared
  try {
    process.dlopen({ exports: {} }, lib, os.dlopen.RTLD_NOW | os.dlopen.RTLD_GLOBAL | RTLD_NODELETE)
  } catch (e) {
    if (!String(e).includes('did not self-register'))
      throw new UserError(`libfuse can't be loaded: ${(e as Error).message}`)
  }
  return optional('fuse-native') as typeof FuseNative
}

/** A read or write that libfuse sends is never larger, in bytes. */
export const FUSE_NATIVE_MAX_IO = 128 << 10

/** How many requests may wait at once: each holds a thread. */
const waitingMaxDefault = 256

/**
 * libfuse 2 keeps ten idle threads; each further one leaks a handle when it ends, and each later request gets slower by
 * a few nanoseconds for each. So many may leak in a mount's life; from then on no more than the idle ones wait.
 */
const idleThreadsMax = 10
const leakedMax = 10_000

/** How long a request may wait, in milliseconds: its program can't be interrupted, not even killed. */
const waitMsDefault = 60_000

/** libfuse keeps an unlinked file that is open under such a name. */
const hiddenPrefix = '.fuse_hidden'

const mountOptions = [
  'fsname=lunatik',
  `subtype=${lunatikType.replace('fuse.', '')}`,
  'default_permissions',
  'direct_io', // else a file of size 0 is never read
  'big_writes', // else writes come in pieces of 4 KiB
  'atomic_o_trunc', // else O_TRUNC comes as truncate(2), which a device refuses
  'use_ino',
  'nonempty',
  'entry_timeout=0', // names come and go
  'attr_timeout=0.1', // the stat(2) behind each look-up asks no more
]

/** Pauses that libfuse's threads need to end, in milliseconds. */
const settleMs = 50

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** chown(2)'s "leave as it is", as libfuse passes it. */
const unchanged = 0xffffffff
const id = (n: number) => (n === unchanged ? null : n)

const stat = (node: inode) => ({
  mode: shownMode(node),
  uid: node.i_uid,
  gid: node.i_gid,
  size: node.i_size,
  nlink: node.i_nlink,
  ino: node.i_ino,
  atime: new Date(node.i_atime),
  mtime: new Date(node.i_mtime),
  ctime: new Date(node.i_ctime),
})

type Answer = (err: number) => void

/**
 * Whether a path is what the program gave. Bytes that are no UTF-8 come as U+FFFD, as if all such names were one; so a
 * name that really has one can't be told from them.
 */
const isWhole = (path: string) => !path.includes('\ufffd')
/** Whether a name can be told to programs. */
const isShown = (name: string) => isText(name) && isWhole(name)

/** The node at a path; -ENOENT for a path that isn't whole. */
const find = (path: string) => (isWhole(path) ? lookup(path) : -ENOENT)

/** What is needed to mount. */
export interface FuseNativeOptions {
  /** The folder to mount on: absolute, existing, without symbolic links. */
  readonly mountpoint: string
  /** Of newMountTag, by which others find the mount as well. */
  readonly tag: string
  /** By which the mount is found below what covers a folder above it. */
  readonly folder: HeldFolder
  /** How many requests may wait for an answer at once; who comes beyond gets EAGAIN. Default: what libfuse bears. */
  readonly waitingMax?: number
  /** How long a request may wait before it is answered with ETIMEDOUT, in milliseconds; 0: for ever. Default: 60 s. */
  readonly waitMs?: number
  /** How long a slice of Lua is, in milliseconds; 0 for none. Default: 0. */
  readonly slice?: number
}

/** A mount through fuse-native. Main thread only. */
export class FuseNativeTransport {
  readonly #mountpoint: string
  readonly #tag: string
  readonly #folder: HeldFolder
  readonly #waitingMax: number
  #fuse: FuseNative | null = null
  #mount: Mount | null = null
  #closing: Promise<void> | null = null
  readonly #requests = new WaitingRequests()
  readonly #files = new HandleTable<file>()
  readonly #closings = new Closings()
  /** Of which it was told that something of theirs is never called. */
  readonly #told = new WeakSet<inode>()
  readonly #waitMs: number
  readonly #turns: Turns
  /** How many requests have waited so far. */
  #waits = 0
  /** The waits that another thread was needed for. */
  #leaked = 0

  constructor({
    mountpoint,
    tag,
    folder,
    waitingMax = waitingMaxDefault,
    waitMs = waitMsDefault,
    slice = 0,
  }: FuseNativeOptions) {
    this.#mountpoint = mountpoint
    this.#tag = tag
    this.#folder = folder
    this.#waitingMax = waitingMax
    this.#waitMs = waitMs
    this.#turns = new Turns(slice)
  }

  /** Resolves once programs can open files on the mount. Rejects with a {@link UserError}. */
  async mount(): Promise<void> {
    const Fuse = load()
    const path = this.#mountpoint
    const tag = this.#tag
    // What the package would run knows the mount by its path alone.
    Fuse.unmount = (_, cb) => {
      void this.#mount?.tryUnmount().then((done) => cb(done ? null : new Error(`can't unmount ${path}`)))
    }
    const allowOther = process.geteuid?.() === 0 ? ['allow_other'] : []
    class Tagged extends Fuse {
      override _fuseOptions() {
        return `-o${[...mountOptions, ...allowOther, tag].join(',')}`
      }
    }
    const fuse = new Tagged(path, this.#handlers(), { timeout: false })
    await new Promise<void>((resolve, reject) => {
      fuse.mount((err) => {
        if (err === null) resolve()
        else reject(new UserError(`can't mount on ${path}: ${err.message}`))
      })
    })
    this.#fuse = fuse
    this.#mount = Mount.find(tag, this.#folder)
  }

  /** Answers what waits with ENXIO, then unmounts. May be called again; never rejects. */
  unmount(): Promise<void> {
    this.#closing ??= this.#unmount()
    return this.#closing
  }

  async #unmount(): Promise<void> {
    this.#requests.endAll(-ENXIO)
    this.#closings.endAll()
    await pause(settleMs)
    const fuse = this.#fuse
    if (fuse === null) return
    if (this.#mount?.isMounted()) {
      await new Promise<void>((resolve) => {
        // What can't be taken away is told by the process that has started this one: it tries as well.
        fuse.unmount(() => resolve())
      })
      await pause(settleMs)
    }
    this.#turns.close()
    // Programs may still have files open, but no request of theirs arrives any more.
    for (const handle of this.#files.handles()) this.#release(handle)
  }

  /**
   * Serves one request: calls `op`, and `answer` once with its result, now or later.
   * @param max the largest result that fuse-native bears
   * @param node what it is about
   */
  #serve(name: string, max: number, op: () => number | Promise<number>, answer: Answer, node?: inode): void {
    this.#turns.served()
    this.#requests.task.blocked = null
    set_current(this.#requests.task)
    let ret: number | Promise<number>
    try {
      ret = this.#closing === null ? op() : -ENXIO
    } catch (e) {
      ret = faultOf(name, e)
    }
    set_current(init_task)
    if (ret instanceof Promise) this.#wait({ key: ++this.#waits, name, max, ino: node?.i_ino ?? 0 }, ret, answer)
    else answer(checkAnswer(name, max, ret))
  }

  #wait(asked: Asked, promise: Promise<number>, answer: Answer): void {
    const late = () => {
      pr_warn(`${asked.name}: no answer within ${this.#waitMs / 1000} s: ETIMEDOUT`)
      waiting.end(-ETIMEDOUT)
    }
    const timer = this.#waitMs === 0 ? undefined : setTimeout(late, this.#waitMs)
    const waiting = this.#requests.add(asked, promise, (ret) => {
      clearTimeout(timer)
      answer(ret)
    })
    if (this.#refused()) waiting.end(-EAGAIN)
  }

  /** Whether one more may not wait. */
  #refused(): boolean {
    if (this.#requests.size <= idleThreadsMax) return false
    if (this.#requests.size > this.#waitingMax || this.#leaked === leakedMax) return true
    if (++this.#leaked === leakedMax) pr_warn(`from now on at most ${idleThreadsMax} requests wait: mount again`)
    return false
  }

  /** Tells once of each device that its driver has what programs never reach by this transport. */
  #tellUnserved(path: string, { f_inode, f_op }: file): void {
    const unserved = [f_op.poll && 'poll', f_op.unlocked_ioctl && 'ioctl'].filter(Boolean)
    if (unserved.length === 0 || this.#told.has(f_inode)) return
    this.#told.add(f_inode)
    pr_warn(
      `${path.slice(1)}: its driver's ${unserved.join(' and ')} is never called: fuse-native can't serve it, dev-fuse can`,
    )
  }

  /** open(2): the result is the file's handle. */
  #openNode(path: string, node: inode, flags: number): number | Promise<number> {
    const opened = vfs_open(node, flags)
    const add = (file: file) => {
      this.#tellUnserved(path, file)
      return this.#files.add(file)
    }
    if (opened instanceof Promise) {
      const { task } = this.#requests
      return opened.then((late) => {
        if (typeof late !== 'object') return late
        if (!task.aborted) return add(late)
        // Nobody has the file, so nobody will close it.
        void fput(late)
        return -ENXIO
      })
    }
    return typeof opened === 'object' ? add(opened) : opened
  }

  /**
   * The last close of a file. Nobody waits for its result, so the driver's release may sleep for as long as it likes.
   */
  #release(handle: number): number {
    const file = this.#files.remove(handle)
    if (file === null) return -EBADF
    try {
      const ret: unknown = fput(file)
      if (ret instanceof Promise) ret.catch((e) => faultOf('release', e))
    } catch (e) {
      faultOf('release', e)
    }
    return 0
  }

  #read(handle: number, buf: Buffer, len: number, pos: number): number | Promise<number> {
    const file = this.#files.get(handle)
    if (file === null) return -EBADF
    // libfuse's memory holds whatever was there before.
    if (!file.f_op.read_fills) buf.fill(0, 0, len)
    return vfs_read(file, buf, len, pos)
  }

  #write(handle: number, buf: Buffer, len: number, pos: number): number | Promise<number> {
    const file = this.#files.get(handle)
    return file === null ? -EBADF : vfs_write(file, buf, len, pos)
  }

  #handlers(): FuseNative.Handlers {
    const serve = this.#serve.bind(this)
    /** An operation on the node at a path. */
    const on = (name: string, path: string, op: (node: inode) => number, cb: Answer) =>
      serve(
        name,
        0,
        () => {
          const node = find(path)
          return typeof node === 'number' ? node : op(node)
        },
        cb,
      )
    /** An operation that gives something a name, or a link what it leads to. */
    const naming = (name: string, text: string, op: () => number, cb: Answer) =>
      serve(name, 0, () => (isWhole(text) ? op() : -EILSEQ), cb)
    /**
     * An operation on an open file, which has a descriptor then. Who has waited for it is served first, as a task
     * apart.
     */
    const using = (name: string, fd: number, max: number, op: () => number | Promise<number>, cb: Answer) => {
      this.#closings.over(fd)
      serve(name, max, op, cb, this.#files.get(fd)?.f_inode)
    }
    // No xattr operations: asked for a size alone, fuse-native detaches a buffer of no bytes, which may abort.
    return {
      getattr: (path, cb) => {
        const node = find(path)
        if (typeof node === 'number') cb(node)
        else cb(0, stat(node))
      },
      readdir: (path, cb) => {
        const node = find(path)
        if (typeof node === 'number') {
          cb(node)
          return
        }
        const children = [...(node.i_children ?? [])].filter(
          ([name]) => !name.startsWith(hiddenPrefix) && isShown(name),
        )
        const nodes = [node, node, ...children.map(([, child]) => child)]
        cb(0, ['.', '..', ...children.map(([name]) => name)], nodes.map(stat))
      },
      readlink: (path, cb) => {
        const node = find(path)
        if (typeof node === 'number') cb(node)
        else if (node.i_link === null) cb(-EINVAL)
        else cb(0, node.i_link)
      },
      statfs: (_path, cb) => cb(0, { bsize: 4096, frsize: 4096, namemax: 255 }),
      open: (path, flags, cb) => {
        const node = find(path)
        const answer = (ret: number) => (ret < 0 ? cb(ret) : cb(0, ret))
        if (typeof node === 'number') answer(node)
        else
          this.#closings.before(node, () =>
            serve('open', 0x7fffffff, () => this.#openNode(path, node, flags), answer, node),
          )
      },
      flush: (_path, fd, cb) => {
        const file = this.#files.get(fd)
        if (file !== null) this.#closings.closed(fd, file.f_inode)
        cb(0)
      },
      create: (_path, _mode, cb) => cb(-EPERM),
      release: (_path, fd, cb) => {
        set_current(new task_struct())
        cb(this.#release(fd))
        set_current(init_task)
        this.#closings.over(fd)
      },
      read: (_path, fd, buf, len, pos, cb) => using('read', fd, len, () => this.#read(fd, buf, len, pos), cb),
      write: (_path, fd, buf, len, pos, cb) => using('write', fd, len, () => this.#write(fd, buf, len, pos), cb),
      fsync: (_path, datasync, fd, cb) => {
        const file = this.#files.get(fd)
        using('fsync', fd, 0, () => (file === null ? -EBADF : vfs_fsync(file, datasync)), cb)
      },
      truncate: (_path, _size, cb) => cb(-EINVAL),
      ftruncate: (_path, _fd, _size, cb) => cb(-EINVAL),
      chmod: (path, mode, cb) => on('chmod', path, (node) => vfs_chmod(node, mode), cb),
      chown: (path, uid, gid, cb) => on('chown', path, (node) => vfs_chown(node, id(uid), id(gid)), cb),
      utimens: (path, atime, mtime, cb) => on('utimens', path, (node) => vfs_utimes(node, atime, mtime), cb),
      mknod: (path, _mode, _dev, cb) => serve('mknod', 0, () => vfs_mknod(path), cb),
      mkdir: (path, mode, cb) => naming('mkdir', path, () => vfs_mkdir(path, mode), cb),
      rmdir: (path, cb) => serve('rmdir', 0, () => vfs_rmdir(path), cb),
      unlink: (path, cb) => serve('unlink', 0, () => vfs_unlink(path), cb),
      rename: (src, dest, cb) => naming('rename', dest, () => vfs_rename(src, dest), cb),
      link: (src, dest, cb) => naming('link', dest, () => vfs_link(src, dest), cb),
      symlink: (target, path, cb) => naming('symlink', target + path, () => vfs_symlink(target, path), cb),
    }
  }
}
