// linux/fuse.h: the protocol that the kernel speaks on /dev/fuse, up to 7.45 and down to 7.31. Numbers are the host's:
// a request is read as 32-bit words in place, an answer written the same way, and neither allocates.
//
// A request is a header of 40 bytes and a body, an answer a header of 16 bytes and a body. Words are counted from the
// header's beginning: the body of a request begins at word 10, that of an answer at word 4.
import { EINVAL } from '../errno.js'

export const FUSE_KERNEL_VERSION = 7
/** The newest minor version that this file knows. */
export const FUSE_KERNEL_MINOR_VERSION = 45
/** The oldest that is served: Linux 5.4's. */
export const FUSE_MINOR_VERSION_MIN = 31

export const FUSE_ROOT_ID = 1

// Opcodes.
export const FUSE_LOOKUP = 1
export const FUSE_FORGET = 2
export const FUSE_GETATTR = 3
export const FUSE_SETATTR = 4
export const FUSE_READLINK = 5
export const FUSE_SYMLINK = 6
export const FUSE_MKNOD = 8
export const FUSE_MKDIR = 9
export const FUSE_UNLINK = 10
export const FUSE_RMDIR = 11
export const FUSE_RENAME = 12
export const FUSE_LINK = 13
export const FUSE_OPEN = 14
export const FUSE_READ = 15
export const FUSE_WRITE = 16
export const FUSE_STATFS = 17
export const FUSE_RELEASE = 18
export const FUSE_FSYNC = 20
export const FUSE_SETXATTR = 21
export const FUSE_GETXATTR = 22
export const FUSE_LISTXATTR = 23
export const FUSE_REMOVEXATTR = 24
export const FUSE_FLUSH = 25
export const FUSE_INIT = 26
export const FUSE_OPENDIR = 27
export const FUSE_READDIR = 28
export const FUSE_RELEASEDIR = 29
export const FUSE_FSYNCDIR = 30
export const FUSE_ACCESS = 34
export const FUSE_CREATE = 35
export const FUSE_INTERRUPT = 36
export const FUSE_DESTROY = 38
export const FUSE_IOCTL = 39
export const FUSE_POLL = 40
export const FUSE_NOTIFY_REPLY = 41
export const FUSE_BATCH_FORGET = 42
export const FUSE_FALLOCATE = 43
export const FUSE_READDIRPLUS = 44
export const FUSE_RENAME2 = 45
export const FUSE_LSEEK = 46
export const FUSE_COPY_FILE_RANGE = 47

/** The operation of each opcode, as the log names it. */
const opnames: Record<number, string> = {
  1: 'lookup',
  2: 'forget',
  3: 'getattr',
  4: 'setattr',
  5: 'readlink',
  6: 'symlink',
  8: 'mknod',
  9: 'mkdir',
  10: 'unlink',
  11: 'rmdir',
  12: 'rename',
  13: 'link',
  14: 'open',
  15: 'read',
  16: 'write',
  17: 'statfs',
  18: 'release',
  20: 'fsync',
  21: 'setxattr',
  22: 'getxattr',
  23: 'listxattr',
  24: 'removexattr',
  25: 'flush',
  26: 'init',
  27: 'opendir',
  28: 'readdir',
  29: 'releasedir',
  30: 'fsyncdir',
  34: 'access',
  35: 'create',
  36: 'interrupt',
  38: 'destroy',
  39: 'ioctl',
  40: 'poll',
  41: 'notify_reply',
  42: 'batch_forget',
  43: 'fallocate',
  44: 'readdirplus',
  45: 'rename2',
  46: 'lseek',
  47: 'copy_file_range',
}
export const fuse_opname = (opcode: number) => opnames[opcode] ?? `operation ${opcode}`

// Notifications: the code stands where an answer has its error.
export const FUSE_NOTIFY_POLL = 1
export const FUSE_NOTIFY_INVAL_INODE = 2
export const FUSE_NOTIFY_INVAL_ENTRY = 3
export const FUSE_NOTIFY_RETRIEVE = 5

// INIT's flags.
export const FUSE_ASYNC_READ = 1 << 0
export const FUSE_ATOMIC_O_TRUNC = 1 << 3
export const FUSE_BIG_WRITES = 1 << 5
export const FUSE_DO_READDIRPLUS = 1 << 13
export const FUSE_READDIRPLUS_AUTO = 1 << 14
export const FUSE_PARALLEL_DIROPS = 1 << 18
export const FUSE_MAX_PAGES = 1 << 22
/** The kernel needn't ask for an attribute before each write: nothing here has privileges to lose. */
export const FUSE_HANDLE_KILLPRIV_V2 = 1 << 28

// An open's answer.
export const FOPEN_DIRECT_IO = 1 << 0
export const FOPEN_NOFLUSH = 1 << 5
export const FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6

// SETATTR's valid bits.
export const FATTR_MODE = 1 << 0
export const FATTR_UID = 1 << 1
export const FATTR_GID = 1 << 2
export const FATTR_SIZE = 1 << 3
export const FATTR_ATIME = 1 << 4
export const FATTR_MTIME = 1 << 5
export const FATTR_ATIME_NOW = 1 << 7
export const FATTR_MTIME_NOW = 1 << 8

/** POLL's flag: the kernel wants FUSE_NOTIFY_POLL once more is ready. */
export const FUSE_POLL_SCHEDULE_NOTIFY = 1 << 0

export const FUSE_IN_HEADER = 40
export const FUSE_OUT_HEADER = 16

/** The shortest body of each opcode that has one, in bytes; names have a NUL beyond it. */
const bodies = new Uint16Array(64)
for (const [opcode, length] of [
  [FUSE_FORGET, 8],
  [FUSE_GETATTR, 16],
  [FUSE_SETATTR, 88],
  [FUSE_SYMLINK, 2],
  [FUSE_MKNOD, 17],
  [FUSE_MKDIR, 9],
  [FUSE_UNLINK, 1],
  [FUSE_RMDIR, 1],
  [FUSE_LOOKUP, 1],
  [FUSE_RENAME, 10],
  [FUSE_LINK, 9],
  [FUSE_OPEN, 8],
  [FUSE_READ, 40],
  [FUSE_WRITE, 40],
  [FUSE_RELEASE, 24],
  [FUSE_FSYNC, 16],
  [FUSE_LISTXATTR, 8],
  [FUSE_INIT, 16],
  [FUSE_OPENDIR, 8],
  [FUSE_READDIR, 40],
  [FUSE_READDIRPLUS, 40],
  [FUSE_RELEASEDIR, 24],
  [FUSE_INTERRUPT, 8],
  [FUSE_IOCTL, 32],
  [FUSE_POLL, 24],
  [FUSE_BATCH_FORGET, 8],
  [FUSE_RENAME2, 18],
  [FUSE_LSEEK, 24],
] as const) {
  bodies[opcode] = length
}

const TWO32 = 2 ** 32
const TWO63 = 2n ** 63n

/** A buffer that one request is read into, and the request in it. Fields are those of fuse_in_header. */
export class FuseRequest {
  readonly buf: Buffer
  readonly #u32: Uint32Array

  /** @param size in bytes: the longest write and a page for its header */
  constructor(size: number) {
    const memory = new ArrayBuffer(size)
    this.buf = Buffer.from(memory)
    this.#u32 = new Uint32Array(memory)
  }

  /**
   * Checks what was read into the buffer.
   * @param n how many bytes
   * @returns 0; -EINVAL for what is shorter than its header, says another length, or is too short for its opcode
   */
  check(n: number): number {
    if (n < FUSE_IN_HEADER || this.len !== n) return -EINVAL
    const { opcode } = this
    return n - FUSE_IN_HEADER < (opcode < bodies.length ? (bodies[opcode] as number) : 0) ? -EINVAL : 0
  }

  /** The whole request's length in bytes. */
  get len(): number {
    return this.#u32[0] as number
  }
  get opcode(): number {
    return this.#u32[1] as number
  }
  /** The request's number, in two words: an answer repeats them. */
  get uniqueLow(): number {
    return this.#u32[2] as number
  }
  get uniqueHigh(): number {
    return this.#u32[3] as number
  }
  get nodeid(): number {
    return this.u64(4)
  }
  get uid(): number {
    return this.#u32[6] as number
  }
  get gid(): number {
    return this.#u32[7] as number
  }
  get pid(): number {
    return this.#u32[8] as number
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

  /** `length` bytes from `offset`, in place; null where the request is shorter. */
  data(offset: number, length: number): Buffer | null {
    return offset + length > this.len ? null : this.buf.subarray(offset, offset + length)
  }
}

/** What an answer's fuse_attr holds. */
export interface FuseAttr {
  readonly ino: number
  readonly size: number
  /** In milliseconds since 1970, with fractions. */
  readonly atime: number
  readonly mtime: number
  readonly ctime: number
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
}

const ATTR_SIZE = 88
const ENTRY_SIZE = 40 + ATTR_SIZE

/** A buffer that an answer is made in. */
export class FuseReply {
  readonly buf: Buffer
  readonly #u32: Uint32Array

  /** @param size of the longest body, in bytes */
  constructor(size: number) {
    const memory = new ArrayBuffer(FUSE_OUT_HEADER + size)
    this.buf = Buffer.from(memory)
    this.#u32 = new Uint32Array(memory, 0, Math.floor(memory.byteLength / 4))
  }

  /** Where the body goes, as long as the buffer lasts. */
  body(length: number): Buffer {
    return this.buf.subarray(FUSE_OUT_HEADER, FUSE_OUT_HEADER + length)
  }

  /** The whole body, for who fills it in pieces. */
  get capacity(): number {
    return this.buf.length - FUSE_OUT_HEADER
  }

  /**
   * Writes the header.
   * @param error 0 or a negative errno; of a notification its code, with unique 0
   * @param length of the body, in bytes
   * @returns the answer's length in bytes
   */
  header(uniqueLow: number, uniqueHigh: number, error: number, length: number): number {
    const u32 = this.#u32
    u32[0] = FUSE_OUT_HEADER + length
    u32[1] = error
    u32[2] = uniqueLow
    u32[3] = uniqueHigh
    return FUSE_OUT_HEADER + length
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
  attr(word: number, attr: FuseAttr): void {
    const u32 = this.#u32
    this.set64(word, attr.ino)
    this.set64(word + 2, attr.size)
    this.set64(word + 4, 0) // blocks
    this.#time(word + 6, word + 12, attr.atime)
    this.#time(word + 8, word + 13, attr.mtime)
    this.#time(word + 10, word + 14, attr.ctime)
    u32[word + 15] = attr.mode
    u32[word + 16] = attr.nlink
    u32[word + 17] = attr.uid
    u32[word + 18] = attr.gid
    u32[word + 19] = 0 // rdev
    u32[word + 20] = 4096 // blksize
    u32[word + 21] = 0 // flags
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
  entry(word: number, attr: FuseAttr, entryMs: number, attrMs: number): number {
    this.set64(word, attr.ino)
    this.set64(word + 2, 0) // generation: no number is used twice
    this.#validity(word + 4, word + 8, entryMs)
    this.#validity(word + 6, word + 9, attrMs)
    this.attr(word + 10, attr)
    return ENTRY_SIZE
  }

  /** Writes fuse_attr_out. Returns its length in bytes. */
  attrOut(attr: FuseAttr, attrMs: number): number {
    this.#validity(4, 6, attrMs)
    this.#u32[7] = 0
    this.attr(8, attr)
    return 16 + ATTR_SIZE
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
    plus: { readonly attr: FuseAttr; readonly entryMs: number; readonly attrMs: number } | null,
  ): number | null {
    const start = offset + (plus === null ? 0 : ENTRY_SIZE)
    const end = start + ((24 + name.length + 7) & ~7)
    if (end > limit) return null
    if (plus !== null) this.entry((FUSE_OUT_HEADER + offset) / 4, plus.attr, plus.entryMs, plus.attrMs)
    const word = (FUSE_OUT_HEADER + start) / 4
    this.set64(word, ino)
    this.set64(word + 2, next)
    this.#u32[word + 4] = name.length
    this.#u32[word + 5] = type
    const at = FUSE_OUT_HEADER + start + 24
    this.buf.fill(0, at + name.length, FUSE_OUT_HEADER + end)
    this.buf.set(name, at)
    return end
  }

  /** The entry of a node that no look-up counts, as `.` and `..` have it in READDIRPLUS: nodeid 0. */
  clearEntry(offset: number): void {
    this.buf.fill(0, FUSE_OUT_HEADER + offset, FUSE_OUT_HEADER + offset + ENTRY_SIZE)
  }
}

/** What INIT's answer settles. */
export interface FuseInit {
  readonly minor: number
  /** The longest write and read, in bytes. */
  readonly maxWrite: number
  readonly flags: number
}

/** The flags that this server wants where the kernel has them. */
const wantedFlags =
  FUSE_ASYNC_READ |
  FUSE_ATOMIC_O_TRUNC |
  FUSE_BIG_WRITES |
  FUSE_DO_READDIRPLUS |
  FUSE_READDIRPLUS_AUTO |
  FUSE_PARALLEL_DIROPS |
  FUSE_MAX_PAGES |
  FUSE_HANDLE_KILLPRIV_V2

/** The longest transfer without FUSE_MAX_PAGES, in bytes: 32 pages. */
const MAX_WRITE_OLD = 128 << 10

/**
 * Answers INIT.
 * @param maxPages how many pages of 4 KiB a transfer may have at most
 * @returns what is settled and the body's length; -EPROTO's stead: null where the kernel's version can't be served
 */
export function fuse_init(request: FuseRequest, reply: FuseReply, maxPages: number): [FuseInit, number] | null {
  const major = request.u32(10)
  const minor = request.u32(11)
  if (major < FUSE_KERNEL_VERSION || (major === FUSE_KERNEL_VERSION && minor < FUSE_MINOR_VERSION_MIN)) return null
  const newer = major > FUSE_KERNEL_VERSION
  const flags = newer ? 0 : request.u32(13) & wantedFlags
  const maxWrite = flags & FUSE_MAX_PAGES ? maxPages * 4096 : MAX_WRITE_OLD
  // A kernel of another major version asks again with ours.
  const settled = newer ? FUSE_KERNEL_MINOR_VERSION : Math.min(minor, FUSE_KERNEL_MINOR_VERSION)
  reply.body(64).fill(0)
  reply.set32(4, FUSE_KERNEL_VERSION)
  reply.set32(5, settled)
  reply.set32(6, request.u32(12)) // max_readahead
  reply.set32(7, flags)
  reply.set32(8, 0xffff | (0xffff << 16)) // max_background and congestion_threshold: nothing runs in the background
  reply.set32(9, maxWrite)
  reply.set32(10, 1) // time_gran, in nanoseconds
  reply.set32(11, maxPages)
  return [{ minor: settled, maxWrite, flags }, 64]
}
