// fs/read_write.c: read(2), write(2) and lseek(2) on an open file.
//
// Linux's own offset of a FUSE file can't be set by a driver, but a device's can. So an open file has two: f_pos, which
// is the driver's, and f_pos_seen, where the kernel's offset must be by now. A request at f_pos_seen is the next
// read(2) or write(2), and works at f_pos; one at any other offset is a pread(2) or pwrite(2), and leaves both alone.
import { EBADF, EINVAL, ENXIO, ESPIPE } from '../errno.js'
import { current } from '../sched.js'
import {
  FMODE_READ,
  FMODE_WRITE,
  type file,
  type fop_result,
  type loff_ref,
  O_APPEND,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_HOLE,
  SEEK_SET,
} from './fs.js'
import { trace_bytes, trace_call, tracing } from './trace.js'
import { take_lent } from './uaccess.js'

/** Where positions end: LLONG_MAX, one less than this. */
const positionsEnd = 2 ** 63

/** Linux's rw_verify_area: whether a transfer of `len` bytes fits behind a position. */
const verifyArea = (pos: number, len: number) => (pos < 0 || pos + len >= positionsEnd ? -EINVAL : 0)

type Transfer = (file: file, buf: Uint8Array, len: number, off: loff_ref) => fop_result

/**
 * Ends a sequential transfer of up to `len` bytes: on success the driver's position and the kernel's move. A result
 * that is no count is a driver's mistake: the transport tells it, and the program sees an error.
 */
function advance(file: file, len: number, offset: number, pos: loff_ref, ret: number): number {
  if (ret >= 0 && ret <= len && Number.isInteger(ret)) {
    file.f_pos = pos.value
    file.f_pos_seen = offset + ret
  }
  return ret
}

function transfer(
  file: file,
  op: Transfer,
  buf: Uint8Array,
  len: number,
  offset: number,
  sequential: boolean,
): fop_result {
  const pos = { value: sequential ? file.f_pos : offset }
  const bad = verifyArea(pos.value, len)
  if (bad < 0) return bad
  const task = current
  const ret = op.call(file.f_op, file, buf, len, pos)
  if (!sequential) return ret
  if (!(ret instanceof Promise)) return advance(file, len, offset, pos, ret)
  // A request that was answered meanwhile has failed, and moves nothing.
  return ret.then((late) => (task.aborted ? late : advance(file, len, offset, pos, late)))
}

/**
 * read(2) and pread(2).
 * @param buf where the bytes go, at least `len` long
 * @param len how many bytes the program asked for
 * @param offset the kernel's offset for this request, in bytes
 * @returns how many bytes were read; -EBADF for a file opened for writing, -EINVAL for a driver without read or a
 *   negative position, or the driver's errno
 */
export const vfs_read = (file: file, buf: Uint8Array, len: number, offset: number): fop_result =>
  tracing ? traced_read(file, buf, len, offset) : do_read(file, buf, len, offset)

function traced_read(file: file, buf: Uint8Array, len: number, offset: number): fop_result {
  take_lent() // the record has what is in the buffer
  const sequential = offset === file.f_pos_seen
  const asked = { op: sequential ? 'read' : 'pread', len, off: sequential ? file.f_pos : offset } as const
  return trace_call(
    asked,
    file,
    () => do_read(file, buf, len, offset),
    (n) => buf.subarray(0, n),
  )
}

function do_read(file: file, buf: Uint8Array, len: number, offset: number): fop_result {
  if ((file.f_mode & FMODE_READ) === 0) return -EBADF
  const { read } = file.f_op
  if (read === undefined) return -EINVAL
  return transfer(file, read, buf, len, offset, offset === file.f_pos_seen)
}

/**
 * write(2) and pwrite(2). With O_APPEND the kernel passes what it takes for the file's end, which is no position of a
 * device: each write is then the next one.
 * @param buf the bytes, at least `len` of them
 * @param len how many bytes the program gave
 * @param offset the kernel's offset for this request, in bytes
 * @returns how many bytes were written; -EBADF for a file opened for reading, -EINVAL for a driver without write or a
 *   negative position, or the driver's errno
 */
export const vfs_write = (file: file, buf: Uint8Array, len: number, offset: number): fop_result =>
  tracing ? traced_write(file, buf, len, offset) : do_write(file, buf, len, offset)

function traced_write(file: file, buf: Uint8Array, len: number, offset: number): fop_result {
  const sequential = isSequentialWrite(file, offset)
  const asked = { op: sequential ? 'write' : 'pwrite', len, off: sequential ? file.f_pos : offset } as const
  return trace_call({ ...asked, ...trace_bytes(buf.subarray(0, len)) }, file, () => do_write(file, buf, len, offset))
}

const isSequentialWrite = (file: file, offset: number) => offset === file.f_pos_seen || (file.f_flags & O_APPEND) !== 0

function do_write(file: file, buf: Uint8Array, len: number, offset: number): fop_result {
  if ((file.f_mode & FMODE_WRITE) === 0) return -EBADF
  const { write } = file.f_op
  if (write === undefined) return -EINVAL
  return transfer(file, write, buf, len, offset, isSequentialWrite(file, offset))
}

/**
 * lseek(2): a device without llseek has no position to move. The kernel above goes on where the driver says.
 * @returns the new position; -EINVAL for an unknown whence, -ESPIPE without llseek, or the driver's errno
 */
export const vfs_llseek = (file: file, offset: number, whence: number): fop_result =>
  tracing
    ? trace_call({ op: 'lseek', off: offset, arg: whence }, file, () => do_llseek(file, offset, whence))
    : do_llseek(file, offset, whence)

function do_llseek(file: file, offset: number, whence: number): fop_result {
  if (whence < SEEK_SET || whence > SEEK_HOLE) return -EINVAL
  const ret = file.f_op.llseek?.(file, offset, whence) ?? -ESPIPE
  const seen = (pos: number) => {
    if (pos >= 0) file.f_pos_seen = pos
    return pos
  }
  return ret instanceof Promise ? ret.then(seen) : seen(ret)
}

/**
 * Linux's default_llseek for a device, whose size is 0: moves f_pos. From there on is neither data nor a hole, and the
 * hole after a negative offset begins at 0.
 */
export function default_llseek(file: file, offset: number, whence: number): number {
  if (whence < SEEK_SET || whence > SEEK_HOLE) return -EINVAL
  if (whence >= SEEK_DATA && offset >= 0) return -ENXIO
  const pos = whence === SEEK_HOLE ? 0 : whence === SEEK_CUR ? file.f_pos + offset : offset
  if (pos < 0) return -EINVAL
  file.f_pos = pos
  return pos
}
