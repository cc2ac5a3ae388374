// `lunatik` alone: Lua's own prompt, for the control device of a mount. Globals live on there; a `local` ends with its
// line.
import { createInterface } from 'node:readline'
import { type REPLServer, start } from 'node:repl'
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT_FAILURE, UserError } from '../errors.js'
import { quotable_lines } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import { ChunkError, type ClientOptions, Control, Interrupted, interrupted } from './control.js'
import { addHistory, readHistory } from './history.js'
import { followMs, LogReader, textOf } from './log_reader.js'
import { keywords, namesIn, plain, shown } from './prompt_lua.js'

/** How a text that was entered came out. */
type Outcome =
  | { readonly kind: 'values'; readonly output: Buffer }
  | { readonly kind: 'error'; readonly output: Buffer }
  /** It compiles no further than to its end: there may be more to come. */
  | { readonly kind: 'incomplete'; readonly output: Buffer }

const help = `\
An expression shows its value, a statement runs; globals live on, a local ends with its line. What print says is shown.
Tab completes names, Ctrl-R searches the history, Ctrl-C ends what runs or drops what was typed, Ctrl-D leaves.
require("lunatik.runner").list() names the scripts that run; device = require("device") and Tab show what a module has.
`

/** What is said of the first line that runs beside others. */
const besideNote = "another program's chunk runs still: until it ends, this prompt has globals of its own\n"

const newline = Buffer.from('\n')
const [values, syntax] = [Buffer.from('values\t'), Buffer.from('syntax\t')]

/** @param chunk of {@link plain} or {@link shown} */
async function evaluate(control: Control, chunk: string): Promise<Outcome> {
  let results: Buffer
  const before = control.beside
  try {
    results = await control.ask(chunk).finally(() => {
      if (control.beside && !before) process.stderr.write(besideNote)
    })
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
    const outcome = await evaluate(control, plain(text))
    pending = outcome.kind === 'incomplete' ? { ...outcome, text } : null
    if (pending !== null) continue
    print(outcome)
    if (outcome.kind === 'error') code = EXIT_FAILURE
  }
  if (pending === null) return code
  print(pending)
  return EXIT_FAILURE
}

/** Commands of node:repl that mean JavaScript. */
const foreign = ['break', 'clear', 'load', 'save']

/** A prompt at a terminal: node:repl's, whose line editor knows the history and how to search it. */
class Terminal {
  readonly #control: Control
  readonly #log: LogReader | null
  readonly #server: REPLServer
  /** What was typed of a chunk that goes on. */
  #text = ''
  /** What was entered and not run yet, and what the line editor waits for. */
  #lines: { readonly line: string; readonly done: () => void }[] = []
  #running = false
  #interrupting = false
  #end: (code: number) => void = () => {}
  #fail: (e: unknown) => void = () => {}

  /** @param log the mount's, of which what comes while a chunk runs is shown; null where it can't be read */
  constructor(control: Control, log: LogReader | null) {
    this.#control = control
    this.#log = log
    this.#server = start({
      prompt: '> ',
      terminal: true,
      ignoreUndefined: true,
      eval: (line, _context, _file, done) => {
        this.#lines.push({ line: line.replace(/\n$/, ''), done: () => done(null, undefined) })
        void this.#next()
      },
      completer: (line, done) => this.#complete(line).then((found) => done(null, found), done),
    })
    const server = this.#server as REPLServer & { history: string[] }
    server.history = readHistory().reverse()
    for (const name of foreign) delete (server.commands as Record<string, unknown>)[name]
    server.defineCommand('help', () => {
      process.stdout.write(help)
      server.displayPrompt()
    })
    server.on('line', addHistory)
    server.removeAllListeners('SIGINT').on('SIGINT', () => this.#interrupt())
    server.on('exit', () => {
      if (!this.#running) this.#end(0)
    })
  }

  /** Resolves with the exit code. */
  async run(): Promise<number> {
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#end = resolve
        this.#fail = reject
      })
    } finally {
      this.#server.close()
    }
  }

  /** The names that a line may go on with, and what of it they replace. */
  async #complete(line: string): Promise<[string[], string]> {
    const [typed = '', path = '', prefix = ''] = /((?:[A-Za-z_]\w*[.:])*)([A-Za-z_]\w*)?$/.exec(line) ?? []
    if (this.#running || typed === '') return [[], line]
    const names = (await this.#control.ask(namesIn(path, prefix))).toString().split(' ').filter(Boolean)
    if (path === '') names.push(...keywords.filter((word) => word.startsWith(prefix)))
    return [names.map((name) => path + name), typed]
  }

  /** Prints what was logged since it was last looked at. */
  async #printLog(): Promise<void> {
    for (const line of (await this.#log?.read().catch(() => [])) ?? []) process.stdout.write(`${textOf(line)}\n`)
  }

  async #evaluate(text: string): Promise<Outcome> {
    await this.#log?.skip().catch(() => {})
    // Ctrl-C was faster.
    if (this.#interrupting) return { kind: 'error', output: Buffer.from(`${interrupted}\n`) }
    let over = false
    const outcome = evaluate(this.#control, shown(text)).finally(() => {
      over = true
    })
    outcome.catch(() => {})
    while (!over) {
      await Promise.race([outcome.catch(() => {}), sleep(followMs)])
      await this.#printLog()
    }
    return outcome
  }

  async #next(): Promise<void> {
    if (this.#running) return
    const entered = this.#lines.shift()
    if (entered === undefined) return
    const { line, done } = entered
    this.#interrupting = false
    const text = this.#text === '' ? line : `${this.#text}\n${line}`
    if (text.trim() === 'help') process.stdout.write(help)
    else {
      this.#running = true
      try {
        const outcome = await this.#evaluate(text)
        if (outcome.kind !== 'incomplete') print(outcome)
        this.#text = outcome.kind === 'incomplete' ? text : ''
      } catch (e) {
        this.#fail(e)
        return
      }
      this.#running = false
    }
    this.#server.setPrompt(this.#text === '' ? '> ' : '>> ')
    done()
    if ((this.#server as { closed?: boolean }).closed && this.#lines.length === 0) this.#end(0)
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
    this.#server.write(null, { ctrl: true, name: 'e' })
    this.#server.write(null, { ctrl: true, name: 'u' })
    this.#server.setPrompt('> ')
    this.#server.displayPrompt()
  }
}

/** Runs the prompt. Resolves with the exit code. */
export async function prompt({ mount }: ClientOptions): Promise<number> {
  const control = await Control.open(mount)
  if (!process.stdin.isTTY) return batch(control)
  return new Terminal(control, await LogReader.open(mount).catch(() => null)).run()
}
