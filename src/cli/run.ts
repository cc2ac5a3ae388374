// `lunatik run`: runs a script on a mount.
import { EXIT_USAGE, UserError } from '../errors.js'
import { type ClientOptions, command, oneLine, quote } from './control.js'
import { scriptMeant } from './suggest.js'

/**
 * Calls a function of the runner that starts a script. Resolves with the exit code.
 * @param how a context, which the server checks, and `percpu`, in any order; none leaves it to the server
 */
export function start(
  method: 'run' | 'spawn',
  script: string,
  how: readonly string[],
  options: ClientOptions,
): Promise<number> {
  const [context, another] = how.filter((word) => word !== 'percpu')
  if (another !== undefined) throw new UserError(`'${another}': there is a context already, '${context}'`, EXIT_USAGE)
  const args = [quote(script), context === undefined ? 'nil' : quote(context), `${how.includes('percpu')}`]
  return command(options, `require("lunatik.runner").${method}(${args.join(', ')})`, {
    text: oneLine,
    json: () => ({ ok: true, script }),
    meant: (message) => scriptMeant(message, script),
  })
}

/** Runs the command. Resolves with its exit code. */
export const run = (script: string, how: readonly string[], options: ClientOptions) =>
  start('run', script, how, options)
