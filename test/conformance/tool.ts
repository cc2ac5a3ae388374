// The command line tool's `run`, `stop` and `dmesg` in this process, for run.mjs: a start of Node takes longer than
// most of the recordings.
import { dmesg } from '../../src/cli/dmesg.js'
import { run } from '../../src/cli/run.js'
import { stop } from '../../src/cli/stop.js'

/** What `f` writes to the standard streams, in its order, as latin1: one character a byte. */
async function written(f: () => Promise<unknown>): Promise<string> {
  const pieces: Buffer[] = []
  const { stdout, stderr } = process
  const write = { stdout: stdout.write, stderr: stderr.write }
  const note = (piece: Uint8Array | string) => pieces.push(Buffer.from(piece as string)) > 0
  stdout.write = stderr.write = note
  try {
    await f()
  } catch (e) {
    note(`lunatik: ${(e as Error).message}\n`)
  } finally {
    stdout.write = write.stdout
    stderr.write = write.stderr
  }
  return Buffer.concat(pieces).toString('latin1')
}

/** What the tool prints, on both standard streams. */
export function tool(mount: string) {
  const options = { mount, json: false }
  return {
    run: (script: string) => written(() => run(script, [], options)),
    stop: (script: string) => written(() => stop(script, options)),
    dmesg: (clear: boolean) => written(() => dmesg({ ...options, clear, follow: false, time: false })),
  }
}
