// `lunatik spawn`: runs a script on a mount in a thread of its own.
import { type ClientOptions, command, oneLine, quote } from './control.js'
import { scriptMeant } from './suggest.js'

/** Runs the command. Resolves with its exit code. */
export function spawn(script: string, options: ClientOptions): Promise<number> {
  return command(options, `require("lunatik.runner").spawn(${quote(script)})`, {
    text: oneLine,
    json: () => ({ ok: true, script }),
    meant: (message) => scriptMeant(message, script),
  })
}
