// `lunatik exec`: a mount for as long as one command runs.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { openSync, readdirSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { EXIT_FAILURE } from '../errors.js'
import { Server, type ServerOptions } from '../kernel/server.js'

/** A command that doesn't end on SIGTERM is killed after this time, in milliseconds. */
const killAfterMs = 5000

/**
 * What the command gets of our open files: the first three, and /dev/null where libfuse has /dev/fuse, which it opens
 * without close-on-exec. A command that held it would keep a dead server's mount from ending.
 */
function descriptors(): StdioOptions {
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit']
  const nothing = openSync('/dev/null', 'r+')
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    let target = ''
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`)
    } catch {} // The descriptor of the folder itself is closed by now.
    if (target !== '/dev/fuse') continue
    while (stdio.length <= fd) stdio.push('ignore')
    stdio[fd] = nothing
  }
  return stdio
}

/**
 * Starts the command through a shell's exec. Node waits, with its only thread, until a child has replaced itself; were
 * that first program on the mount, nobody could answer.
 */
const start = (command: readonly string[], mountpoint: string) =>
  spawn('/bin/sh', ['-c', 'exec "$@"', 'lunatik', ...command], {
    stdio: descriptors(),
    env: { ...process.env, LUNATIK_MNT: mountpoint },
  })

/** Resolves with the exit code as a shell gives it. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (e) => {
      process.stderr.write(`lunatik: the command can't be started: ${e.message}\n`)
      resolve(EXIT_FAILURE)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}

/** Runs the command on a mount of its own. Resolves with the command's exit code. */
export async function exec(command: readonly string[], dir: string, options: ServerOptions): Promise<number> {
  let child: ChildProcess | null = null
  let stopped: NodeJS.Signals | null = null
  const pass = (signal: NodeJS.Signals) => {
    stopped = signal
    child?.kill(signal)
    setTimeout(() => child?.kill('SIGKILL'), killAfterMs).unref()
  }
  process.on('SIGTERM', pass)
  process.on('SIGHUP', pass)
  // A terminal sends these to the command as well.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, process.stdin.isTTY ? () => {} : pass)

  const server = await Server.start(dir, options)
  let code: number
  if (stopped !== null) code = 128 + constants.signals[stopped as NodeJS.Signals]
  else {
    child = start(command, server.mountpoint)
    code = await ended(child)
  }
  await server.stop()
  return code
}
