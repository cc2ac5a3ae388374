// `lunatik mount --daemon`: the same command in the background. It returns as soon as programs can use the devices.
import { spawn } from 'node:child_process'
import { fstatSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { EXIT_FAILURE } from '../errors.js'

/** Whether standard error is a file, where the log can go on: whoever reads a pipe or a terminal may leave. */
const logsToFile = () => fstatSync(2).isFile()

/**
 * Starts the command again in a session of its own, and waits until it serves or ends.
 * @param argv the command line's words, `--daemon` among them
 * @returns 0 once it serves, else its exit code
 */
export function daemon(argv: readonly string[]): Promise<number> {
  const [node, script = ''] = process.argv
  const args = [...process.execArgv, script, ...argv.filter((word) => word !== '--daemon')]
  const child = spawn(node as string, args, {
    detached: true,
    stdio: ['ignore', 'pipe', logsToFile() ? 'inherit' : 'pipe'],
  })
  const stop = () => void child.kill('SIGTERM')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, stop)
  child.stderr?.on('data', (bytes: Buffer) => process.stderr.write(bytes))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? EXIT_FAILURE))
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      process.stdout.write(`${line}, process ${child.pid}\n`)
      resolve(0)
    })
  })
}
