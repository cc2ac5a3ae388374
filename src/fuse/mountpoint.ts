// The folder that a mount covers: what can be known before mounting, and what an earlier server left behind.
//
// Nothing here may wait for a mount that doesn't answer: a mount is looked at through /proc or from a child process.
import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { MountError } from './transport.js'

/** A line of /proc/self/mountinfo, as far as it matters here. */
interface MountInfo {
  readonly mountpoint: string
  readonly type: string
  readonly source: string
}

/** The text of a field: mountinfo escapes single bytes, which together are UTF-8. */
const unescapeOctal = (s: string) =>
  Buffer.from(
    s.replace(/\\([0-7]{3})/g, (_, o: string) => String.fromCharCode(Number.parseInt(o, 8))),
    'latin1',
  ).toString()

/** @param text as latin1: one character a byte */
function parseMountInfo(text: string): MountInfo[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ')
      const [type = '', source = ''] = after.split(' ')
      return { mountpoint: unescapeOctal(before.split(' ')[4] ?? ''), type, source: unescapeOctal(source) }
    })
}

const mounts = async () => parseMountInfo(await readFile('/proc/self/mountinfo', 'latin1'))

/** Whether something is mounted on exactly `dir`, a path without symbolic links as {@link prepareMountpoint} gives it. */
export async function isMountpoint(dir: string): Promise<boolean> {
  return (await mounts()).some(({ mountpoint }) => mountpoint === dir)
}

interface Finished {
  /** The exit code; null for a command whose time was up. */
  readonly code: number | null
  readonly stderr: string
}

/** Runs a command for at most `ms` milliseconds. One that can't be killed, as it waits for a mount, is left behind. */
function run(command: string, args: string[], ms: number): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { env: { ...process.env, LC_ALL: 'C' } }, (err, _, stderr) => {
      clearTimeout(timer)
      resolve({ code: err === null ? 0 : typeof err.code === 'number' ? err.code : null, stderr })
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.unref()
      resolve({ code: null, stderr: '' })
    }, ms)
  })
}

/** How long a mount may take to answer, in milliseconds. */
const answerMs = 5000

/** Throws a MountError where a mount on the way to `dir` is dead: nothing below it may be looked at. */
async function checkAlive(mountpoint: string, dir: string): Promise<void> {
  const { code, stderr } = await run('stat', ['-f', '--', mountpoint], answerMs)
  if (code === 0) return
  const why = stderr.trim().split(': ').at(-1) || 'no answer'
  throw new MountError(`${dir} can't be reached: ${mountpoint} is mounted and doesn't serve (${why})`)
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

/** linux/capability.h */
const CAP_SYS_ADMIN = 21

/** Whether this process has the right to mount. */
export function mayMount(): boolean {
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`)
  return ((effective >> BigInt(CAP_SYS_ADMIN)) & 1n) === 1n
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

/** Checks what mounting needs of the machine: /dev/fuse and the right to mount. Throws a MountError. */
export function checkFuse(): void {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch (e) {
    if (reason(e) === 'ENOENT') {
      throw new MountError(
        '/dev/fuse is missing: load the module (modprobe fuse), or give the container --device /dev/fuse',
      )
    }
    throw new MountError(`/dev/fuse may not be opened (${reason(e)}): run as root, or as a user who may use it`)
  }
  if (!mayMount() && !inPath('fusermount')) {
    throw new MountError(
      'not permitted to mount: run as root (in a container with --cap-add SYS_ADMIN), or install fuse3 for its fusermount',
    )
  }
}

/**
 * Unmounts `dir` at once, even while files are open on it. Returns whether that was done.
 */
export async function lazyUnmount(dir: string): Promise<boolean> {
  const [command, args] = mayMount() ? ['umount', ['-l', '--', dir]] : ['fusermount', ['-u', '-z', '--', dir]]
  return (await run(command as string, args as string[], 5000)).code === 0
}

/** Takes away what a dead server has left on `dir`. Throws a MountError where somebody uses it. */
async function recover(dir: string, source: string, tell: (line: string) => void): Promise<void> {
  // A dead server's mount answers statfs(2), which nobody caches, with ENOTCONN at once; one that hangs is in use by somebody.
  const { code, stderr } = await run('stat', ['-f', '--', dir], answerMs)
  const stale = code !== 0 && /Transport endpoint is not connected/.test(stderr)
  if (!stale) throw new MountError(`${dir} is in use: ${source} is mounted on it`)
  if (!(await lazyUnmount(dir)))
    throw new MountError(`${dir} has a stale mount that can't be taken away: run 'umount -l ${dir}' as root`)
  tell(`${dir}: a stale mount was taken away`)
}

/**
 * Makes `dir` ready to be mounted on: made when missing, a stale mount of an earlier server taken away.
 * @param dir absolute
 * @param tell told in one line of what was recovered
 * @returns `dir` without symbolic links: what to mount on, and to compare with
 */
export async function prepareMountpoint(dir: string, tell: (line: string) => void): Promise<string> {
  const mounted = await mounts()
  const real = await realPath(dir, mounted)
  const mount = mounted.findLast(({ mountpoint }) => mountpoint === real)
  if (mount !== undefined) await recover(real, mount.source, tell)
  try {
    mkdirSync(dir, { recursive: true })
  } catch (e) {
    if (reason(e) !== 'EEXIST') throw new MountError(`${dir} can't be made (${reason(e)})`)
  }
  if (!statSync(dir).isDirectory()) throw new MountError(`${dir} is not a folder`)
  return real
}
