// `lunatik run`: runs a script on a mount.
import { isAbsolute } from 'node:path'
import { EXIT_USAGE, UserError } from '../errors.js'
import { scriptFile, scriptName, scriptPath } from '../kernel/script_file.js'
import { type ClientOptions, command, oneLine, quote } from './control.js'
import { scriptMeant } from './suggest.js'

/**
 * The script that the user means: its name, and what makes the server look in its folder, where its path was given.
 * Throws a UserError for a path that leads nowhere.
 */
function meantBy(script: string): { readonly name: string; readonly before: string } {
  const file = scriptFile(script)
  if (file !== null) {
    const { folder, name } = file
    return { name, before: `require("lunatik.scripts").folder(${quote(folder)}, ${quote(name)}) ` }
  }
  if (isAbsolute(script) || script.startsWith('../'))
    throw new UserError(`cannot open ${scriptPath(script)}: there is no such file`)
  return { name: scriptName(script), before: '' }
}

/** What to put behind the message of a script that isn't there, where a file of its name is. */
const pathMeant = (message: string, script: string) =>
  /cannot open .*\.lua$/.test(message) && scriptFile(`./${script}`) !== null ? `: did you mean ./${script}?` : ''

/**
 * Calls a function of the runner that starts a script. Resolves with the exit code.
 * @param script its name, or its path
 * @param how a context, which the server checks, and `percpu`, in any order; none leaves it to the server
 */
export async function start(
  method: 'run' | 'spawn',
  script: string,
  how: readonly string[],
  options: ClientOptions,
): Promise<number> {
  const [context, another] = how.filter((word) => word !== 'percpu')
  if (another !== undefined) throw new UserError(`'${another}': there is a context already, '${context}'`, EXIT_USAGE)
  const { name, before } = meantBy(script)
  const args = [quote(name), context === undefined ? 'nil' : quote(context), `${how.includes('percpu')}`]
  return command(options, `${before}require("lunatik.runner").${method}(${args.join(', ')})`, {
    text: oneLine,
    json: () => ({ ok: true, script: name }),
    meant: (message) => pathMeant(message, script) || scriptMeant(message, name),
  })
}

/** Runs the command. Resolves with its exit code. */
export const run = (script: string, how: readonly string[], options: ClientOptions) =>
  start('run', script, how, options)
