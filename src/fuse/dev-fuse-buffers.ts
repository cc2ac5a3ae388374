// The buffers of a connection: one that requests are read into, and some that answers are made in. They are used again
// and again; an operation that sleeps keeps the one that it works in, and others get a new one. The one that requests
// are read into is where Lua takes bytes from (vfs/uaccess.ts): there is one alone, which comes back.
import { user_memory } from '../vfs/uaccess.js'
import * as P from './protocol.js'
import { FuseReply } from './reply.js'
import { FuseRequest } from './request.js'

/** Pages of a transfer, 1 MiB: what kernels allow unless they are set otherwise. */
export const maxPages = 256
/** The longest transfer, in bytes. */
export const FUSE_TRANSFER_MAX = maxPages * 4096
/** The longest request: a write with its headers. */
export const FUSE_REQUEST_MAX = FUSE_TRANSFER_MAX + 4096

/**
 * Answers' buffers have 4 KiB, 8 KiB and so on, so that a request that sleeps holds what it needs, or not twice of it.
 */
const leastBits = 12
const least = 2 ** leastBits

const bitsOf = (size: number) => 32 - Math.clz32(size - 1)
/** Which of the sizes has room for so many bytes, or is the largest. */
const indexOf = (size: number) => (size <= least ? 0 : bitsOf(Math.min(size, FUSE_TRANSFER_MAX)) - leastBits)

/** The buffers of one connection. */
export class Buffers {
  /** Where requests are read, unless an operation is still at the one that was. */
  readonly #home = new FuseRequest(user_memory(FUSE_REQUEST_MAX))
  /** Where they are read meanwhile. */
  #away: FuseRequest | null = null
  /** Where the next request is read. */
  request = this.#home
  /** For an answer that is sent at once, of up to 256 bytes. */
  readonly small = new FuseReply(256)
  /** By size: each that was needed so far. */
  readonly #replies: (FuseReply | undefined)[] = []

  /** The request that was read stays where it is until `operation` has ended. */
  keepRequest(operation: Promise<unknown>): void {
    const back = () => {
      this.request = this.#home
    }
    if (this.request === this.#home) operation.then(back, back)
    else this.#away = null
    this.#away ??= new FuseRequest(new Uint8Array(FUSE_REQUEST_MAX))
    this.request = this.#away
  }

  /** For an answer of up to `size` bytes, or as many as one can have. What it holds is left from another one. */
  reply(size: number): FuseReply {
    const index = indexOf(size)
    let reply = this.#replies[index]
    if (reply === undefined) {
      reply = new FuseReply(least << index)
      this.#replies[index] = reply
    }
    reply.used = Math.max(reply.used, Math.min(size, reply.capacity))
    return reply
  }

  /** The same, with zeros in the first `size` bytes, for who may not fill all that is sent. */
  cleanReply(size: number): FuseReply {
    const used = this.#replies[indexOf(size)]?.used ?? 0
    const reply = this.reply(size)
    reply.clean(Math.min(used, size))
    return reply
  }

  /** An answer is still being made in `reply`, or what a request brought is there. */
  keepReply(reply: FuseReply): void {
    this.#replies[indexOf(reply.capacity)] = undefined
  }
}

/** A number of the kernel's, in the two words that an answer repeats. */
export interface Unique {
  readonly uniqueLow: number
  readonly uniqueHigh: number
}

/** The number of a request whose buffer is used again before it is answered. */
export const uniqueOf = ({ uniqueLow, uniqueHigh }: Unique): Unique => ({ uniqueLow, uniqueHigh })

/** The key of a request among those that wait. */
export const keyOf = (r: FuseRequest): number => r.u64(P.IN_HEADER.UNIQUE)
