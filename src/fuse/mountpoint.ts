// The folder that a mount covers: what can be known before mounting, and what an earlier server left behind.
//
// Nothing here may wait for a mount that doesn't answer: a mount is looked at through /proc or from a child process.
import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
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

/** Whether something is mounted on exactly `dir`. */
export async function isMountpoint(dir: string): Promise<boolean> {
  return (await mounts()).some(({ mountpoint }) => mountpoint === dir)
}

/** Runs a command to its end, at most `ms` milliseconds. Returns its exit code, or null if it was ended. */
function run(command: string, args: string[], ms: number): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { timeout: ms, killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C' } },
      (err, _, stderr) => {
        const code = err === null ? 0 : typeof err.code === 'number' ? err.code : null
        resolve({ code, stderr })
      },
    )
  })
}

/** linux/capability.h */
const CAP_SYS_ADMIN = 21

function mayMount(): boolean {
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

/**
 * Makes `dir` ready to be mounted on: made when missing, a stale mount of an earlier server taken away.
 * @param dir absolute
 * @param tell told in one line of what was recovered
 */
export async function prepareMountpoint(dir: string, tell: (line: string) => void): Promise<void> {
  const mounted = (await mounts()).filter(({ mountpoint }) => mountpoint === dir)
  if (mounted.length > 0) {
    // A dead server's mount answers stat(2) with ENOTCONN at once; one that hangs is in use by somebody.
    const { code, stderr } = await run('stat', ['--', dir], 5000)
    const stale = code !== 0 && /Transport endpoint is not connected/.test(stderr)
    if (!stale) throw new MountError(`${dir} is in use: ${mounted.at(-1)?.source} is mounted on it`)
    if (!(await lazyUnmount(dir)))
      throw new MountError(`${dir} has a stale mount that can't be taken away: run 'umount -l ${dir}' as root`)
    tell(`${dir}: a stale mount was taken away`)
  }
  try {
    mkdirSync(dir, { recursive: true })
  } catch (e) {
    if (reason(e) !== 'EEXIST') throw new MountError(`${dir} can't be made (${reason(e)})`)
  }
  if (!statSync(dir).isDirectory()) throw new MountError(`${dir} is not a folder`)
}
