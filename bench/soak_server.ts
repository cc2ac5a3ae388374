// The server of the soak and of the kills: its process, what it logs, and what the kernel knows of its mount. Nothing
// here touches the mount.
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type MountInfo, mountInfo } from '../src/mountinfo.js'
import { main, mounted, type Transport } from './processes.js'
import { type Scope, within } from './scope.js'

/** How long it may take to mount, and to end, in milliseconds. */
const mountMs = 15_000
const endMs = 15_000

/** A running server. */
export interface SoakServer {
  readonly child: ChildProcess
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string | null>
  /** Resolves once it has mounted. */
  readonly ready: Promise<void>
  /** Its last words, for a message. */
  tail(): string
}

export function startServer(
  scope: Scope,
  dir: string,
  transport: Transport,
  args: readonly string[],
  onLine: (line: string) => void,
): SoakServer {
  const command = [process.execPath, main, 'mount', dir, '--transport', transport, ...args]
  const child = scope.spawn(command, { stdio: ['ignore', 'pipe', 'pipe'] })
  let rest = ''
  const last: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      onLine(line)
      last.push(line)
      if (last.length > 5) last.shift()
    }
  })
  const exited = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  const ready = within(mounted(child, 'lunatik'), mountMs, `not mounted within ${mountMs} ms`)
  ready.catch(() => {})
  return { child, exited, ready, tail: () => last.join(' | ') }
}

/** Ends the server as a user does. Resolves with the exit code. */
export function stopServer({ child, exited }: SoakServer): Promise<number | string | null> {
  child.kill('SIGTERM')
  return within(exited, endMs, `the server doesn't end within ${endMs} ms of SIGTERM`)
}

const mountsOn = (dir: string): MountInfo[] => mountInfo().filter(({ mountpoint }) => mountpoint === dir)

export const isMounted = (dir: string): boolean => mountsOn(dir).length > 0

/** The folder of the mount's connection below /sys, or null. */
export function connectionOf(dir: string): string | null {
  const minor = mountsOn(dir).at(-1)?.device.split(':')[1]
  return minor === undefined ? null : `/sys/fs/fuse/connections/${minor}`
}

/** How many requests of the mount have no answer; null where the kernel doesn't tell. */
export function unanswered(connection: string | null): number | null {
  try {
    return Number(readFileSync(`${connection}/waiting`, 'utf8'))
  } catch {
    return null
  }
}

/** The resident memory of a process, in MiB. */
export const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
