// The buffers of a connection: one that requests are read into, and some that answers are made in. They are used again
// and again; an operation that sleeps keeps the one that it works in, and others get a new one.
import * as P from './protocol.js'
import { FuseReply } from './reply.js'
import { FuseRequest } from './request.js'

/** Pages of a transfer, 1 MiB: what kernels allow unless they are set otherwise. */
export const maxPages = 256
/** The longest transfer, in bytes. */
export const FUSE_TRANSFER_MAX = maxPages * 4096
/** The longest request: a write with its headers. */
export const FUSE_REQUEST_MAX = FUSE_TRANSFER_MAX + 4096

/** The sizes of answers' buffers, so that a request that sleeps holds little. */
const replySizes = [4096, 65_536, FUSE_TRANSFER_MAX]

/** The buffers of one connection. */
export class Buffers {
  /** Where the next request is read. */
  request = new FuseRequest(FUSE_REQUEST_MAX)
  /** For an answer that is sent at once, of up to 256 bytes. */
  readonly small = new FuseReply(256)
  readonly #replies = replySizes.map((size) => new FuseReply(size))

  /** The request that was read stays where it is. */
  keepRequest(): void {
    this.request = new FuseRequest(FUSE_REQUEST_MAX)
  }

  /** For an answer of up to `size` bytes, or as many as one can have. */
  reply(size: number): FuseReply {
    return this.#replies.find(({ capacity }) => capacity >= size) ?? (this.#replies.at(-1) as FuseReply)
  }

  /** An answer is still being made in `reply`. */
  keepReply(reply: FuseReply): void {
    this.#replies[this.#replies.indexOf(reply)] = new FuseReply(reply.capacity)
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
