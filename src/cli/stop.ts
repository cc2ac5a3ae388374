// `lunatik stop`: stops a script on a mount. That one doesn't run is told by the exit code; a kernel's tool is silent.
import { scriptFile, scriptName } from '../kernel/script_file.js'
import { type ClientOptions, command, oneLine, quote } from './control.js'

/** Runs the command. Resolves with its exit code: 1 where the script didn't run. */
export function stop(given: string, options: ClientOptions): Promise<number> {
  const script = scriptFile(given)?.name ?? scriptName(given)
  const name = quote(script)
  const chunk = `local runs = require("lunatik.scripts").has(${name})
    require("lunatik.runner").stop(${name})
    return runs and "" or "doesn't run"`
  let runs = true
  const text = (results: Buffer) => {
    runs = results.length === 0
    if (!runs && process.stderr.isTTY) process.stderr.write(`${oneLine(Buffer.from(script))} doesn't run\n`)
    return ''
  }
  const json = (results: Buffer) => {
    runs = results.length === 0
    return runs ? { ok: true, script } : { ok: false, script, error: `${script} doesn't run` }
  }
  return command(options, chunk, { text, json }).then((code) => (code === 0 && !runs ? 1 : code))
}
