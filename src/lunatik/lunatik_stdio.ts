// lunatik_stdio.h: a FILE for liolib.ts, made of a descriptor, a position and a buffer for what is read. Writes go
// straight to the file, so there is nothing to flush.
//
// What differs: a write after a read continues where the read ended (on a kernel behind the block that was read ahead);
// nothing here blocks, so what a FIFO has is out of reach; and the files that are open are counted, because they are
// the process's.
import { closeSync, constants, fstatSync, readSync, type Stats, writeSync } from 'node:fs'
import { pr_fmt } from '../printk.js'
import { lunatik_at, type lunatik_place } from './lunatik_path.js'

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants

/** What is read ahead, in bytes. */
export const BUFSIZE = 8 << 10

/** Files that may be open at a time, in all runtimes: the process needs descriptors for its mounts as well. */
export const FOPEN_MAX = 512

export const EOF = -1

/** From where seek counts. */
export type whence = 'set' | 'cur' | 'end'

let opened = 0

/** The descriptor of what can't be read nor written. */
const none = -1

/** An open file. No method throws: `err` tells, as C's ferror. */
export class FILE {
  /** Whether something has failed since clearerr. */
  err = false
  readonly #fd: number
  readonly #append: boolean
  /** Where the file goes on behind the buffer. */
  #pos = 0
  /** The file's own position, which on a kernel neither a read nor a write moves. */
  #fpos = 0
  #buf: Buffer | null = null
  #bufpos = 0
  #buflen = 0

  constructor(fd: number, append: boolean) {
    this.#fd = fd
    this.#append = append
    opened++
  }

  /** The result of `call`, or `failed` and err where it throws. */
  #try<T>(failed: T, call: () => T): T {
    try {
      return call()
    } catch {
      this.err = true
      return failed
    }
  }

  /** Reads into `to` what follows the buffer. */
  #pread(to: Uint8Array): number {
    const n = this.#try(0, () => readSync(this.#fd, to, 0, to.length, this.#pos))
    this.#pos += n
    return n
  }

  /** Whether there is something in the buffer, once it is filled. */
  #fill(): boolean {
    if (this.#bufpos < this.#buflen) return true
    this.#buf ??= Buffer.allocUnsafeSlow(BUFSIZE)
    this.#buflen = this.#pread(this.#buf)
    this.#bufpos = 0
    return this.#buflen > 0
  }

  /** Forgets what was read ahead. */
  #drop(): void {
    this.#pos -= this.#buflen - this.#bufpos
    this.#bufpos = 0
    this.#buflen = 0
  }

  #size(): number {
    return this.#try(0, () => fstatSync(this.#fd).size)
  }

  /** The next byte, which stays; or EOF. C's getc and ungetc. */
  peek(): number {
    return this.#fill() ? ((this.#buf as Buffer)[this.#bufpos] as number) : EOF
  }

  /** Goes past the byte that peek gave. */
  skip(): void {
    this.#bufpos++
  }

  /** The bytes up to the next newline or the end; null for more than `max`. Valid until the next call. */
  gets(max: number): Uint8Array | null {
    const parts: Uint8Array[] = []
    let length = 0
    while (this.#fill()) {
      const ahead = (this.#buf as Buffer).subarray(this.#bufpos, this.#buflen)
      const newline = ahead.indexOf(0x0a)
      const part = newline < 0 ? ahead : ahead.subarray(0, newline + 1)
      this.#bufpos += part.length
      length += part.length
      if (length > max) return null
      if (newline >= 0 && parts.length === 0) return part
      parts.push(Buffer.from(part))
      if (newline >= 0) break
    }
    return Buffer.concat(parts, length)
  }

  /** The next `n` bytes, or fewer at the end; null for more than `max`. Valid until the next call. */
  read(n: number, max: number): Uint8Array | null {
    const limit = Math.min(n, max + 1)
    const ahead = this.#buflen - this.#bufpos
    // One byte more than there seems to be shows the end without room for another block.
    const rest = limit <= ahead ? 0 : Math.max(0, this.#size() - this.#pos) + 1
    let to = Buffer.allocUnsafe(Math.min(limit, Math.max(ahead + rest, BUFSIZE)))
    let length = 0
    while (length < limit) {
      if (length === to.length) to = Buffer.concat([to], Math.min(limit, 2 * length))
      const room = to.subarray(length)
      let got: number
      if (this.#bufpos === this.#buflen && room.length >= BUFSIZE) got = this.#pread(room)
      else if (this.#fill()) {
        got = (this.#buf as Buffer).copy(room, 0, this.#bufpos, this.#buflen)
        this.#bufpos += got
      } else break
      if (got === 0) break
      length += got
    }
    return length > max ? null : to.subarray(0, length)
  }

  /** Writes `bytes`. Returns how many; fewer after an error. */
  write(bytes: Uint8Array): number {
    this.#drop()
    let done = 0
    while (done < bytes.length) {
      const n = this.#try(0, () => writeSync(this.#fd, bytes, done, bytes.length - done, this.#pos))
      if (n === 0) break
      done += n
      this.#pos = this.#append ? this.#size() : this.#pos + n
    }
    return done
  }

  /**
   * Moves to an offset and returns it; null for one before the start, or beyond 2^53. `'cur'` counts from where the
   * last seek went, whatever was read or written since, as on a kernel.
   */
  seek(offset: number, from: whence): number | null {
    if (this.#fd === none) return null
    const pos = offset + (from === 'set' ? 0 : from === 'cur' ? this.#fpos : this.#size())
    if (!Number.isSafeInteger(pos) || pos < 0) return null
    this.#drop()
    this.#pos = pos
    this.#fpos = pos
    return pos
  }

  /** To be called once. Returns whether the file system is content. */
  close(): boolean {
    opened--
    this.err = false
    if (this.#fd !== none) this.#try(undefined, () => closeSync(this.#fd))
    return !this.err
  }
}

/** Whether open(2) opens what is no regular file: a folder for reading, and devices and FIFOs. */
function isOpenable(place: lunatik_place, stat: Stats, writes: boolean, reads: boolean): boolean {
  if (stat.isSocket() || (stat.isDirectory() && writes)) return false
  place.access((reads ? constants.R_OK : 0) | (writes ? constants.W_OK : 0))
  return true
}

/** @throws where an operation of the file system does */
function open(place: lunatik_place, mode: string): FILE | null {
  const { stat } = place
  const update = mode[1] === '+'
  const reads = mode[0] === 'r' || update
  const writes = mode[0] !== 'r' || update
  const append = mode[0] === 'a'
  if (stat === null && mode[0] === 'r') return null
  // The kernel reads no device either; and only a regular file's open(2) is sure to come back, and to do nothing else.
  if (stat !== null && !stat.isFile()) return isOpenable(place, stat, writes, reads) ? new FILE(none, append) : null
  const access = update ? O_RDWR : writes ? O_WRONLY : O_RDONLY
  const create = mode[0] === 'r' ? 0 : O_CREAT | (append ? O_APPEND : O_TRUNC)
  return new FILE(place.open(access | create), append)
}

/**
 * Opens the file `path`, unless it is on a mount of lunatik.
 * @param mode `r`, `w` or `a`, with a `+` for both reading and writing
 * @param caller whom the log names where it says why not
 * @returns the file, or null
 */
export function fopen(path: string, mode: string, caller: string): FILE | null {
  if (opened < FOPEN_MAX) return lunatik_at(path, caller, (place) => open(place, mode))
  pr_fmt(caller).pr_warn(`${path} can't be opened: ${FOPEN_MAX} files are open, which scripts have not closed`)
  return null
}
