// How a command that serves a mount ends its process.
import { rmdirSync } from 'node:fs'
import { EXIT_FAILURE } from '../errors.js'
import type { Ending } from '../kernel/supervisor.js'

/**
 * The exit code of a server that has ended, `code` where nothing was wrong. Doesn't return where a thread can't be
 * ended: the process would wait for it in its own exit.
 */
export function exitCode(ending: Ending, code = 0): number {
  if (ending === 'stuck') process.kill(process.pid, 'SIGKILL')
  return ending === 'failed' ? EXIT_FAILURE : code
}

/** Takes away the folder that was made for a mount. */
export function removeFolder(dir: string): void {
  try {
    rmdirSync(dir)
  } catch {} // It is still mounted on, of which the log tells, or it has been removed.
}
