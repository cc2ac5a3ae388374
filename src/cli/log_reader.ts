// The file kmsg of a mount, read as it grows: lines, and the records that they show.
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { kstrdup_quotable } from '../string_helpers.js'
import { mountError, openOnMount } from './control.js'

/** How often the log is looked at for new records, in milliseconds. */
export const followMs = 100

const readSize = 64 << 10

/** Reads the log of a mount. */
export class LogReader {
  readonly #mount: string
  readonly #file: FileHandle
  readonly #buffer = Buffer.alloc(readSize)
  /** What came of a line that isn't whole. */
  #rest: Buffer = Buffer.alloc(0)
  #pos: number

  private constructor(mount: string, file: FileHandle, pos: number) {
    this.#mount = mount
    this.#file = file
    this.#pos = pos
  }

  /**
   * Rejects with a UserError.
   * @param begin where to begin, in bytes
   */
  static async open(mount: string, begin = 0): Promise<LogReader> {
    return new LogReader(mount, await openOnMount(mount, 'kmsg', constants.O_RDONLY), begin)
  }

  /** Goes to its end. */
  async skip(): Promise<void> {
    this.#pos = (await this.#file.stat()).size
    this.#rest = Buffer.alloc(0)
  }

  /** The lines that are whole by now and were not read before. Rejects with a UserError. */
  async read(): Promise<string[]> {
    const pieces = [this.#rest]
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, readSize, this.#pos).catch((e) => {
        throw mountError(this.#mount, `${this.#mount}/kmsg`, e)
      })
      if (bytesRead === 0) break
      this.#pos += bytesRead
      pieces.push(Buffer.from(this.#buffer.subarray(0, bytesRead)))
    }
    const bytes = Buffer.concat(pieces)
    const end = bytes.lastIndexOf('\n') + 1
    this.#rest = bytes.subarray(end)
    // Where lines went away between two requests there are zeros.
    return bytes
      .toString('utf8', 0, end)
      .split('\n')
      .map((line) => line.replace(/^\0+/, ''))
      .filter((line) => line !== '')
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** A line's parts: `[ time] level: ` and the text, some of whose bytes are escaped. Null for another line. */
export function parseLine(line: string) {
  const [, prefix, at, level, text] = /^(\[ *(\d+\.\d+)\] (\w+): )(.*)$/.exec(line) ?? []
  return prefix === undefined || text === undefined ? null : { prefix, at, level, text }
}

/** A text whose further lines begin further in: a line of its own can't be taken for a record. */
export const below = (text: string, indent: number) => text.replaceAll('\\x0a', `\n${' '.repeat(indent)}`)

/** How far in the further lines of a text alone begin, in characters. */
const continuation = 4

/** A line's text for a person. */
export function textOf(line: string): string {
  const record = parseLine(line)
  return record === null ? kstrdup_quotable(line) : below(record.text, continuation)
}
