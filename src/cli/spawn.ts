// `lunatik spawn`: runs a script on a mount in a thread of its own.
import type { ClientOptions } from './control.js'
import { start } from './run.js'

/** Runs the command. Resolves with its exit code. */
export const spawn = (script: string, how: readonly string[], options: ClientOptions) =>
  start('spawn', script, how, options)
