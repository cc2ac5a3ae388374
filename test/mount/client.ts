// The command `lunatik` in a process that lives on, for the many command lines of a test: a start of Node takes 20 times
// as long as what most of them do. Each runs the whole program, from its arguments to its exit code, with standard
// streams of its own. A child of mounted.ts, one command line at a time.
import { Writable } from 'node:stream'
import { main } from './main.js'

/** A command line. */
export interface CommandLine {
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** What a finished command left, as latin1. */
export interface Finished {
  /** As a shell gives it: 128 and the signal's number for a signal; 137 when its time was up. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A stream that keeps what is written. */
class Kept extends Writable {
  readonly #pieces: Buffer[] = []

  override _write(piece: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#pieces.push(piece)
    written()
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString('latin1')
  }
}

/** How many command lines there were: each has main.js evaluated anew. */
let count = 0

process.on('message', async ({ args, env }: CommandLine) => {
  const stdout = new Kept()
  const stderr = new Kept()
  Object.defineProperty(process, 'stdout', { value: stdout, configurable: true })
  Object.defineProperty(process, 'stderr', { value: stderr, configurable: true })
  process.env = { ...env }
  process.argv = [process.execPath, main, ...args]
  process.exit = ((code: number) =>
    void process.send?.({ code, stdout: stdout.text, stderr: stderr.text } satisfies Finished)) as typeof process.exit
  await import(`${main}?${count++}`)
})
