// read(2), write(2) and writev(2) of /dev/fuse: libc's own through the package koffi, which cost half of what node:fs
// takes for them; node:fs where koffi isn't there, and until a mount has served enough that loading it pays.
import { readSync, writeSync, writevSync } from 'node:fs'
import { type Declare, libc } from '../libc.js'

/** After so many reads koffi is loaded, which takes as long as some ten thousand of them are faster with it. */
const readsBefore = 500

/** A read or write: how many bytes, or a negative errno. */
type Transfer = (fd: number, buf: Buffer, length: number) => number

/** A write of the first `length` bytes of a buffer, and what comes behind them. */
type Gather = (fd: number, buf: Buffer, length: number, behind: Uint8Array) => number

/** How it is done. */
interface Calls {
  readonly read: Transfer
  readonly write: Transfer
  readonly writev: Gather
}

/** What `call` gives; the negative errno of an exception of node:fs. One that is none goes on. */
function resultOf(call: () => number): number {
  try {
    return call()
  } catch (e) {
    const { errno } = e as NodeJS.ErrnoException
    if (typeof errno !== 'number') throw e
    return errno
  }
}

const slow: Calls = {
  read: (fd, buf, length) => resultOf(() => readSync(fd, buf, 0, length, null)),
  write: (fd, buf, length) => resultOf(() => writeSync(fd, buf, 0, length)),
  writev: (fd, buf, length, behind) => resultOf(() => writevSync(fd, [buf.subarray(0, length), behind])),
}

const declare: Declare<Calls> = (koffi, lib) => {
  const args = ['int', 'void *', 'size_t']
  const transfer = (name: string): Transfer => {
    const f = lib.func(name, 'int64_t', args)
    return (fd, buf, length) => {
      const n = f(fd, buf, length)
      return n >= 0 ? n : -koffi.errno()
    }
  }
  const writev = transfer('writev')
  // struct iovec, two of them: a pointer and a length each.
  const words = new BigUint64Array(4)
  const iov = Buffer.from(words.buffer)
  return {
    read: transfer('read'),
    write: transfer('write'),
    writev: (fd, buf, length, behind) => {
      words[0] = koffi.address(buf)
      words[1] = BigInt(length)
      words[2] = koffi.address(behind)
      words[3] = BigInt(behind.length)
      return writev(fd, iov, 2)
    },
  }
}

/** The reads and writes of one connection. */
export class DeviceIo {
  readonly #fd: number
  #calls = slow
  #reads = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Fills a buffer with the next request, for which it waits. Returns its length in bytes, or a negative errno. */
  read(buf: Buffer): number {
    if (++this.#reads === readsBefore) this.#calls = libc(declare) ?? slow
    return this.#calls.read(this.#fd, buf, buf.length)
  }

  /** Writes the first `length` bytes of a buffer. Returns how many, or a negative errno. */
  write(buf: Buffer, length: number): number {
    return this.#calls.write(this.#fd, buf, length)
  }

  /** Writes the first `length` bytes of a buffer, and behind them others. Returns how many, or a negative errno. */
  writev(buf: Buffer, length: number, behind: Uint8Array): number {
    return this.#calls.writev(this.#fd, buf, length, behind)
  }
}
