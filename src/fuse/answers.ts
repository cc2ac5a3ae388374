// What every transport does with a driver's outcome, and how it shows a node.
import { format } from 'node:util'
import { EIO } from '../errno.js'
import { MAX_ERRNO } from '../limits.js'
import { panicOn } from '../panic.js'
import { describe, pr_fmt, stackOf } from '../printk.js'
import { type inode, S_IALLUGO, S_IFCHR, S_IFMT, S_IFREG } from '../vfs/fs.js'

const { pr_err, pr_debug } = pr_fmt('fuse')

/**
 * An exception is a mistake of ours or of a module in devices: -EIO and a line in the log. A fault of the engine ends
 * all.
 */
export function faultOf(name: string, e: unknown): number {
  panicOn(e)
  pr_err(`${name}: ${describe(e)}`)
  const stack = stackOf(e)
  if (stack !== null) pr_debug(stack)
  return -EIO
}

/** `ret` where it is an errno or at most `max`; for anything else -EIO and a line in the log. */
export function checkAnswer(name: string, max: number, ret: unknown): number {
  if (typeof ret === 'number' && Number.isInteger(ret) && ret <= max && ret >= -MAX_ERRNO) return ret
  pr_err(`${name}: ${format('%s', ret)} is no answer: an errno or at most ${max}`)
  return -EIO
}

/** A node's type and permissions as a mount shows them: a character device's would open the kernel's own driver. */
export const shownMode = ({ i_mode }: inode): number =>
  (i_mode & S_IFMT) === S_IFCHR ? S_IFREG | (i_mode & S_IALLUGO) : i_mode
