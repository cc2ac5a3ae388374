// `lunatik stop`: stops a script on a mount. One that doesn't run is no error, as in the kernel.
import { type ClientOptions, command, oneLine, quote } from './control.js'

/** Runs the command. Resolves with its exit code. */
export function stop(script: string, options: ClientOptions): Promise<number> {
  return command(options, `require("lunatik.runner").stop(${quote(script)})`, {
    text: oneLine,
    json: () => ({ ok: true, script }),
  })
}
