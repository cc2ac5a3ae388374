// The client of a mount's control device: how commands reach the server.
//
// The device runs what is written to it as a Lua chunk. A chunk written far behind, at an offset of its own, has its
// answer at that offset alone, so commands that run at once don't get each other's.
import { randomInt } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT_FAILURE, UserError } from '../errors.js'
import { kstrdup_quotable, quotable_json, quotable_lines } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'

/** What the commands on a running mount share. */
export interface ClientOptions {
  /** The folder of the mount. */
  readonly mount: string
  /** Whether the outcome is for a program: one line of JSON on standard output, errors included. */
  readonly json: boolean
}

/** linux/magic.h */
const FUSE_SUPER_MAGIC = 0x65735546

/** Where the offsets begin that have an answer each. */
const mailboxes = 2 ** 40
const mailboxCount = 2 ** 47
/** How far behind a mailbox a read interrupts the chunk that was written there. */
const interrupts = 2 ** 47

/** The longest chunk that the kernel passes on in one piece wherever it lies in memory, in bytes. */
const chunkMax = 31 * 4096

/** The size of a read, in bytes: any. */
const readSize = 64 << 10

/** What to do about an error of a system call on a mount. */
function advice(mount: string, path: string, code: string): string {
  const start = `run 'lunatik mount ${mount}', or name another folder with --mount or LUNATIK_MNT`
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `nothing of lunatik is mounted on ${mount}: ${start}`
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be used (${code}): run as the user who has mounted it`
    case 'ENOTCONN':
    case 'ECONNABORTED':
    case 'ENODEV':
    case 'ENXIO':
      return `the server of ${mount} has gone: ${start}`
    case 'EAGAIN':
      return `${path}: too many requests wait on the mount: try again`
    case 'ETIMEDOUT':
      return `${path}: no end within the server's --deadline`
    default:
      return `${path} can't be used (${code}): 'lunatik dmesg' may say why`
  }
}

/** The error for the user that a system call on the mount has given; what is none stays as it is. */
export function mountError(mount: string, path: string, e: unknown): unknown {
  const { code } = e as NodeJS.ErrnoException
  return typeof code === 'string' ? new UserError(advice(mount, path, code), undefined, { cause: e }) : e
}

/** Whether an error of {@link openOnMount} says that the user may not. */
export function isDenied(e: unknown): boolean {
  const code = e instanceof UserError ? (e.cause as NodeJS.ErrnoException | undefined)?.code : undefined
  return code === 'EACCES' || code === 'EPERM'
}

/**
 * Opens a file of a mount. Rejects with a UserError; also where the folder is none of a mount, lest a write went
 * anywhere else.
 * @param flags open(2)'s
 */
export async function openOnMount(mount: string, name: string, flags: number): Promise<FileHandle> {
  const path = join(mount, name)
  try {
    if ((await statfs(mount)).type !== FUSE_SUPER_MAGIC) throw Object.assign(new Error(), { code: 'ENOENT' })
    return await open(path, flags)
  } catch (e) {
    throw mountError(mount, path, e)
  }
}

/** The message of a chunk that doesn't compile or raises. */
export class ChunkError extends Error {
  override readonly name = 'ChunkError'
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    super(bytes.toString())
    this.bytes = bytes
  }

  /** The same without the place in a chunk that begins with `require(`, which is a command's and no user's. */
  get ofCommand(): ChunkError {
    const place = /^\[string "require\([^\n]*?"\]:\d+: /.exec(this.bytes.toString('latin1'))?.[0] ?? ''
    return place === '' ? this : new ChunkError(this.bytes.subarray(place.length))
  }

  /** For a person, in its lines. */
  get shown(): string {
    return quotable_lines(stringOf(this.bytes))
  }
}

/** What is said of a chunk that was interrupted. */
export const interrupted = 'interrupted!'

/** A chunk was ended by {@link Control.interrupt}. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** An open control device. */
export class Control {
  readonly #mount: string
  readonly #path: string
  readonly #file: FileHandle
  /** The mailbox of the chunk that runs; null for none. */
  #running: number | null = null
  #interrupted = false
  /** Whether the last chunk ran beside others that take their time, with globals of its own. */
  beside = false

  private constructor(mount: string, file: FileHandle) {
    this.#mount = mount
    this.#path = join(mount, 'lunatik')
    this.#file = file
  }

  /** Rejects with a UserError. */
  static async open(mount: string): Promise<Control> {
    return new Control(mount, await openOnMount(mount, 'lunatik', constants.O_RDWR))
  }

  /**
   * Runs a chunk.
   * @returns its results as text, joined by tabs. Rejects with a ChunkError where it raises, with Interrupted where it
   *   was
   *   interrupted, with a UserError where it can't be run
   */
  async ask(chunk: string): Promise<Buffer> {
    const bytes = Buffer.from(chunk)
    if (bytes.length > chunkMax)
      throw new UserError(`a chunk of ${bytes.length} bytes is too long: ${chunkMax} at most`)
    const answer = await this.#exchange(bytes).catch((e) => {
      if (this.#interrupted && e.code === 'ECANCELED') throw new Interrupted(interrupted)
      throw mountError(this.#mount, this.#path, e)
    })
    const rest = answer.subarray(1)
    const kind = String.fromCharCode(answer[0] ?? 0)
    this.beside = kind === '*' || kind === '~'
    if (kind === '+' || kind === '*') return rest
    if (kind === '-' || kind === '~') throw new ChunkError(rest)
    throw new UserError(`${this.#path} gives no answer: is it the control device of this version?`)
  }

  async #exchange(chunk: Buffer): Promise<Buffer> {
    const mailbox = mailboxes + randomInt(mailboxCount)
    this.#interrupted = false
    this.#running = mailbox
    try {
      const { bytesWritten } = await this.#file.write(chunk, 0, chunk.length, mailbox)
      if (bytesWritten !== chunk.length) return Buffer.alloc(0)
      const pieces: Buffer[] = []
      for (;;) {
        const piece = Buffer.alloc(readSize)
        // Of a chunk that takes its time the write was answered before; this waits for it.
        const { bytesRead } = await this.#file.read(piece, 0, readSize, mailbox)
        if (bytesRead === 0) return Buffer.concat(pieces)
        pieces.push(piece.subarray(0, bytesRead))
      }
    } finally {
      this.#running = null
    }
  }

  /**
   * Ends the chunk that runs, if one does.
   * @returns whether one did
   */
  async interrupt(): Promise<boolean> {
    if (this.#running === null) return false
    this.#interrupted = true
    await this.#file.read(Buffer.alloc(1), 0, 1, this.#running + interrupts)
    return true
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** A text as a Lua string: characters that Lua or a terminal may take for something else as `\ddd`. */
export const quote = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it escapes
  `"${text.replace(/[\x00-\x1f"\\\x7f]/g, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`)}"`

/** How a command prints the results of its chunk. */
export interface Printer {
  /** For a person, whose terminal it must not steer; without the newline at its end. */
  text(results: Buffer): string
  /** For a program: any JSON value. */
  json(results: Buffer): unknown
  /** What to put behind an error's message. */
  meant?(message: string): string
}

/** Results as one line for a person. */
export const oneLine = (results: Buffer): string => kstrdup_quotable(stringOf(results))

/** Runs one chunk on the mount and prints what came of it. Resolves with the exit code. */
export async function command({ mount, json }: ClientOptions, chunk: string, printer: Printer): Promise<number> {
  try {
    const control = await Control.open(mount)
    const results = await control.ask(chunk)
    await control.close()
    process.stdout.write(`${json ? quotable_json(printer.json(results)) : printer.text(results)}\n`)
    return 0
  } catch (thrown) {
    const e = thrown instanceof ChunkError ? thrown.ofCommand : thrown
    if (!(e instanceof ChunkError || e instanceof UserError)) throw e
    if (json) process.stdout.write(`${quotable_json({ ok: false, error: e.message })}\n`)
    else if (e instanceof UserError) throw e
    else process.stderr.write(`${e.shown}${kstrdup_quotable(printer.meant?.(e.message) ?? '')}\n`)
    return e instanceof UserError ? e.exitCode : EXIT_FAILURE
  }
}
