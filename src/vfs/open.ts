// fs/open.c and fs/file_table.c: open files.
import { EACCES, EINVAL, EISDIR, ELOOP } from '../errno.js'
import { cdev_get } from './chrdev.js'
import { FMODE_READ, FMODE_WRITE, type file, type fop_result, type inode, O_ACCMODE, O_DIRECT, O_WRONLY } from './fs.js'

/** The FMODE bits of open(2)'s flags. The access mode 3 gives neither: Linux keeps it for ioctl alone. */
const OPEN_FMODE = (flags: number) => ((flags & O_ACCMODE) + 1) & (FMODE_READ | FMODE_WRITE)

/**
 * open(2) of a node: makes an open file at position 0 and calls the driver's open.
 * @param flags open(2)'s; O_APPEND, O_TRUNC, O_CREAT and O_NONBLOCK change nothing
 * @returns the open file; a negative errno: the driver's, -ENXIO where the device has gone, -EISDIR for writing a
 *   folder, -ELOOP for a symbolic link, -EINVAL for O_DIRECT
 */
export function vfs_open(inode: inode, flags: number): file | number | Promise<file | number> {
  if (inode.i_link !== null) return -ELOOP
  if (inode.i_children !== null) return (flags & O_ACCMODE) >= O_WRONLY ? -EISDIR : -EACCES
  if ((flags & O_DIRECT) !== 0) return -EINVAL
  const f_op = cdev_get(inode.i_rdev)
  if (typeof f_op === 'number') return f_op
  const file: file = {
    f_inode: inode,
    f_op,
    f_flags: flags,
    f_mode: OPEN_FMODE(flags),
    f_pos: 0,
    f_pos_seen: 0,
    private_data: null,
  }
  const ret = f_op.open?.(inode, file) ?? 0
  if (typeof ret === 'number') return ret < 0 ? ret : file
  return ret.then((late) => (late < 0 ? late : file))
}

/** The last close of an open file: calls the driver's release, whose result close(2) doesn't see. */
export function fput(file: file): fop_result {
  return file.f_op.release?.(file.f_inode, file) ?? 0
}
