// An answer or a notification as it is written to /dev/fuse: fields are written in place, as 32-bit words of the host,
// and none allocates.
import * as P from './protocol.js'

const TWO32 = 2 ** 32
const TWO63 = 2n ** 63n

/** A buffer that an answer is made in. */
export class FuseReply {
  readonly buf: Buffer
  /** Where it is in memory, for C; 0 until it was asked for (dev-fuse-io.ts). */
  address = 0
  readonly #u32: Uint32Array
  /** The one that was asked for last: a program reads as much again and again. */
  #body: Buffer
  /** How many bytes of the body may hold something, from its beginning. */
  used = 0

  /** @param size of the longest body, in bytes */
  constructor(size: number) {
    const memory = new ArrayBuffer(P.FUSE_OUT_HEADER + size)
    this.buf = Buffer.from(memory)
    this.#body = this.buf.subarray(0, 0)
    this.#u32 = new Uint32Array(memory, 0, Math.floor(memory.byteLength / 4))
  }

  /** Where the body goes, as long as the buffer lasts. */
  body(length: number): Buffer {
    if (this.#body.length !== length) {
      this.#body = this.buf.subarray(P.FUSE_OUT_HEADER, P.FUSE_OUT_HEADER + length)
    }
    return this.#body
  }

  /** Sets the first bytes of the body to 0. */
  clean(length: number): void {
    // Most are short, and calling a function of Buffer's costs more than that.
    if (length > 64) this.buf.fill(0, P.FUSE_OUT_HEADER, P.FUSE_OUT_HEADER + length)
    else for (let i = 0; i < length; i++) this.buf[P.FUSE_OUT_HEADER + i] = 0
  }

  /** The whole body, for who fills it in pieces. */
  get capacity(): number {
    return this.buf.length - P.FUSE_OUT_HEADER
  }

  /**
   * Writes the header.
   * @param error 0 or a negative errno; of a notification its code, with unique 0
   * @param length of the body, in bytes
   * @returns the answer's length in bytes
   */
  header(uniqueLow: number, uniqueHigh: number, error: number, length: number): number {
    const u32 = this.#u32
    u32[P.OUT_HEADER.LEN] = P.FUSE_OUT_HEADER + length
    u32[P.OUT_HEADER.ERROR] = error
    u32[P.OUT_HEADER.UNIQUE] = uniqueLow
    u32[P.OUT_HEADER.UNIQUE + 1] = uniqueHigh
    return P.FUSE_OUT_HEADER + length
  }

  set32(word: number, value: number): void {
    this.#u32[word] = value
  }

  /** A number from 0 to 2^53, or a negative one, as 64 bits. */
  set64(word: number, value: number): void {
    if (value >= 0) {
      this.#u32[word] = value
      this.#u32[word + 1] = value / TWO32
    } else {
      const bits = BigInt.asUintN(64, BigInt(value) >= -TWO63 ? BigInt(value) : -TWO63)
      this.#u32[word] = Number(bits & 0xffff_ffffn)
      this.#u32[word + 1] = Number(bits >> 32n)
    }
  }

  #time(word: number, nsecWord: number, ms: number): void {
    const seconds = Math.floor(ms / 1000)
    this.set64(word, seconds)
    // A double has few digits left for a time far away: what is rounded stays within the second.
    this.#u32[nsecWord] = Math.min(Math.max(Math.round((ms - seconds * 1000) * 1e6), 0), 999_999_999)
  }

  /** Writes fuse_attr from `word` on. */
  attr(word: number, attr: P.FuseAttr): void {
    const u32 = this.#u32
    this.set64(word + P.ATTR.INO, attr.ino)
    this.set64(word + P.ATTR.SIZE, attr.size)
    this.set64(word + P.ATTR.BLOCKS, 0)
    this.#time(word + P.ATTR.ATIME, word + P.ATTR.ATIMENSEC, attr.atime)
    this.#time(word + P.ATTR.MTIME, word + P.ATTR.MTIMENSEC, attr.mtime)
    this.#time(word + P.ATTR.CTIME, word + P.ATTR.CTIMENSEC, attr.ctime)
    u32[word + P.ATTR.MODE] = attr.mode
    u32[word + P.ATTR.NLINK] = attr.nlink
    u32[word + P.ATTR.UID] = attr.uid
    u32[word + P.ATTR.GID] = attr.gid
    u32[word + P.ATTR.RDEV] = 0
    u32[word + P.ATTR.BLKSIZE] = 4096
    u32[word + P.ATTR.FLAGS] = 0
  }

  #validity(word: number, nsecWord: number, ms: number): void {
    this.set64(word, Math.floor(ms / 1000))
    this.#u32[nsecWord] = (ms % 1000) * 1e6
  }

  /**
   * Writes fuse_entry_out from `word` on.
   * @param entryMs how long the kernel may keep the name, in milliseconds
   * @param attrMs how long it may keep the attributes
   * @returns its length in bytes
   */
  entry(word: number, attr: P.FuseAttr, entryMs: number, attrMs: number): number {
    this.set64(word + P.ENTRY_OUT.NODEID, attr.ino)
    this.set64(word + P.ENTRY_OUT.GENERATION, 0) // no number is used twice
    this.#validity(word + P.ENTRY_OUT.ENTRY_VALID, word + P.ENTRY_OUT.ENTRY_VALID_NSEC, entryMs)
    this.#validity(word + P.ENTRY_OUT.ATTR_VALID, word + P.ENTRY_OUT.ATTR_VALID_NSEC, attrMs)
    this.attr(word + P.ENTRY_OUT.ATTR, attr)
    return P.ENTRY_OUT.BYTES
  }

  /** Writes fuse_attr_out. Returns its length in bytes. */
  attrOut(attr: P.FuseAttr, attrMs: number): number {
    this.#validity(P.ATTR_OUT.ATTR_VALID, P.ATTR_OUT.ATTR_VALID_NSEC, attrMs)
    this.#u32[P.ATTR_OUT.DUMMY] = 0
    this.attr(P.ATTR_OUT.ATTR, attr)
    return P.ATTR_OUT.BYTES
  }

  /** Writes fuse_open_out. Returns its length in bytes. */
  openOut(handle: number, flags: number): number {
    this.set64(P.OPEN_OUT.FH, handle)
    this.#u32[P.OPEN_OUT.OPEN_FLAGS] = flags
    this.#u32[P.OPEN_OUT.BACKING_ID] = 0
    return P.OPEN_OUT.BYTES
  }

  /**
   * Adds a directory entry at `offset` bytes of the body, with the node's attributes if `attr` is given (READDIRPLUS).
   * @param next the position behind this entry, which the kernel gives back to go on
   * @param limit of the whole body, in bytes
   * @returns the offset behind it; null where it doesn't fit
   */
  dirent(
    offset: number,
    limit: number,
    name: Buffer,
    ino: number,
    type: number,
    next: number,
    plus: { readonly attr: P.FuseAttr; readonly entryMs: number; readonly attrMs: number } | null,
  ): number | null {
    const start = offset + (plus === null ? 0 : P.ENTRY_OUT.BYTES)
    const end = start + ((P.DIRENT.NAME_AT + name.length + 7) & ~7)
    if (end > limit) return null
    if (plus !== null) this.entry((P.FUSE_OUT_HEADER + offset) / 4, plus.attr, plus.entryMs, plus.attrMs)
    const word = (P.FUSE_OUT_HEADER + start) / 4
    this.set64(word + P.DIRENT.INO, ino)
    this.set64(word + P.DIRENT.OFF, next)
    this.#u32[word + P.DIRENT.NAMELEN] = name.length
    this.#u32[word + P.DIRENT.TYPE] = type
    const at = P.FUSE_OUT_HEADER + start + P.DIRENT.NAME_AT
    this.buf.fill(0, at + name.length, P.FUSE_OUT_HEADER + end)
    this.buf.set(name, at)
    return end
  }

  /** The entry of a node that no look-up counts, as `.` and `..` have it in READDIRPLUS: nodeid 0. */
  clearEntry(offset: number): void {
    this.buf.fill(0, P.FUSE_OUT_HEADER + offset, P.FUSE_OUT_HEADER + offset + P.ENTRY_OUT.BYTES)
  }
}
