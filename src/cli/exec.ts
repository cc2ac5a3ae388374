// `lunatik exec`: a mount for as long as one command runs.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { EXIT_FAILURE } from '../errors.js'
import { bindDev, unbindDev } from '../fuse/dev.js'
import { Server } from '../kernel/server.js'
import { kstrdup_quotable } from '../string_helpers.js'
import { exitCode, removeFolder } from './ending.js'
import { inNamespace, withoutCapabilities } from './namespace.js'
import type { ExecOptions } from './program.js'

/**
 * A command that doesn't end by a signal may wait for a device, where no signal reaches it: after this time its calls
 * are answered, in milliseconds.
 */
const answerAfterMs = 800
/** After this time it is killed, in milliseconds. */
const killAfterMs = 2000

const numberOf = (signal: NodeJS.Signals) => 128 + constants.signals[signal]

/**
 * Starts the command through a shell's exec. Node waits, with its only thread, until a child has replaced itself; were
 * that first program on the mount, nobody could answer.
 */
function start(command: readonly string[], mountpoint: string): ChildProcess {
  // Root has in its namespace what it had outside; anybody else must not be mightier there.
  const become = inNamespace && process.geteuid?.() !== 0 ? withoutCapabilities : []
  const [program = '', ...args] = [...become, '/bin/sh', '-c', 'exec "$@"', 'lunatik', ...command]
  return spawn(program, args, { stdio: 'inherit', env: { ...process.env, LUNATIK_MNT: mountpoint } })
}

/** Resolves with the exit code as a shell gives it. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (e) => {
      process.stderr.write(`lunatik: the command can't be started: ${kstrdup_quotable(e.message)}\n`)
      resolve(EXIT_FAILURE)
    })
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? EXIT_FAILURE : numberOf(signal))))
  })
}

/**
 * A new folder, which goes with the process, however that ends by itself. It is in the temporary folder, where a
 * command that becomes another user reaches it.
 */
function ownFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-'))
  process.on('exit', () => removeFolder(dir))
  return dir
}

/**
 * Runs the command on a mount of its own. Resolves with the command's exit code.
 * @param dir the folder to mount on; null for a new one
 */
export async function exec(
  command: readonly string[],
  dir: string | null,
  { dev, ...options }: ExecOptions,
): Promise<number> {
  let child: ChildProcess | null = null
  /** The signal that has ended it all, as far as the command did not end by itself. */
  let stopped: NodeJS.Signals | null = null
  let killed = false
  const pass = (signal: NodeJS.Signals) => {
    if (child === null) {
      stopped ??= signal
      void server.stop()
      return
    }
    child.kill(signal)
    if (stopped !== null) return
    stopped = signal
    setTimeout(() => void server.stop(), answerAfterMs).unref()
    setTimeout(() => {
      killed = true
      child?.kill('SIGKILL')
    }, killAfterMs).unref()
  }
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, pass)
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    // A terminal sends these to the command as well, which may go on after one.
    process.on(signal, (signal) => {
      if (child === null || !isatty(0)) pass(signal)
    })
  }

  const folder = dir ?? ownFolder()
  const machine = dev ? await bindDev() : null
  const server = new Server(folder, machine === null ? options : { ...options, covered: machine })
  let code = EXIT_FAILURE
  if (await server.start()) {
    child = start(command, server.mountpoint)
    code = await ended(child)
  }
  await server.stop()
  const by = stopped as NodeJS.Signals | null
  if (by !== null && (child === null || (killed && child.signalCode === 'SIGKILL'))) code = numberOf(by)
  const ending = await server.ended
  if (machine !== null) await unbindDev(machine)
  if (dir === null) removeFolder(folder)
  return exitCode(ending === 'failed' ? 'stopped' : ending, code)
}
