// Where a path leads, found step by step without asking a mount of lunatik. Stands for the kernel's path walk, which
// has no reason to fear its own files: here the process that looks at one would wait for an answer that only itself can
// give, or that another server, whose device sleeps, never gives.
//
// Each step opens one name with O_PATH below the folder that was opened before, and looks which mount that is. Neither
// sends a request, not even where the name is a mount's root. The next step from there would, and isn't made. What
// comes out is a descriptor, and what is opened in the end is what it stands for: whoever moves mounts, folders or
// links meanwhile changes nothing of it.
//
// Links of /proc that lead to an open file or a process's folder are followed by their text, as all others.
import { accessSync, closeSync, constants, fstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { isAbsolute } from 'node:path'
import { lunatikType, type MountInfo } from '../mountinfo.js'
import { pr_fmt } from '../printk.js'
import { mountIdOf, mountOf } from './lunatik_mount.js'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } = constants

/** asm-generic/fcntl.h: the file is named and not opened. */
const O_PATH = 0o10000000

/** Linux's MAXSYMLINKS. */
const symlinksMax = 40

/** Why a path that leads to something isn't opened: what follows the path in the log. */
class Refusal {
  constructor(readonly why: string) {}
}

/** A file or folder that is held by a descriptor of O_PATH. */
interface Spot {
  readonly fd: number
  readonly mountId: number
  /** The mount that it is on; null for that of the root. */
  readonly mount: MountInfo | null
}

/** Where absolute paths begin. It stays open, so that no other mount gets its id. */
let root: Spot | null = null

function rootSpot(): Spot {
  if (root !== null) return root
  const fd = openSync('/', O_PATH | O_DIRECTORY)
  root = { fd, mountId: mountIdOf(fd), mount: null }
  return root
}

function release(spot: Spot): void {
  if (spot !== root) closeSync(spot.fd)
}

/** What a descriptor stands for, as a path. */
const pathOf = (fd: number) => `/proc/self/fd/${fd}`

/** `name` in a folder. */
const below = (folder: Spot, name: string) => `${folder === root ? '' : pathOf(folder.fd)}/${name}`

/** The mount that has this id. */
function allowedMount(id: number, folder: Spot): MountInfo | null {
  if (id === folder.mountId) return folder.mount
  if (id === root?.mountId) return null
  const mount = mountOf(id)
  if (mount === null) throw new Refusal('is on a mount that /proc/self/mountinfo has not')
  if (mount.type !== lunatikType) return mount
  throw new Refusal(
    'is on a mount of lunatik: this process would wait for itself, or for another one that may never answer',
  )
}

/** Holds `name` in a folder, a symbolic link as such; null where open(2) fails with `none`. */
function step(folder: Spot, name: string, flags: number, none: string): Spot | null {
  let fd: number
  try {
    fd = openSync(below(folder, name), O_PATH | O_NOFOLLOW | flags)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === none) return null
    throw e
  }
  try {
    const mountId = mountIdOf(fd)
    return { fd, mountId, mount: allowedMount(mountId, folder) }
  } catch (e) {
    closeSync(fd)
    throw e
  }
}

/**
 * fs.protected_symlinks and fs.protected_regular, which can't hold where the steps are made here: whether somebody who
 * is neither this process' user nor the folder's has put this into a folder such as /tmp.
 */
function isPlanted(stat: Stats, folder: Spot): boolean {
  if (stat.uid === process.geteuid?.()) return false
  const { mode, uid } = fstatSync(folder.fd)
  return (mode & 0o1002) === 0o1002 && stat.uid !== uid
}

/** The file of a process's folder in a procfs that is its memory. */
const memory = /^\/\d+\/(task\/\d+\/)?mem\b/

/** A file's path in its own filesystem, of which a mount may show a part. */
function pathInside(fd: number, mount: MountInfo): string {
  const path = readlinkSync(pathOf(fd))
  const top = mount.mountpoint === '/' ? '' : mount.mountpoint
  if (path !== top && !path.startsWith(`${top}/`)) throw new Refusal("can't be told from other files of a procfs")
  return `${mount.root === '/' ? '' : mount.root}${path.slice(top.length)}`
}

/**
 * Keeps scripts out of the memory of processes, this one's above all, and off the files by which a process is changed.
 * A kernel opens those, and neither reads nor writes them.
 */
function checkProc(fd: number, mount: MountInfo, writes: boolean): void {
  const path = pathInside(fd, mount)
  if (memory.test(path)) throw new Refusal("is a process's memory")
  if (writes && !path.startsWith('/sys/')) throw new Refusal('is on a procfs, of which only /proc/sys can be written')
}

/** Where a path leads, valid in the call of {@link lunatik_at} that gives it. */
export class lunatik_place {
  /** What is there; null for nothing, in a folder that exists. */
  readonly stat: Stats | null
  readonly #folder: Spot
  readonly #name: string
  readonly #spot: Spot | null

  constructor(folder: Spot, name: string, spot: Spot | null, stat: Stats | null) {
    this.#folder = folder
    this.#name = name
    this.#spot = spot
    this.stat = stat
  }

  /** The path without symbolic links; with U+FFFD for what is no UTF-8. */
  get path(): string {
    if (this.#spot !== null) return readlinkSync(pathOf(this.#spot.fd))
    const folder = this.#folder === root ? '' : readlinkSync(pathOf(this.#folder.fd))
    return `${folder}/${this.#name}`
  }

  /** A path that stands for what is there, whatever is moved meanwhile; null for nothing. */
  get held(): string | null {
    return this.#spot === null ? null : pathOf(this.#spot.fd)
  }

  /** Fails where access(2) does. */
  access(mode: number): void {
    if (this.#spot !== null) accessSync(pathOf(this.#spot.fd), mode)
  }

  /**
   * Opens a regular file, or makes it with O_CREAT where nothing is.
   * @param flags open(2)'s
   * @returns a descriptor
   */
  open(flags: number): number {
    const spot = this.#spot
    const calm = O_NONBLOCK | O_NOCTTY
    if (spot === null || this.stat === null) {
      return openSync(below(this.#folder, this.#name), flags | calm | O_EXCL | O_NOFOLLOW, 0o666)
    }
    if (spot.mount?.type === 'proc') checkProc(spot.fd, spot.mount, (flags & (O_WRONLY | O_RDWR)) !== 0)
    if ((flags & O_CREAT) !== 0 && isPlanted(this.stat, this.#folder)) {
      throw new Refusal('belongs to somebody else, in a folder for all')
    }
    return openSync(pathOf(spot.fd), (flags & ~O_CREAT) | calm)
  }
}

/**
 * Told of each name that is looked up on the way, a symbolic link's as well; `..` is none.
 * @param folder where it is looked up: a path that is valid in the call
 */
export type lunatik_seen = (folder: string, stat: Stats, name: string) => void

/** How often a path is walked again whose file another program has made meanwhile. */
const againMax = 8

function walk<T>(path: string, use: (place: lunatik_place) => T, seen: lunatik_seen | undefined): T | null {
  let folder = rootSpot()
  let found: Spot | null = null
  let rest = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split('/')
  let links = 0
  try {
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      if (name === '' || name === '.') continue
      if (name !== '..') seen?.(pathOf(folder.fd), fstatSync(folder.fd), name)
      const last = rest.length === 0
      const next = last ? null : step(folder, name, O_DIRECTORY, 'ENOTDIR')
      if (next !== null) {
        release(folder)
        folder = next
        continue
      }
      found = step(folder, name, 0, 'ENOENT')
      const stat = found === null ? null : fstatSync(found.fd)
      if (stat === null || !stat.isSymbolicLink())
        return last ? use(new lunatik_place(folder, name, found, stat)) : null
      if (++links > symlinksMax || (last && isPlanted(stat, folder))) return null
      const target = readlinkSync(below(folder, name))
      rest = [...target.split('/'), ...rest]
      release(found as Spot)
      found = null
      if (!isAbsolute(target)) continue
      release(folder)
      folder = rootSpot()
    }
    return use(new lunatik_place(folder, '.', folder, fstatSync(folder.fd)))
  } finally {
    if (found !== null) release(found)
    release(folder)
  }
}

/**
 * Walks to where `path` leads, as open(2) does it, `..` after a link included, and calls `use` there.
 * @param caller whom the log names where it says why something isn't opened; null says nothing
 * @param seen told of the way
 * @returns what `use` returns; null where the path leads nowhere, round in circles or where this process may not look
 *   or
 *   doesn't want to, and where a system call of `use` fails
 */
export function lunatik_at<T>(
  path: string,
  caller: string | null,
  use: (place: lunatik_place) => T,
  seen?: lunatik_seen,
): T | null {
  if (path === '') return null
  for (let again = againMax; ; again--) {
    try {
      return walk(path, use, seen)
    } catch (e) {
      if (e instanceof Refusal) {
        if (caller !== null) pr_fmt(caller).pr_warn(`${path} ${e.why}`)
        return null
      }
      const { code } = e as NodeJS.ErrnoException
      if (code === undefined) throw e
      if (code !== 'EEXIST' || again === 0) return null
    }
  }
}
