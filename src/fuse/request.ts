// A request as it was read from /dev/fuse: fields are read in place, as 32-bit words of the host, and none allocates.
import { EINVAL } from '../errno.js'
import * as P from './protocol.js'

/** The shortest body of each opcode that has one, in bytes; names have a NUL beyond it. */
const bodies = new Uint16Array(64)
for (const [opcode, length] of [
  [P.FUSE_FORGET, 8],
  [P.FUSE_GETATTR, 16],
  [P.FUSE_SETATTR, 88],
  [P.FUSE_SYMLINK, 2],
  [P.FUSE_MKNOD, 17],
  [P.FUSE_MKDIR, 9],
  [P.FUSE_UNLINK, 1],
  [P.FUSE_RMDIR, 1],
  [P.FUSE_LOOKUP, 1],
  [P.FUSE_RENAME, 10],
  [P.FUSE_LINK, 9],
  [P.FUSE_OPEN, 8],
  [P.FUSE_READ, 40],
  [P.FUSE_WRITE, 40],
  [P.FUSE_RELEASE, 24],
  [P.FUSE_FSYNC, 16],
  [P.FUSE_LISTXATTR, 8],
  [P.FUSE_INIT, 16],
  [P.FUSE_OPENDIR, 8],
  [P.FUSE_READDIR, 40],
  [P.FUSE_READDIRPLUS, 40],
  [P.FUSE_RELEASEDIR, 24],
  [P.FUSE_INTERRUPT, 8],
  [P.FUSE_IOCTL, 32],
  [P.FUSE_POLL, 24],
  [P.FUSE_BATCH_FORGET, 8],
  [P.FUSE_RENAME2, 18],
  [P.FUSE_LSEEK, 24],
] as const) {
  bodies[opcode] = length
}

const TWO32 = 2 ** 32

/** A buffer that one request is read into, and the request in it. Its properties are those of fuse_in_header. */
export class FuseRequest {
  readonly buf: Buffer
  /** Where it is in memory, for C; 0 until it was asked for (dev-fuse-io.ts). */
  address = 0
  readonly #u32: Uint32Array
  /** What was asked for last: a program writes as much again and again. */
  #written: Buffer

  /** @param memory begins on a word, and has room for the longest write and a page for its header */
  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.buf = Buffer.from(buffer, byteOffset, length)
    this.#u32 = new Uint32Array(buffer, byteOffset, length >> 2)
    this.#written = this.buf.subarray(0, 0)
  }

  /**
   * Checks what was read into the buffer.
   * @param n how many bytes
   * @returns 0; -EINVAL for what is shorter than its header, says another length, or is too short for its opcode
   */
  check(n: number): number {
    if (n < P.FUSE_IN_HEADER || this.len !== n) return -EINVAL
    const { opcode } = this
    return n - P.FUSE_IN_HEADER < (opcode < bodies.length ? (bodies[opcode] as number) : 0) ? -EINVAL : 0
  }

  /** The whole request's length in bytes. */
  get len(): number {
    return this.#u32[P.IN_HEADER.LEN] as number
  }
  get opcode(): number {
    return this.#u32[P.IN_HEADER.OPCODE] as number
  }
  /** The request's number, in two words: an answer repeats them. */
  get uniqueLow(): number {
    return this.#u32[P.IN_HEADER.UNIQUE] as number
  }
  get uniqueHigh(): number {
    return this.#u32[P.IN_HEADER.UNIQUE + 1] as number
  }
  get nodeid(): number {
    return this.u64(P.IN_HEADER.NODEID)
  }
  get uid(): number {
    return this.#u32[P.IN_HEADER.UID] as number
  }
  get gid(): number {
    return this.#u32[P.IN_HEADER.GID] as number
  }
  get pid(): number {
    return this.#u32[P.IN_HEADER.PID] as number
  }

  /** The word at `word`, counted from the header's beginning. */
  u32(word: number): number {
    return this.#u32[word] as number
  }

  i32(word: number): number {
    return (this.#u32[word] as number) | 0
  }

  /** 64 bits as a number: beyond 2^53 the nearest. */
  u64(word: number): number {
    return (this.#u32[word] as number) + (this.#u32[word + 1] as number) * TWO32
  }

  /** 64 bits with a sign. */
  i64(word: number): number {
    const high = this.#u32[word + 1] as number
    if (high < 0x8000_0000) return this.u64(word)
    return Number(BigInt.asIntN(64, BigInt(this.#u32[word] as number) + BigInt(high) * BigInt(TWO32)))
  }

  /**
   * The name that begins at `offset` bytes.
   * @returns its bytes without the NUL at its end, in place; null where there is no NUL, or nothing before it
   */
  name(offset: number): Buffer | null {
    const end = this.buf.indexOf(0, offset)
    return end <= offset || end >= this.len ? null : this.buf.subarray(offset, end)
  }

  /** What a write has written, in place. */
  written(length: number): Buffer {
    if (this.#written.length !== length) {
      this.#written = this.buf.subarray(P.WRITE_IN.DATA_AT, P.WRITE_IN.DATA_AT + length)
    }
    return this.#written
  }

  /** `length` bytes from `offset`, in place; null where the request is shorter. */
  data(offset: number, length: number): Buffer | null {
    return offset + length > this.len ? null : this.buf.subarray(offset, offset + length)
  }
}
