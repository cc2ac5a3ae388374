// The folder that a mount covers: what can be known before mounting, and what an earlier server left behind.
//
// Nothing here may wait for a mount that doesn't answer: a mount is looked at through /proc or from a child process.
import { accessSync, closeSync, constants, mkdirSync, openSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { UserError } from '../errors.js'
import { type MountInfo, mountInfo } from '../mountinfo.js'
import { runCommand } from './command.js'
import { Mount } from './mount.js'
import { mayMount } from './privilege.js'

/** Whether something is mounted on exactly `dir`, a path without symbolic links as {@link Mountpoint} has it. */
export const isMountpoint = (dir: string): boolean => mountInfo().some(({ mountpoint }) => mountpoint === dir)

/** How long a mount may take to answer, in milliseconds. */
const answerMs = 5000

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

function inPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const reason = (e: unknown) => (e as NodeJS.ErrnoException).code ?? String(e)

/** Checks what mounting needs of the machine: /dev/fuse and the right to mount. Throws a UserError. */
export function checkFuse(): void {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch (e) {
    if (reason(e) === 'ENOENT') {
      throw new UserError(
        '/dev/fuse is missing: load the module (modprobe fuse), or give the container --device /dev/fuse',
      )
    }
    throw new UserError(`/dev/fuse may not be opened (${reason(e)}): run as root, or as a user who may use it`)
  }
  if (!mayMount() && !inPath('fusermount')) {
    throw new UserError(
      'not permitted to mount: run as root (in a container with --cap-add SYS_ADMIN), or install fuse3 for its fusermount',
    )
  }
}

/** Takes away what a dead server has left. Throws a UserError where somebody uses it. */
async function recover(left: MountInfo, tell: (line: string) => void): Promise<void> {
  const { mountpoint: dir, source } = left
  // A dead server's mount answers statfs(2), which nobody caches, with ENOTCONN at once; one that hangs is in use by somebody.
  const { code, stderr } = await runCommand(['stat', '-f', '--', dir], answerMs)
  const stale = code !== 0 && /Transport endpoint is not connected/.test(stderr)
  if (!stale) throw new UserError(`${dir} is in use: ${source} is mounted on it`)
  if (!(await Mount.of(left).unmount()))
    throw new UserError(`${dir} has a stale mount that can't be taken away: run 'umount -l ${dir}' as root`)
  tell(`${dir}: a stale mount was taken away`)
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

/** A folder that is ready to be mounted on, and held: it stays the same one when its path leads elsewhere. */
export class Mountpoint {
  /** Without symbolic links: as mountinfo names it. */
  readonly path: string
  /** Descriptor of the folder. */
  readonly fd: number
  /** Descriptor of the folder above it. */
  readonly parent: number
  #closed = false

  private constructor(path: string) {
    const { O_DIRECTORY, O_NOFOLLOW } = constants
    this.path = path
    this.parent = openSync(dirname(path), O_PATH | O_DIRECTORY)
    this.fd = openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW)
  }

  /**
   * Makes `dir` ready to be mounted on: made when missing, a stale mount of an earlier server taken away. Throws a
   * UserError where that can't be.
   * @param dir absolute
   * @param tell told in one line of what was recovered
   */
  static async prepare(dir: string, tell: (line: string) => void): Promise<Mountpoint> {
    const mounted = mountInfo()
    const real = await realPath(dir, mounted)
    const mount = mounted.findLast(({ mountpoint }) => mountpoint === real)
    if (mount !== undefined) await recover(mount, tell)
    try {
      makeFolder(dir)
    } catch (e) {
      throw new UserError(`${dir} can't be made (${reason(e)})`)
    }
    if (!statSync(dir).isDirectory()) throw new UserError(`${dir} is not a folder`)
    try {
      return new Mountpoint(real)
    } catch (e) {
      throw new UserError(`${dir} can't be opened (${reason(e)})`)
    }
  }

  /** Lets the folder go. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.fd)
    closeSync(this.parent)
  }
}
