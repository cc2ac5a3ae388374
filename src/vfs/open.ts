// fs/open.c and fs/file_table.c: open files.
import { format } from 'node:util'
import { EACCES, EINVAL, EIO, EISDIR, ELOOP } from '../errno.js'
import { pr_fmt } from '../printk.js'
import { cdev_get } from './chrdev.js'
import { FMODE_READ, FMODE_WRITE, type file, type fop_result, type inode, O_ACCMODE, O_DIRECT, O_WRONLY } from './fs.js'
import { trace_close, trace_open, tracing } from './trace.js'

const { pr_err, pr_warn } = pr_fmt('vfs')

/** An open file or a negative errno. */
type Opened = file | number

/** The FMODE bits of open(2)'s flags. The access mode 3 gives neither: Linux keeps it for ioctl alone. */
const OPEN_FMODE = (flags: number) => ((flags & O_ACCMODE) + 1) & (FMODE_READ | FMODE_WRITE)

/**
 * Ends an open for which the driver's open gave `ret`. O_DIRECT is refused only here, as on Linux: the driver sees an
 * open and a close.
 */
function finish(file: file, ret: number): Opened | Promise<number> {
  if (!Number.isInteger(ret)) {
    pr_err(`open: ${format('%s', ret)} is no answer: an errno or 0`)
    return -EIO
  }
  if (ret > 0) {
    pr_warn(`open: ${ret} is no errno of a driver`)
    return -EINVAL
  }
  if (ret !== 0) return ret
  if ((file.f_flags & O_DIRECT) === 0) return file
  const released = fput(file)
  return released instanceof Promise ? released.then(() => -EINVAL) : -EINVAL
}

/**
 * open(2) of a node: makes an open file at position 0 and calls the driver's open.
 * @param flags open(2)'s; O_APPEND, O_TRUNC, O_CREAT and O_NONBLOCK change nothing
 * @returns the open file; a negative errno: -ENXIO where the device has gone, the driver's, -EINVAL for
 *   O_DIRECT and for a driver's positive result, -EIO for one that is no integer; -EISDIR for writing a folder, -ELOOP
 *   for a symbolic link
 */
export const vfs_open = (inode: inode, flags: number): Opened | Promise<Opened> =>
  tracing ? trace_open(inode, flags, () => do_open(inode, flags)) : do_open(inode, flags)

function do_open(inode: inode, flags: number): Opened | Promise<Opened> {
  if (inode.i_link !== null) return -ELOOP
  if (inode.i_children !== null) return (flags & O_ACCMODE) >= O_WRONLY ? -EISDIR : -EACCES
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
  const ret = f_op.open === undefined ? 0 : f_op.open(inode, file)
  return ret instanceof Promise ? ret.then((late) => finish(file, late)) : finish(file, ret)
}

/** The last close of an open file: calls the driver's release, whose result close(2) doesn't see. */
export const fput = (file: file): fop_result => (tracing ? trace_close(file, () => __fput(file)) : __fput(file))

const __fput = (file: file): fop_result => file.f_op.release?.(file.f_inode, file) ?? 0
