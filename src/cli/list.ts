// `lunatik list`: the scripts that run on a mount, the newest first.
import { stringOf } from '../surrogateescape.js'
import { type ClientOptions, command, oneLine } from './control.js'

/** The names in what `lunatik.runner`'s list gives. */
export const scriptNames = (list: string): string[] => (list === '' ? [] : list.split(', '))

/** Runs the command. Resolves with its exit code. */
export function list(options: ClientOptions): Promise<number> {
  return command(options, 'return require("lunatik.runner").list()', {
    text: oneLine,
    json: (results) => scriptNames(stringOf(results)),
  })
}
