// linux/fuse.h: the protocol that the kernel speaks on /dev/fuse, up to 7.45 and down to 7.31. This is the one file
// that knows where a field lies.
//
// A request is a header of 40 bytes and a body, an answer a header of 16 bytes and a body. The layouts have fuse.h's
// names without `fuse_`, in capitals. A field's number is where it lies in 32-bit words, counted from the header's
// beginning: the body of a request begins at word 10, that of an answer at word 4. What is no field but bytes, names
// and data, has its place in bytes, and `_AT` at its name's end: in a request from the header's beginning, elsewhere
// from where the body or the structure begins.
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
export const FUSE_NOTIFY_STORE = 4
export const FUSE_NOTIFY_RETRIEVE = 5
export const FUSE_NOTIFY_DELETE = 6

// INIT's flags.
export const FUSE_ASYNC_READ = 1 << 0
export const FUSE_BIG_WRITES = 1 << 5
export const FUSE_DO_READDIRPLUS = 1 << 13
export const FUSE_READDIRPLUS_AUTO = 1 << 14
export const FUSE_ASYNC_DIO = 1 << 15
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
export const FATTR_FH = 1 << 6
export const FATTR_ATIME_NOW = 1 << 7
export const FATTR_MTIME_NOW = 1 << 8

/** GETATTR's flag: it has the handle of an open file. */
export const FUSE_GETATTR_FH = 1 << 0

/** READ's flag: it has the owner of locks, as each has that a program waits for, and none that fills the page cache. */
export const FUSE_READ_LOCKOWNER = 1 << 1

/** FSYNC's flag: fdatasync(2). */
export const FUSE_FSYNC_FDATASYNC = 1 << 0

/** POLL's flag: the kernel wants FUSE_NOTIFY_POLL once more is ready. */
export const FUSE_POLL_SCHEDULE_NOTIFY = 1 << 0

/** The length of a request's header, and of an answer's, in bytes. */
export const FUSE_IN_HEADER = 40
export const FUSE_OUT_HEADER = 16

// Requests.
export const IN_HEADER = { LEN: 0, OPCODE: 1, UNIQUE: 2, NODEID: 4, UID: 6, GID: 7, PID: 8 } as const
/** Of a request that is names alone: LOOKUP, UNLINK, RMDIR, REMOVEXATTR, and SYMLINK, whose target follows its name. */
export const NAME_IN = { NAME_AT: 40 } as const
export const FORGET_IN = { NLOOKUP: 10 } as const
/** The forgets follow each other. */
export const BATCH_FORGET_IN = { COUNT: 10, FIRST: 12 } as const
/** One of them, in words from where it begins. */
export const FORGET_ONE = { NODEID: 0, NLOOKUP: 2, WORDS: 4 } as const
export const GETATTR_IN = { FLAGS: 10, FH: 12 } as const
export const SETATTR_IN = {
  VALID: 10,
  SIZE: 14,
  ATIME: 18,
  MTIME: 20,
  ATIMENSEC: 24,
  MTIMENSEC: 25,
  MODE: 27,
  UID: 29,
  GID: 30,
} as const
export const MKNOD_IN = { NAME_AT: 56 } as const
export const MKDIR_IN = { MODE: 10, UMASK: 11, NAME_AT: 48 } as const
/** The new name follows the old one. */
export const RENAME_IN = { NEWDIR: 10, NAMES_AT: 48 } as const
export const RENAME2_IN = { NEWDIR: 10, FLAGS: 12, NAMES_AT: 56 } as const
export const LINK_IN = { OLDNODEID: 10, NAME_AT: 48 } as const
export const OPEN_IN = { FLAGS: 10 } as const
export const RELEASE_IN = { FH: 10 } as const
/** READDIR's as well. */
export const READ_IN = { FH: 10, OFFSET: 12, SIZE: 14, READ_FLAGS: 15, FLAGS: 18 } as const
export const WRITE_IN = { FH: 10, OFFSET: 12, SIZE: 14, FLAGS: 18, DATA_AT: 80 } as const
export const FSYNC_IN = { FH: 10, FLAGS: 12 } as const
/** LISTXATTR's as well. */
export const GETXATTR_IN = { SIZE: 10, NAME_AT: 48 } as const
export const SETXATTR_IN = { NAME_AT: 48 } as const
export const INIT_IN = { MAJOR: 10, MINOR: 11, MAX_READAHEAD: 12, FLAGS: 13 } as const
export const INTERRUPT_IN = { UNIQUE: 10 } as const
export const IOCTL_IN = { FH: 10, CMD: 13, ARG: 14, IN_SIZE: 16, OUT_SIZE: 17, DATA_AT: 72 } as const
export const LSEEK_IN = { FH: 10, OFFSET: 12, WHENCE: 14 } as const
export const POLL_IN = { FH: 10, KH: 12, FLAGS: 14 } as const

// Answers.
/** Where an answer's body begins, in words. */
export const OUT_BODY = 4
export const OUT_HEADER = { LEN: 0, ERROR: 1, UNIQUE: 2 } as const
/** In words from where it begins. */
export const ATTR = {
  INO: 0,
  SIZE: 2,
  BLOCKS: 4,
  ATIME: 6,
  MTIME: 8,
  CTIME: 10,
  ATIMENSEC: 12,
  MTIMENSEC: 13,
  CTIMENSEC: 14,
  MODE: 15,
  NLINK: 16,
  UID: 17,
  GID: 18,
  RDEV: 19,
  BLKSIZE: 20,
  FLAGS: 21,
  BYTES: 88,
} as const
/** In words from where it begins. */
export const ENTRY_OUT = {
  NODEID: 0,
  GENERATION: 2,
  ENTRY_VALID: 4,
  ATTR_VALID: 6,
  ENTRY_VALID_NSEC: 8,
  ATTR_VALID_NSEC: 9,
  ATTR: 10,
  BYTES: 40 + ATTR.BYTES,
} as const
export const ATTR_OUT = { ATTR_VALID: 4, ATTR_VALID_NSEC: 6, DUMMY: 7, ATTR: 8, BYTES: 16 + ATTR.BYTES } as const
/** In words from where it begins. */
export const DIRENT = { INO: 0, OFF: 2, NAMELEN: 4, TYPE: 5, NAME_AT: 24 } as const
export const OPEN_OUT = { FH: 4, OPEN_FLAGS: 6, BACKING_ID: 7, BYTES: 16 } as const
export const WRITE_OUT = { SIZE: 4, PADDING: 5, BYTES: 8 } as const
export const STATFS_OUT = { BSIZE: 14, NAMELEN: 15, FRSIZE: 16, BYTES: 80 } as const
export const GETXATTR_OUT = { SIZE: 4, PADDING: 5, BYTES: 8 } as const
export const INIT_OUT = {
  MAJOR: 4,
  MINOR: 5,
  MAX_READAHEAD: 6,
  FLAGS: 7,
  /** max_background in the lower half, congestion_threshold in the upper one. */
  MAX_BACKGROUND: 8,
  MAX_WRITE: 9,
  TIME_GRAN: 10,
  MAX_PAGES: 11,
  BYTES: 64,
} as const
export const IOCTL_OUT = { RESULT: 4, FLAGS: 5, IN_IOVS: 6, OUT_IOVS: 7, DATA_AT: 16 } as const
export const LSEEK_OUT = { OFFSET: 4, BYTES: 8 } as const
export const POLL_OUT = { REVENTS: 4, PADDING: 5, BYTES: 8 } as const

// Notifications, which have an answer's header.
export const NOTIFY_POLL = { KH: 4, BYTES: 8 } as const
export const NOTIFY_INVAL_INODE = { INO: 4, OFF: 6, LEN: 8, BYTES: 24 } as const
export const NOTIFY_INVAL_ENTRY = { PARENT: 4, NAMELEN: 6, FLAGS: 7, NAME_AT: 16 } as const
export const NOTIFY_DELETE = { PARENT: 4, CHILD: 6, NAMELEN: 8, PADDING: 9, NAME_AT: 24 } as const
export const NOTIFY_STORE = { NODEID: 4, OFFSET: 6, SIZE: 8, PADDING: 9, DATA_AT: 24 } as const
export const NOTIFY_RETRIEVE = { NOTIFY_UNIQUE: 4, NODEID: 6, OFFSET: 8, SIZE: 10, PADDING: 11, BYTES: 32 } as const

/** fuse_attr's fields as an answer has them. */
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
