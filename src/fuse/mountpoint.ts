// The folder that a mount covers: what can be known before mounting, and what an earlier server left behind.
//
// Nothing here may wait for a mount that doesn't answer: a mount is looked at through /proc or from a child process.
import { closeSync, constants, mkdirSync, opendirSync, openSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { UserError } from '../errors.js'
import { lunatikType, type MountInfo, mountInfo } from '../mountinfo.js'
import { runCommand } from './command.js'
import { FolderLock } from './folder_lock.js'
import { Mount } from './mount.js'

/** How long a mount may take to answer, in milliseconds. */
const answerMs = 5000
/**
 * How long a kernel process may take to end after its server was killed, in milliseconds, and the pauses between looks.
 */
const dyingMs = 5000
const dyingPauseMs = 50

/** Throws a UserError where a mount on the way to `dir` is dead: nothing below it may be looked at. */
async function checkAlive(mountpoint: string, dir: string): Promise<void> {
  const { code, stderr } = await runCommand(['stat', '-f', '--', mountpoint], answerMs)
  if (code === 0) return
  const why = stderr.trim().split(': ').at(-1) || 'no answer'
  throw new UserError(`${dir} can't be reached: ${mountpoint} is mounted and doesn't serve (${why})`)
}

/** The target of a symbolic link; null for anything else, and for what isn't there. */
function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** Linux's MAXSYMLINKS. */
const symlinksMax = 40

/**
 * `dir` without symbolic links, which is how mountinfo names it. A mountpoint is no link and isn't touched: the last
 * one may be dead. What isn't there stays as it is, and so does a path that goes round in circles.
 */
async function realPath(dir: string, mounted: readonly MountInfo[]): Promise<string> {
  let done = '/'
  let rest = dir.split('/')
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...after] = rest
    rest = after
    const next = name === '..' ? dirname(done) : join(done, name)
    const mount = mounted.findLast(({ mountpoint }) => mountpoint === next)
    const target = mount === undefined && next !== done ? linkTarget(next) : null
    if (target === null) {
      done = next
      if (mount?.type.startsWith('fuse') && rest.length > 0) await checkAlive(next, dir)
    } else if (++links > symlinksMax) return dir
    else {
      if (target.startsWith('/')) done = '/'
      rest = [...target.split('/'), ...rest]
    }
  }
  return done
}

const reason = (e: unknown) => (e as NodeJS.ErrnoException).code ?? String(e)

/** What is mounted on a folder, the topmost; null for nothing. */
const occupantOf = (path: Buffer): MountInfo | null => mountInfo().findLast((mount) => mount.path.equals(path)) ?? null

const inUse = (dir: string, { source }: MountInfo) => new UserError(`${dir} is in use: ${source} is mounted on it`)

/** Whether a mount is what a dead server has left. */
export async function isStale(mount: MountInfo): Promise<boolean> {
  // A dead server's mount answers statfs(2), which nobody caches, with ENOTCONN at once; one that hangs is in use by
  // somebody.
  const { code, stderr } = await runCommand(['stat', '-f', '--', mount.path], answerMs)
  return code !== 0 && /Transport endpoint is not connected/.test(stderr)
}

/** Throws a UserError where what is mounted is more than what a dead server has left. */
async function checkStale(mount: MountInfo): Promise<void> {
  if (!(await isStale(mount))) throw inUse(mount.mountpoint, mount)
}

/** Takes away what dead servers have left on a folder. Throws a UserError where somebody uses it. */
async function recover(path: Buffer, tell: (line: string) => void, dyingMs: number): Promise<void> {
  const end = performance.now() + dyingMs
  for (let mount = occupantOf(path); mount !== null; mount = occupantOf(path)) {
    const { mountpoint: dir, type } = mount
    try {
      await checkStale(mount)
    } catch (e) {
      if (type !== lunatikType || performance.now() >= end) throw e
      await pause(dyingPauseMs)
      continue
    }
    if (!(await Mount.of(mount).unmount()))
      throw new UserError(`${dir} has a stale mount that can't be taken away: run 'umount -l ${dir}' as root`)
    tell(`${dir}: a stale mount was taken away`)
  }
}

/** What is at `path`, links followed; null for nothing. */
function find(path: string): Stats | null {
  try {
    return statSync(path)
  } catch (e) {
    if (reason(e) === 'ENOENT') return null
    throw e
  }
}

/** Makes a folder and those above it, one call for each. (Node's own way tries for ever below /proc.) */
function makeFolder(path: string): void {
  if (find(path) !== null) return
  if (path !== dirname(path)) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (e) {
    // Somebody else has made it, or it is a link that leads nowhere.
    if (reason(e) !== 'EEXIST') throw e
    statSync(path)
  }
}

/** open(2)'s O_PATH: a descriptor that stands for a folder, whatever it may be used for. */
const O_PATH = 0o10000000

/** Makes `dir` where it is missing. Throws a UserError. */
function ensureFolder(dir: string): void {
  try {
    makeFolder(dir)
  } catch (e) {
    throw new UserError(`${dir} can't be made (${reason(e)})`)
  }
  if (!statSync(dir).isDirectory()) throw new UserError(`${dir} is not a folder`)
}

/** Whether there is something in a folder, as far as that can be seen. */
function hasEntries(path: string): boolean {
  try {
    const dir = opendirSync(path)
    try {
      return dir.readSync() !== null
    } finally {
      dir.closeSync()
    }
  } catch {
    return false
  }
}

/** How long to wait for another server that starts on the folder, in milliseconds. */
const lockMsDefault = 10_000

/**
 * A folder that is ready to be mounted on, and held: it stays the same one when its path leads elsewhere, and no other
 * server mounts on it.
 */
export class Mountpoint {
  /** Without symbolic links: as mountinfo names it. */
  readonly path: string
  /** Descriptor of the folder. */
  readonly fd: number
  /** Descriptor of the folder above it. */
  readonly parent: number
  readonly #lock: FolderLock | null
  #closed = false

  private constructor(path: string, lock: FolderLock | null) {
    const { O_DIRECTORY, O_NOFOLLOW } = constants
    this.path = path
    this.#lock = lock
    this.parent = openSync(dirname(path), O_PATH | O_DIRECTORY)
    this.fd = openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW)
  }

  /**
   * Makes `dir` ready to be mounted on: made when missing, a stale mount of an earlier server taken away. Throws a
   * UserError where that can't be, and where something is mounted on it. Where another server starts on it, waits for
   * what comes of that.
   * @param dir absolute
   * @param tell told in one line of what was recovered, and of what will be hidden
   * @param lockMs how long another server may take to start on it until the two race, in milliseconds. Default: 10 s
   */
  static async prepare(dir: string, tell: (line: string) => void, lockMs = lockMsDefault): Promise<Mountpoint> {
    const real = await realPath(dir, mountInfo())
    const path = Buffer.from(real)
    if (occupantOf(path) === null) ensureFolder(dir)
    let lock: FolderLock | null = null
    try {
      const check = async () => {
        const mount = occupantOf(path)
        if (mount !== null) await checkStale(mount)
      }
      lock = await FolderLock.take(real, check, lockMs)
      // Who has the lock where a mount still answers waits for the kernel process of a server that was killed.
      await recover(path, tell, lock === null ? 0 : dyingMs)
      ensureFolder(dir)
      if (hasEntries(dir)) tell(`${dir} isn't empty: what is in it is hidden while lunatik is mounted on it`)
      return new Mountpoint(real, lock)
    } catch (e) {
      lock?.release()
      throw e instanceof UserError ? e : new UserError(`${dir} can't be opened (${reason(e)})`)
    }
  }

  /** Throws a UserError where something is mounted on the folder. */
  checkFree(): void {
    const mount = occupantOf(readlinkSync(`/proc/self/fd/${this.fd}`, 'buffer'))
    if (mount !== null) throw inUse(this.path, mount)
  }

  /**
   * To be called before a mount that was made is used: where another was faster, takes ours away again and throws a
   * UserError, so that the lower one, which has been there before, has the folder.
   */
  async settle(mount: Mount): Promise<void> {
    const below = mount.below()
    if (below === null) return
    await mount.unmount()
    throw inUse(this.path, below)
  }

  /** Lets the folder go. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.fd)
    closeSync(this.parent)
    this.#lock?.release()
  }
}
