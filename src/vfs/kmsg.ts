// /dev/kmsg of kernel/printk/printk.c: the log as a file.
//
// Unlike the kernel's, it is a growing text file rather than a queue: a line is printk_line's, a read gives as many
// bytes as fit, ends at the newest record instead of waiting for the next, and the file's size and modification time
// tell that there is more. So `cat`, `tail -f` and `wc` work. A position counts all bytes since the start, of which the
// oldest are gone.
import { EFAULT, EINVAL, ENXIO } from '../errno.js'
import { LOG_TEXT_MAX, log_stream, log_wait, printk, type printk_level } from '../printk.js'
import { stringOf } from '../surrogateescape.js'
import { type file, type inode, type loff_ref, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE } from './fs.js'
import { MISC_DYNAMIC_MINOR, misc_deregister, misc_register, type miscdevice } from './miscdevice.js'
import { lookup } from './namei.js'
import { copy_from_user } from './uaccess.js'

/** Where an open file's last read ended. */
interface Reader {
  /** As the program counts. */
  offset: number
  /** In the stream; further on than `offset` once the reader has lost lines. */
  pos: number
}

/** Whether somebody has read since the newest record. */
let seen = false

function kmsg_open(_inode: inode, f: file): number {
  f.private_data = { offset: 0, pos: 0 } satisfies Reader
  return 0
}

/**
 * A reader that starts, or goes on where lines are gone by now, gets the oldest that are kept. Who jumps to what is
 * gone finds a hole, zeros up to the oldest line: so `tail`, which looks backwards for lines, counts none twice.
 */
function kmsg_read(f: file, buf: Uint8Array, len: number, off: loff_ref): number {
  const reader = f.private_data as Reader
  const { tail, head } = log_stream
  const goesOn = off.value === reader.offset
  let pos = goesOn ? reader.pos : off.value
  let n = 0
  if (pos < tail && !goesOn && pos !== 0) {
    n = Math.min(len, tail - pos)
    buf.fill(0, 0, n)
  } else {
    pos = Math.max(pos, tail)
    if (pos < head) n = log_stream.read(pos, buf.subarray(0, len))
  }
  off.value += n
  reader.offset = off.value
  reader.pos = pos + n
  seen = true
  return n
}

/** The log is a file without a hole, as far as it goes, whatever of it is gone: so a copy has all that cat prints. */
function kmsg_llseek(f: file, offset: number, whence: number): number {
  const { head } = log_stream
  if (whence >= SEEK_DATA && (offset < 0 || offset >= head)) return -ENXIO
  const pos = whence === SEEK_HOLE ? head : offset + (whence === SEEK_CUR ? f.f_pos : whence === SEEK_END ? head : 0)
  if (pos < 0) return -EINVAL
  f.f_pos = pos
  return pos
}

/** linux/kern_levels.h: the levels 0 (emerg) to 7 (debug), as far as we tell them apart. */
const levels: readonly printk_level[] = ['err', 'err', 'err', 'err', 'warn', 'info', 'info', 'debug']

/** Each write is one record. `<N>` before it is its level, and a facility in the higher bits, which nobody here
 * reads. The position stays where the reader is. */
function kmsg_write(_f: file, buf: Uint8Array, len: number): number {
  if (len > LOG_TEXT_MAX) return -EINVAL
  const bytes = new Uint8Array(len)
  if (copy_from_user(bytes, buf, len) !== 0) return -EFAULT
  const text = stringOf(bytes)
  const prefix = /^<(\d{1,9})>/.exec(text)
  const level = prefix === null ? 'info' : (levels[Number(prefix[1]) & 7] as printk_level)
  printk(level, text.slice(prefix?.[0].length ?? 0))
  return len
}

const kmsg: miscdevice = {
  minor: MISC_DYNAMIC_MINOR,
  name: 'kmsg',
  fops: { open: kmsg_open, read: kmsg_read, read_fills: true, write: kmsg_write, llseek: kmsg_llseek },
  mode: 0o644,
}

let leave = () => {}

/**
 * Registers the device.
 * @returns 0, or misc_register's errno
 */
export function kmsg_init(): number {
  const ret = misc_register(kmsg)
  if (ret < 0) return ret
  const node = lookup(kmsg.name)
  if (typeof node === 'number') return node
  node.i_size = log_stream.head
  node.i_dynamic = true
  leave = log_wait(() => {
    node.i_size = log_stream.head
    // Followers look for a new time: it is one, even where two records come in one millisecond.
    node.i_mtime = Math.max(Date.now(), seen ? node.i_mtime + 1 : node.i_mtime)
    seen = false
  })
  return 0
}

/** Takes the device away. */
export function kmsg_exit(): void {
  leave()
  leave = () => {}
  misc_deregister(kmsg)
}
