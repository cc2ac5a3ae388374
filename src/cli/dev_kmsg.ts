// `--kmsg`: copies the log to the kernel's own, by way of /dev/kmsg.
import { constants, openSync, writeSync } from 'node:fs'
import { UserError } from '../errors.js'
import { type printk_level, register_console } from '../printk.js'

/** The kernel refuses a longer write: LOG_LINE_MAX less the prefix, in bytes. */
const lineMax = 976

/** linux/kern_levels.h */
const levels: Record<printk_level, number> = { err: 3, warn: 4, info: 6, debug: 7 }

/** The kernel's facility for daemons. */
const LOG_DAEMON = 3 << 3

/** Copies each further record; debug records only where they are wanted. Throws a UserError where it can't. */
export function copyToKmsg(verbose: boolean): void {
  let fd: number
  try {
    fd = openSync('/dev/kmsg', constants.O_WRONLY)
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    throw new UserError(`--kmsg: /dev/kmsg can't be opened (${code}): run as root, or leave --kmsg away`)
  }
  register_console((record) => {
    if (record.level === 'debug' && !verbose) return
    const line = Buffer.from(`<${LOG_DAEMON + levels[record.level]}>lunatik: ${record.text}`).subarray(0, lineMax)
    try {
      writeSync(fd, line)
    } catch {} // The kernel may refuse a record, for its own log's sake.
  })
}
