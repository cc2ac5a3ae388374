// linux/fs.h: the structures of the VFS, with Linux's names. Fields that nothing here reads are left out.
//
// File operations return a number, negative errnos included, or a promise of it where they sleep. They never throw.

/** What an operation gives: a number, or a promise of one where it sleeps. */
export type fop_result = number | Promise<number>

/** A position that an operation may move: C's `loff_t *`. In bytes; may be negative after a driver said so. */
export interface loff_ref {
  value: number
}

/** What an ioctl's third argument points to: the bytes that the program gives, and room for those that it gets. */
export interface ioctl_arg {
  readonly in: Uint8Array
  readonly out: Uint8Array
}

/**
 * What a driver does, as Linux's struct of that name. Each may be absent; the comment says what the VFS does then.
 */
export interface file_operations {
  /**
   * Absent: succeeds, as 0 does. Any other result fails open(2), and `release` isn't called; a positive one is EINVAL.
   */
  open?(inode: inode, file: file): fop_result
  /** At the last close of an open file. Its result is ignored. Absent: nothing. */
  release?(inode: inode, file: file): fop_result
  /**
   * Puts up to `len` bytes into `buf` and moves `off`. Absent: EINVAL.
   * @returns how many bytes were put; 0 at the end
   */
  read?(file: file, buf: Uint8Array, len: number, off: loff_ref): fop_result
  /** Whether `read` fills each byte that it counts. If not, the transport gives a buffer of zeros. */
  readonly read_fills?: boolean
  /**
   * Takes up to `len` bytes of `buf`, which is valid until the operation is answered, and moves `off`. Absent: EINVAL.
   * @returns how many bytes were taken
   */
  write?(file: file, buf: Uint8Array, len: number, off: loff_ref): fop_result
  /** Whether `write` needs `buf` no more once it has returned, also where it sleeps. If not, it is kept that long. */
  readonly write_copies?: boolean
  /** Returns the new position. Absent: ESPIPE. */
  llseek?(file: file, offset: number, whence: number): fop_result
  /**
   * Returns a mask of EPOLL bits, 0 to 0xffff. Absent: always ready, DEFAULT_POLLMASK.
   * @param wake to be called once more may be ready, the same for all calls on one open file, and nothing once that is
   *   closed; null where nobody waits
   */
  poll?(file: file, wake: (() => void) | null): fop_result
  /** Absent: ENOTTY. */
  unlocked_ioctl?(file: file, cmd: number, arg: number | ioctl_arg): fop_result
  /** Absent: EINVAL. */
  fsync?(file: file, datasync: boolean): fop_result
}

/** The bits of a mode that say what a file is. */
export const S_IFMT = 0o170000
/** A mode: a symbolic link. */
export const S_IFLNK = 0o120000
/** A mode: a regular file. */
export const S_IFREG = 0o100000
/** A mode: a folder. */
export const S_IFDIR = 0o040000
/** A mode: a character device. */
export const S_IFCHR = 0o020000
/** A mode's bit: set-user-ID. */
export const S_ISUID = 0o4000
/** A mode's bit: set-group-ID. */
export const S_ISGID = 0o2000
/** A mode's bit: the group may execute. */
export const S_IXGRP = 0o010
/** The permission bits, with set-user-ID, set-group-ID and sticky. */
export const S_IALLUGO = 0o7777

/** A node: a device, a folder or a symbolic link. */
export interface inode {
  readonly i_ino: number
  /** Type and permission bits. A device has S_IFCHR here, whatever a transport must call it. */
  i_mode: number
  i_uid: number
  i_gid: number
  /** Of a folder: 2, and one for each folder in it. */
  i_nlink: number
  /** Of a device: the number under which its driver is registered. */
  readonly i_rdev: number
  /** In bytes: of a symbolic link the length of its target, of a device 0 unless its driver says otherwise. */
  i_size: number
  /** In milliseconds since 1970. */
  i_atime: number
  i_mtime: number
  i_ctime: number
  /** Whether the attributes change without a system call on the node. */
  i_dynamic: boolean
  /** Of a folder: the folder that it is in; null for the mount's own, and for one that was taken away. */
  i_parent: inode | null
  /** Of a folder: its entries by name. */
  readonly i_children: Map<string, inode> | null
  /** Of a symbolic link: its target. */
  readonly i_link: string | null
}

/** The bits of open flags that say how a file is accessed. */
export const O_ACCMODE = 0o3
/** Open flags: for reading. */
export const O_RDONLY = 0o0
/** Open flags: for writing. */
export const O_WRONLY = 0o1
/** Open flags: for both. */
export const O_RDWR = 0o2
/** Open flags: each write is at the end. */
export const O_APPEND = 0o2000
/** Open flags: nothing waits. */
export const O_NONBLOCK = 0o4000
/** Open flags: past the page cache. */
export const O_DIRECT = 0o40000

/** A file mode: it may be read. */
export const FMODE_READ = 1
/** A file mode: it may be written. */
export const FMODE_WRITE = 2

/** An open file: one for each open(2), shared by dup and fork. */
export interface file {
  readonly f_inode: inode
  readonly f_op: file_operations
  /** open(2)'s flags; fcntl(2) may change O_APPEND and O_NONBLOCK, where the transport tells. */
  f_flags: number
  /** FMODE_READ and FMODE_WRITE. */
  readonly f_mode: number
  /** The position as the driver set it. */
  f_pos: number
  /** The position that the kernel above the transport believes in: read_write.ts. */
  f_pos_seen: number
  /** The driver's own. */
  private_data: unknown
}

/** For lseek: from the start. */
export const SEEK_SET = 0
/** For lseek: from the position. */
export const SEEK_CUR = 1
/** For lseek: from the end. */
export const SEEK_END = 2
/** For lseek: to the next data. */
export const SEEK_DATA = 3
/** For lseek: to the next hole. */
export const SEEK_HOLE = 4

/** A bit of poll: there is something to read. */
export const EPOLLIN = 0x001
/** A bit of poll: something can be written. */
export const EPOLLOUT = 0x004
/** A bit of poll: an error. */
export const EPOLLERR = 0x008
/** A bit of poll: as EPOLLIN. */
export const EPOLLRDNORM = 0x040
/** A bit of poll: as EPOLLOUT. */
export const EPOLLWRNORM = 0x100
/** What poll(2) gives for a driver without `poll`. */
export const DEFAULT_POLLMASK = EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM
