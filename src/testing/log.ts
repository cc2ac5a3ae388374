// The log of a server, which is a file that nobody else sees: each record is in it before the program that caused it
// has its answer, so that a test finds it at once, whatever it does meanwhile.
import { closeSync, fstatSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A record of the log. */
export interface LogRecord {
  /** Seconds since the server started; null for what is no record, as what Node says of a crash. */
  readonly time: number | null
  /** `err`, `warn`, `info` (Lua's print) or `debug`; null for what is no record. */
  readonly level: string | null
  /** What was logged; control characters are written as `\x0a`. */
  readonly text: string
}

/** How {@link Log.until} waits. */
export interface UntilOptions {
  /** How long, in milliseconds. Default: 5000. */
  readonly timeout?: number
}

const untilMs = 5000
/** How often the log is looked at, in milliseconds. */
const lookMs = 5
/** How many records an error shows: the newest. */
const shownMax = 20

/** A file that grows, read from where it was last forgotten. */
export class Growing {
  readonly #fd: number
  #begin = 0
  /** What was in it when it was closed. */
  #last: string | null = null

  constructor(fd: number) {
    this.#fd = fd
  }

  /** What is in it by now, without a last line that isn't whole. */
  read(): string {
    if (this.#last !== null) return this.#last
    const size = fstatSync(this.#fd).size
    const bytes = Buffer.alloc(Math.max(0, size - this.#begin))
    let n = 0
    for (let read = -1; n < bytes.length && read !== 0; n += read) {
      read = readSync(this.#fd, bytes, n, bytes.length - n, this.#begin + n)
    }
    return bytes.toString('utf8', 0, bytes.lastIndexOf(0x0a, n - 1) + 1)
  }

  /** Has it begin after what is in it by now. */
  forget(): void {
    if (this.#last === null) this.#begin = fstatSync(this.#fd).size
    else this.#last = ''
  }

  /** Closes it. What is in it by now can still be read. */
  close(): void {
    if (this.#last !== null) return
    this.#last = this.read()
    closeSync(this.#fd)
  }
}

function parse(line: string): LogRecord {
  const [, time, level, text] = /^\[ *(\d+\.\d+)\] (\w+): (.*)$/.exec(line) ?? []
  return text === undefined
    ? { time: null, level: null, text: line }
    : { time: Number(time), level: level as string, text }
}

/** The log of a mount, since it was made or reset. */
export class Log {
  readonly #file: Growing
  readonly #alive: () => void

  /**
   * @internal
   * @param alive throws where the server has ended
   */
  constructor(file: Growing, alive: () => void) {
    this.#file = file
    this.#alive = alive
  }

  /** The records so far, the oldest first. Whatever a call has caused is there when the call has returned. */
  get records(): LogRecord[] {
    return this.#file
      .read()
      .split('\n')
      .slice(0, -1)
      .map((line) => parse(line))
  }

  /** The texts of the records so far, each with a newline. */
  get text(): string {
    return this.records.map(({ text }) => `${text}\n`).join('')
  }

  /** @internal The newest records, of those from the one of number `from` on, as an error shows them; or nothing. */
  shown(from = 0): string {
    const records = this.records.slice(from)
    const lines = records.slice(-shownMax).map(({ level, text }) => `  ${level === null ? '' : `${level}: `}${text}`)
    if (lines.length === 0) return ''
    const more = records.length > shownMax ? [`  (${records.length - shownMax} more before)`] : []
    return ['', 'The log:', ...more, ...lines].join('\n')
  }

  /**
   * Resolves with the first record whose text matches, at once where there is one already.
   * Rejects with an Error that shows the log where there is none in time, or the server ends.
   */
  async until(pattern: RegExp | string, { timeout = untilMs }: UntilOptions = {}): Promise<LogRecord> {
    const matches = ({ text }: LogRecord) =>
      typeof pattern === 'string' ? text.includes(pattern) : text.search(pattern) !== -1
    for (const end = performance.now() + timeout; ; ) {
      const found = this.records.find(matches)
      if (found !== undefined) return found
      this.#alive()
      if (performance.now() >= end)
        throw new Error(`nothing in the log matches ${String(pattern)} within ${timeout} ms${this.shown()}`)
      await sleep(lookMs)
    }
  }

  /** Forgets the records so far: {@link records} and {@link until} begin with the next. */
  clear(): void {
    this.#file.forget()
  }
}
