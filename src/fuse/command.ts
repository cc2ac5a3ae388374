// The programs that mount and unmount, mount(8), umount(8) and fusermount(1), as system calls that take a while:
// nothing here waits for one that doesn't come back.
import { spawn } from 'node:child_process'
import { accessSync, constants, openSync, realpathSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

let devNull: number | undefined
/**
 * A descriptor of /dev/null for what a server starts. Opened once: /dev may be its own mount by then, whose answer the
 * thread that starts a program would wait for.
 */
export const nowhere = (): number => {
  if (devNull !== undefined) return devNull
  try {
    devNull = openSync('/dev/null', 'r+')
  } catch {
    devNull = openSync('/', 'r') // There is none: what can't be read or written serves as well.
  }
  return devNull
}

/** How a command ended. */
export interface Finished {
  /** The exit code; null for a command whose time was up, that was killed or that isn't there. */
  readonly code: number | null
  /** All that it said. */
  readonly stderr: string
}

/** An argument of any bytes. */
export type Argument = string | Buffer

/** Whether `bytes` can be passed by Node, whose arguments are text. */
const isText = (bytes: Buffer) => Buffer.from(bytes.toString()).equals(bytes)

/** Has the shell make arguments of bytes out of what printf(1) reads. The dot keeps newlines at the end. */
const unescaping = `
n=$#
while [ $n -gt 0 ]; do
  a=$(printf %b. "$1")
  set -- "$@" "\${a%.}"
  shift
  n=$((n-1))
done
exec "$@"`

const escaped = (arg: Argument) =>
  [...Buffer.from(arg)]
    .map((c) =>
      /[\w/.,=-]/.test(String.fromCharCode(c)) ? String.fromCharCode(c) : `\\0${c.toString(8).padStart(3, '0')}`,
    )
    .join('')

const argv = (command: readonly Argument[]): string[] =>
  command.every((arg) => typeof arg === 'string' || isText(arg))
    ? command.map(String)
    : ['/bin/sh', '-c', unescaping, 'sh', ...command.map(escaped)]

/**
 * Runs a command for at most `ms` milliseconds. One that can't be killed, as it waits for a mount, is left behind.
 * @param fds what it has open from 3 on
 */
export function runCommand(
  command: readonly Argument[],
  ms: number,
  fds: readonly (number | 'pipe')[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const [file = '', ...args] = argv(command)
    const child = spawn(file, args, {
      stdio: [nowhere(), nowhere(), 'pipe', ...fds],
      env: { ...process.env, LC_ALL: 'C', ...env },
    })
    let stderr = ''
    const stream = child.stderr
    stream?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const end = (code: number | null) => {
      clearTimeout(timer)
      resolve({ code, stderr })
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.unref()
      stream?.destroy()
      end(null)
    }, ms)
    child.on('error', (e) => {
      stderr ||= e.message
      end(null)
    })
    // Only then all of its standard error has been read.
    child.on('close', end)
  })
}

/** Where the shell would find a program; null for none. */
export function whichCommand(program: string): string | null {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(dir, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  return null
}

/** The program by which an ordinary user mounts and unmounts; null where there is none. */
export const fusermountPath = (): string | null => whichCommand('fusermount3') ?? whichCommand('fusermount')

/** How long fusermount3 may take to say why, in milliseconds. */
const sayMs = 10_000

/**
 * What fusermount3 has against a mount on `dir`: libfuse keeps that for itself. Asked of it once more, with a socket
 * that takes what it might open, and drops it.
 * @returns null where it has nothing against it
 */
export async function fusermountComplaint(dir: string): Promise<string | null> {
  const program = fusermountPath()
  if (program === null) return null
  const { code, stderr } = await runCommand([program, '--', dir], sayMs, ['pipe'], { _FUSE_COMMFD: '3' })
  if (code === 0) await runCommand([program, '-u', '-z', '--', dir], sayMs)
  return code === 0 ? null : (stderr.trim().split('\n')[0] ?? null)
}

/**
 * mount(8) or umount(8), told to take its paths as they are: to look at them could mean to wait for a mount. Busybox's
 * takes them so anyway, and has no option for it.
 */
export function mountCommand(program: 'mount' | 'umount', ...args: readonly Argument[]): Argument[] {
  const path = whichCommand(program)
  const busybox = path !== null && basename(realpathSync(path)) === 'busybox'
  return busybox ? [program, ...args] : [program, '-c', ...args]
}
