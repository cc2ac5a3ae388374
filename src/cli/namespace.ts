// unshare(1): a command line that runs once more, in namespaces of its own, and the process in front that stands for
// it. A process of several threads can't leave its user namespace, and Node's has several from the start.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { UserError } from '../errors.js'
import { namespaceCommand } from '../fuse/ways.js'

/** Set for the command line in the namespaces, and for nothing that it starts. */
const MARK = 'LUNATIK_NAMESPACE'

/** Whether this process is the one in the namespaces, where all that it mounts is seen by what it runs alone. */
export const inNamespace = process.env[MARK] !== undefined
delete process.env[MARK]

/** Runs a program without the capabilities that the namespace has given: the user is as mighty as ever. */
export const withoutCapabilities = ['setpriv', '--inh-caps', '-all', '--ambient-caps', '-all', '--']

/**
 * Runs this process' command line again in namespaces of its own: signals are passed on, and it is told to end when
 * this process does, however that ends.
 * @returns its exit code, as a shell gives it
 */
export function againInNamespace(): Promise<number> {
  const [, script = ''] = process.argv
  const self = [process.execPath, ...process.execArgv, script, ...process.argv.slice(2)]
  const [unshare = '', ...options] = namespaceCommand()
  const child = spawn(unshare, [...options, '--', 'setpriv', '--pdeathsig', 'TERM', '--', ...self], {
    stdio: 'inherit',
    env: { ...process.env, [MARK]: '1' },
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    // A terminal sends these to both.
    process.on(signal, () => {
      if (!isatty(0)) child.kill(signal)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', (e) => reject(new UserError(`unshare can't be started: ${e.message}`)))
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]))
  })
}
