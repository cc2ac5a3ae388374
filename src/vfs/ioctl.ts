// fs/ioctl.c, fs/sync.c and fs/select.c: what the VFS answers where a driver has no operation.
import { EINVAL, ENOIOCTLCMD, ENOTTY } from '../errno.js'
import { DEFAULT_POLLMASK, type file, type fop_result, type ioctl_arg } from './fs.js'
import { trace_bytes, trace_call, tracing } from './trace.js'

const FIONBIO = 0x5421
const FIOASYNC = 0x5452

/** -ENOIOCTLCMD is between a driver and the VFS: programs know ENOTTY alone. */
const result = (ret: number) => (ret === -ENOIOCTLCMD ? -ENOTTY : ret)

/**
 * ioctl(2). FIONBIO and FIOASYNC are the VFS's own.
 * @returns the driver's result; -ENOTTY for its -ENOIOCTLCMD, and without unlocked_ioctl
 */
export function vfs_ioctl(file: file, cmd: number, arg: number | ioctl_arg): fop_result {
  if (!tracing) return do_ioctl(file, cmd, arg)
  const given = typeof arg === 'number' ? { arg } : trace_bytes(arg.in)
  const out = () => (typeof arg === 'number' ? null : arg.out)
  return trace_call({ op: 'ioctl', cmd, ...given }, file, () => do_ioctl(file, cmd, arg), out)
}

function do_ioctl(file: file, cmd: number, arg: number | ioctl_arg): fop_result {
  if (cmd === FIONBIO || cmd === FIOASYNC) return 0
  const ret = file.f_op.unlocked_ioctl?.(file, cmd, arg) ?? -ENOTTY
  return ret instanceof Promise ? ret.then(result) : result(ret)
}

/** fsync(2) and fdatasync(2). Returns the driver's result; -EINVAL without fsync. */
export const vfs_fsync = (file: file, datasync: boolean): fop_result =>
  tracing
    ? trace_call({ op: datasync ? 'fdatasync' : 'fsync' }, file, () => do_fsync(file, datasync))
    : do_fsync(file, datasync)

const do_fsync = (file: file, datasync: boolean): fop_result => file.f_op.fsync?.(file, datasync) ?? -EINVAL

/** poll(2). Returns the driver's mask; always ready without poll. */
export const vfs_poll = (file: file, wake: (() => void) | null): fop_result =>
  tracing ? trace_call({ op: 'poll' }, file, () => do_poll(file, wake)) : do_poll(file, wake)

const do_poll = (file: file, wake: (() => void) | null): fop_result => file.f_op.poll?.(file, wake) ?? DEFAULT_POLLMASK
