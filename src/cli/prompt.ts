// `lunatik` alone: Lua's own prompt, for the control device of a mount. Globals live on there; a `local` ends with its
// line.
import { createInterface, type Interface } from 'node:readline'
import { EXIT_FAILURE, UserError } from '../errors.js'
import { quotable_lines } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import { ChunkError, type ClientOptions, Control, Interrupted, quote } from './control.js'
import { addHistory, readHistory } from './history.js'

/** How a text that was entered came out. */
type Outcome =
  | { readonly kind: 'values'; readonly output: Buffer }
  | { readonly kind: 'error'; readonly output: Buffer }
  /** It compiles no further than to its end: there may be more to come. */
  | { readonly kind: 'incomplete'; readonly output: Buffer }

const newline = Buffer.from('\n')
const [values, syntax] = [Buffer.from('values\t'), Buffer.from('syntax\t')]

/** As lua.c does: an expression first, then a statement. What doesn't compile is told apart from what raises. */
const wrapped = (text: string) => `
local text = ${quote(text)}
local chunk, message = load("return " .. text, "=stdin")
if not chunk then chunk, message = load(text, "=stdin") end
if not chunk then return "syntax", message end
return "values", chunk()`

async function evaluate(control: Control, text: string): Promise<Outcome> {
  let results: Buffer
  try {
    results = await control.ask(wrapped(text))
  } catch (e) {
    if (e instanceof Interrupted) return { kind: 'error', output: Buffer.from(`${e.message}\n`) }
    if (e instanceof ChunkError) return { kind: 'error', output: Buffer.concat([e.bytes, newline]) }
    // What was entered is the error's reason, not the mount.
    if (e instanceof UserError && e.cause === undefined) return { kind: 'error', output: Buffer.from(`${e.message}\n`) }
    throw e
  }
  if (results.subarray(0, syntax.length).equals(syntax)) {
    const output = Buffer.concat([results.subarray(syntax.length), newline])
    return { kind: /<eof>'?\n$/.test(output.toString('latin1')) ? 'incomplete' : 'error', output }
  }
  // Without any value there is no tab either.
  if (results.length < values.length) return { kind: 'values', output: Buffer.alloc(0) }
  return { kind: 'values', output: Buffer.concat([results.subarray(values.length), newline]) }
}

/** Errors are for a person, values for a program as well, which gets them as they are. */
function print({ kind, output }: Outcome): void {
  if (kind === 'values' && !process.stdout.isTTY) process.stdout.write(output)
  else (kind === 'values' ? process.stdout : process.stderr).write(quotable_lines(stringOf(output)))
}

/** Runs what comes from no terminal. Resolves with the exit code: failure when any text failed. */
async function batch(control: Control): Promise<number> {
  let code = 0
  let pending: (Outcome & { text: string }) | null = null
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const text: string = pending === null ? line : `${pending.text}\n${line}`
    const outcome = await evaluate(control, text)
    pending = outcome.kind === 'incomplete' ? { ...outcome, text } : null
    if (pending !== null) continue
    print(outcome)
    if (outcome.kind === 'error') code = EXIT_FAILURE
  }
  if (pending === null) return code
  print(pending)
  return EXIT_FAILURE
}

/** What was typed at a terminal and not run yet. */
class Terminal {
  readonly #control: Control
  readonly #rl: Interface
  #text = ''
  #lines: string[] = []
  #running = false
  #interrupting = false
  #closed = false
  #end: (code: number) => void = () => {}
  #fail: (e: unknown) => void = () => {}

  constructor(control: Control) {
    this.#control = control
    this.#rl = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: readHistory().reverse(),
      historySize: 1000,
      removeHistoryDuplicates: true,
    })
    this.#rl.on('line', (line) => {
      addHistory(line)
      this.#lines.push(line)
      void this.#next()
    })
    this.#rl.on('SIGINT', () => this.#interrupt())
    this.#rl.on('close', () => {
      this.#closed = true
      void this.#next()
    })
  }

  /** Resolves with the exit code. */
  async run(): Promise<number> {
    const ended = new Promise<number>((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    this.#ask()
    try {
      return await ended
    } finally {
      this.#rl.close()
    }
  }

  #ask(): void {
    this.#rl.setPrompt(this.#text === '' ? '> ' : '>> ')
    this.#rl.prompt()
  }

  async #next(): Promise<void> {
    if (this.#running) return
    const line = this.#lines.shift()
    if (line === undefined) {
      if (!this.#closed) this.#ask()
      else {
        process.stdout.write('\n')
        this.#end(0)
      }
      return
    }
    this.#running = true
    this.#interrupting = false
    const text = this.#text === '' ? line : `${this.#text}\n${line}`
    try {
      const outcome = await evaluate(this.#control, text)
      if (outcome.kind !== 'incomplete') print(outcome)
      this.#text = outcome.kind === 'incomplete' ? text : ''
    } catch (e) {
      this.#fail(e)
      return
    }
    this.#running = false
    void this.#next()
  }

  /** Ctrl-C: ends the chunk that runs, or drops what was typed. It leaves where the chunk goes on, the second time. */
  #interrupt(): void {
    process.stdout.write('^C\n')
    this.#lines = []
    if (this.#running) {
      if (this.#interrupting) this.#end(130)
      else this.#control.interrupt().catch(() => this.#end(130))
      this.#interrupting = true
      return
    }
    this.#text = ''
    this.#rl.write(null, { ctrl: true, name: 'e' })
    this.#rl.write(null, { ctrl: true, name: 'u' })
    this.#ask()
  }
}

/** Runs the prompt. Resolves with the exit code. */
export async function prompt({ mount }: ClientOptions): Promise<number> {
  const control = await Control.open(mount)
  return process.stdin.isTTY ? new Terminal(control).run() : batch(control)
}
