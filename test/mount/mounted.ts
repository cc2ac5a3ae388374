// A mount for a test: the command runs in a process of its own, and everything is gone when the test ends, however
// it ends. Tests reach the mount through child processes alone.
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { mountInfo } from '../../src/mountinfo.js'
import '../run/guard.js'
import type { CommandLine, Finished } from './client.js'
import { main } from './main.js'

export type { Finished }
export { main }

/** The compiled test fixture `name`, as an argument of --device. */
export const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url))

/**
 * A command line as a user would give it: tap's own loaders, which `npx tap` puts into the environment of all that is
 * started below it, stay out.
 */
export const withoutLoaders = (file: string, args: readonly string[]): [string, string[]] =>
  process.env.NODE_OPTIONS === undefined ? [file, [...args]] : ['env', ['-u', 'NODE_OPTIONS', file, ...args]]

/** Why mount tests can't run here, for tap's `skip`; false where they can. */
export const noFuse: string | false = existsSync('/dev/fuse') ? false : '/dev/fuse is missing'

/** The transport that this run of the tests is about, as an argument; none for the default. */
export const transportArgs: readonly string[] =
  process.env.TRANSPORT === undefined ? [] : ['--transport', process.env.TRANSPORT]

/** Why a test about one transport isn't run in this run, for tap's `skip`; false where it is. */
export const onlyOn = (transport: 'dev-fuse' | 'fuse-native'): string | false =>
  noFuse || ((process.env.TRANSPORT ?? 'dev-fuse') === transport ? false : `is about ${transport}`)

/** How long anything may take before it counts as hung, in milliseconds. */
const patience = 120_000

/** Runs a command to its end; 127 where there is none, as a shell has it. */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { env, encoding: 'latin1', timeout: patience, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const
    execFile(...withoutLoaders(file, args), options, (err, stdout, stderr) => {
      const code = err === null ? 0 : typeof err.code === 'number' ? err.code : err.code === 'ENOENT' ? 127 : 137
      resolve({ code, stdout, stderr })
    })
  })
}

/** The commands that print and end: they may come one after the other in one process. */
const brief = new Set(['run', 'spawn', 'stop', 'list', 'status', 'dmesg', 'check', 'init', 'inject'])

/** The processes of brief commands, and of these the ones that wait for the next. */
const clients = new Set<ChildProcess>()
const idle: ChildProcess[] = []

// The guard asks for the end of all, and this comes before it.
process.prependListener('exit', () => {
  for (const child of clients) child.kill('SIGKILL')
})

function newClient(): ChildProcess {
  const { NODE_OPTIONS: _, ...env } = process.env
  const program = fileURLToPath(new URL('client.js', import.meta.url))
  const child = fork(program, { env, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  clients.add(child)
  child.on('exit', () => {
    clients.delete(child)
    if (idle.includes(child)) idle.splice(idle.indexOf(child), 1)
  })
  return child
}

/** Runs a brief command line to its end, beside others in another process. */
function runBrief(args: readonly string[]): Promise<Finished> {
  const child = idle.pop() ?? newClient()
  child.ref()
  child.channel?.ref()
  return new Promise((resolve) => {
    const killer = setTimeout(() => child.kill('SIGKILL'), patience)
    const ended = () => resolve({ code: 137, stdout: '', stderr: '' })
    child.once('exit', ended).once('message', (finished: Finished) => {
      clearTimeout(killer)
      child.off('exit', ended).unref()
      child.channel?.unref()
      idle.push(child)
      resolve(finished)
    })
    child.send({ args, env: process.env } satisfies CommandLine)
  })
}

/** Runs the command line `lunatik ARGS`. */
export const lunatik = (...args: string[]): Promise<Finished> =>
  brief.has(args[0] ?? '') ? runBrief(args) : run(process.execPath, [main, ...args])

/** An empty folder that the test's end takes away. */
export function temporary(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Puts files, by name and text, into a new folder. */
export function folder(t: Test, files: Record<string, string>): string {
  const dir = temporary(t)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

/** Whether something is mounted on `dir`, a path without symbolic links. */
export const isMounted = (dir: string): boolean => mountInfo().some(({ mountpoint }) => mountpoint === dir)

/** Waits until `condition` holds; throws when it doesn't in time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + patience
  // Ever more rarely, as some conditions read all of /proc.
  for (let ms = 10; !(await condition()); ms = Math.min(1.2 * ms, 100)) {
    if (Date.now() > end) throw new Error(`not in time: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

/** The numbers of read, write, pread64 and pwrite64 on x86-64. */
const transfers = new Set(['0', '1', '17', '18'])

/** How many threads wait in a read or write of a file below `dir`, a path without symbolic links. */
export function blockedOn(dir: string): number {
  const entries = (path: string) => {
    try {
      return readdirSync(path)
    } catch {
      return [] // It has just ended.
    }
  }
  return entries('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => entries(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`))
    .filter((task) => {
      try {
        const [call = '', fd] = readFileSync(`${task}/syscall`, 'latin1').split(' ')
        return transfers.has(call) && readlinkSync(`${task}/fd/${Number(fd)}`).startsWith(`${dir}/`)
      } catch {
        return false // It has just ended, runs, or is another user's.
      }
    }).length
}

/** A running mount. */
export interface Mounted {
  /** The folder as it was given. */
  readonly dir: string
  readonly child: ChildProcess
  /** What the server has written to standard error so far. */
  log(): string
  /** Runs a shell script with `$MNT` set. */
  sh(script: string): Promise<Finished>
  /**
   * Runs a shell script and resolves once it has run; its shell lives on, with what it has opened. The result has it
   * run `last`, and end.
   */
  hold(script: string, last?: string): Promise<() => Promise<Finished>>
  /** Sends the signal and resolves with the server's exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>
}

/**
 * Mounts and waits until the mount is ready.
 * @param args further arguments of `lunatik mount`
 * @param dir the folder; by default a new one
 */
export async function mounted(
  t: Test,
  args: readonly string[] = [],
  dir = join(temporary(t), 'mnt'),
): Promise<Mounted> {
  // A file has each record before the program that caused it has its answer; the pipes that Node makes are sockets.
  const stderr = join(temporary(t), 'stderr')
  const fd = openSync(stderr, 'a')
  const log = () => readFileSync(stderr, 'utf8')
  const command = withoutLoaders(process.execPath, [main, 'mount', dir, ...transportArgs, ...args])
  const child = spawn(...command, { stdio: ['ignore', 'pipe', fd] })
  closeSync(fd)
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const exited = once(child, 'exit').then(([code]) => code as number)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const killer = setTimeout(() => child.kill('SIGKILL'), patience)
    const code = await exited
    clearTimeout(killer)
    return code
  }
  t.teardown(async () => {
    // A failure that comes once in a hundred runs is understood by what the server has said.
    if (!t.passing()) t.comment(`the server: exit code ${child.exitCode}, mounted: ${isMounted(dir)}, log:\n${log()}`)
    await stop()
    const real = /mounted on (.*) \(/.exec(stdout)?.[1] ?? dir
    if (isMounted(real)) await run('umount', ['-l', real])
  })
  await until(() => stdout.includes('\n') || child.exitCode !== null)
  if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${log()}`)
  const env = { ...process.env, MNT: dir, LUNATIK_MNT: dir, LUNATIK: `${process.execPath} ${main}` }
  const sh = (script: string) => run('/bin/sh', ['-c', script], env)
  const hold = async (script: string, last = '') => {
    const marks = temporary(t)
    const finished = sh(`
      ${script}
      : > ${marks}/held
      until [ -e ${marks}/end ]; do sleep 0.05; done
      ${last}`)
    await Promise.race([until(() => existsSync(join(marks, 'held'))), finished])
    return () => {
      writeFileSync(join(marks, 'end'), '')
      return finished
    }
  }
  return { dir, child, log, sh, hold, stop }
}
