// read(2), write(2) and writev(2) of /dev/fuse: libc's own through the package koffi, which cost half of what node:fs
// takes for them; node:fs where koffi isn't there, and until a mount has served enough that loading it pays.
import { readSync, writeSync, writevSync } from 'node:fs'
import { type Declare, libc } from '../libc.js'

/** After so many reads koffi is loaded, which takes as long as some ten thousand of them are faster with it. */
const readsBefore = 500

/** What is read or written. */
export interface Message {
  readonly buf: Buffer
  /** Where the buffer is in memory, for C; 0 until it was asked for. */
  address: number
}

/** A read or write: how many bytes, or a negative errno. */
type Transfer = (fd: number, message: Message, length: number) => number

/** A write of the first `length` bytes of a buffer, and what comes behind them. */
type Gather = (fd: number, message: Message, length: number, behind: Uint8Array) => number

/** How it is done. */
interface Calls {
  readonly read: Transfer
  readonly write: Transfer
  readonly writev: Gather
}

/** What `call` gives; the negative errno of an exception of node:fs. One that is none goes on. */
function tried(call: () => number): number {
  try {
    return call()
  } catch (e) {
    const { errno } = e as NodeJS.ErrnoException
    if (typeof errno !== 'number') throw e
    return errno
  }
}

const slow: Calls = {
  read: (fd, { buf }, length) => tried(() => readSync(fd, buf, 0, length, null)),
  write: (fd, { buf }, length) => tried(() => writeSync(fd, buf, 0, length)),
  writev: (fd, { buf }, length, behind) => tried(() => writevSync(fd, [buf.subarray(0, length), behind])),
}

const TWO32 = 2 ** 32

const declare: Declare<Calls> = (koffi, lib) => {
  // koffi takes longer to find a buffer's address than a number.
  const addressOf = (bytes: ArrayBufferView): number => Number(koffi.address(bytes))
  const known = (message: Message): number => {
    if (message.address === 0) message.address = addressOf(message.buf)
    return message.address
  }
  // What they give fits into an int: the longest is a request of FUSE_REQUEST_MAX.
  const func = (name: string) => lib.func(name, 'int', ['int', 'uintptr_t', 'size_t'])
  const [read, write, writev] = [func('read'), func('write'), func('writev')]
  const resultOf = (n: number): number => (n >= 0 ? n : -koffi.errno())
  // struct iovec, two of them: a pointer and a length of 64 bits each.
  const words = new Uint32Array(8)
  const iov = { buf: Buffer.from(words.buffer), address: 0 }
  const set = (word: number, value: number) => {
    words[word] = value
    words[word + 1] = value / TWO32
  }
  // What lies behind is nearly always in the same memory.
  let memory: ArrayBufferLike | null = null
  let base = 0
  // Each is called in a place of its own: there V8 knows which it is, and calls it by a shorter way.
  return {
    read: (fd, message, length) => resultOf(read(fd, known(message), length)),
    write: (fd, message, length) => resultOf(write(fd, known(message), length)),
    writev: (fd, message, length, behind) => {
      if (behind.buffer !== memory) {
        base = addressOf(behind) - behind.byteOffset
        memory = behind.buffer
      }
      set(0, known(message))
      set(2, length)
      set(4, base + behind.byteOffset)
      set(6, behind.length)
      return resultOf(writev(fd, known(iov), 2))
    },
  }
}

/** The reads and writes of one connection. */
export class DeviceIo {
  readonly #fd: number
  /** libc's calls, each in a place where V8 has seen no other one; null where it is node:fs. */
  #libc: Calls | null = null
  #reads = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Fills a buffer with the next request, for which it waits. Returns its length in bytes, or a negative errno. */
  read(message: Message): number {
    if (this.#libc !== null) return this.#libc.read(this.#fd, message, message.buf.length)
    if (++this.#reads === readsBefore) this.#libc = libc(declare)
    return slow.read(this.#fd, message, message.buf.length)
  }

  /** Writes the first `length` bytes of a buffer. Returns how many, or a negative errno. */
  write(message: Message, length: number): number {
    if (this.#libc !== null) return this.#libc.write(this.#fd, message, length)
    return slow.write(this.#fd, message, length)
  }

  /** Writes the first `length` bytes of a buffer, and behind them others. Returns how many, or a negative errno. */
  writev(message: Message, length: number, behind: Uint8Array): number {
    if (this.#libc !== null) return this.#libc.writev(this.#fd, message, length, behind)
    return slow.writev(this.#fd, message, length, behind)
  }
}
