// read(2) and write(2) of /dev/fuse: libc's own through the package koffi, which cost half of what node:fs takes for
// them; node:fs where koffi isn't there, and until a mount has served enough that loading it pays.
import { readSync, writeSync } from 'node:fs'
import { type Declare, libc } from '../libc.js'

/** After so many reads koffi is loaded, which takes as long as some ten thousand of them are faster with it. */
const readsBefore = 500

/** A read or write: how many bytes, or a negative errno. */
type Transfer = (fd: number, buf: Buffer, length: number) => number

/** The negative errno of an exception of node:fs; one that is none goes on. */
function errnoOf(e: unknown): number {
  const { errno } = e as NodeJS.ErrnoException
  if (typeof errno !== 'number') throw e
  return errno
}

const slowRead: Transfer = (fd, buf, length) => {
  try {
    return readSync(fd, buf, 0, length, null)
  } catch (e) {
    return errnoOf(e)
  }
}

const slowWrite: Transfer = (fd, buf, length) => {
  try {
    return writeSync(fd, buf, 0, length)
  } catch (e) {
    return errnoOf(e)
  }
}

const declare: Declare<{ readonly read: Transfer; readonly write: Transfer }> = (koffi, lib) => {
  const args = ['int', 'void *', 'size_t']
  const transfer = (name: string): Transfer => {
    const f = lib.func(name, 'int64_t', args)
    return (fd, buf, length) => {
      const n = f(fd, buf, length)
      return n >= 0 ? n : -koffi.errno()
    }
  }
  return { read: transfer('read'), write: transfer('write') }
}

/** The reads and writes of one connection. */
export class DeviceIo {
  readonly #fd: number
  #read = slowRead
  #write = slowWrite
  #reads = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Fills a buffer with the next request, for which it waits. Returns its length in bytes, or a negative errno. */
  read(buf: Buffer): number {
    if (++this.#reads === readsBefore) this.#load()
    return this.#read(this.#fd, buf, buf.length)
  }

  /** Writes the first `length` bytes of a buffer. Returns how many, or a negative errno. */
  write(buf: Buffer, length: number): number {
    return this.#write(this.#fd, buf, length)
  }

  #load(): void {
    const fast = libc(declare)
    if (fast === null) return
    this.#read = fast.read
    this.#write = fast.write
  }
}
