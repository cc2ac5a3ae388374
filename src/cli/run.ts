// `lunatik run`: runs a script on a mount.
import { type ClientOptions, command, oneLine, quote } from './control.js'
import { scriptMeant } from './suggest.js'

/**
 * Runs the command. Resolves with its exit code.
 * @param context process, softirq or hardirq, which the server checks; undefined leaves it to the server
 */
export function run(script: string, context: string | undefined, options: ClientOptions): Promise<number> {
  const args = [script, ...(context === undefined ? [] : [context])]
  return command(options, `require("lunatik.runner").run(${args.map(quote).join(', ')})`, {
    text: oneLine,
    json: () => ({ ok: true, script }),
    meant: (message) => scriptMeant(message, script),
  })
}
