// `--kmsg`: copies the log to the kernel's own, by way of /dev/kmsg.
import { constants, openSync, writeSync } from 'node:fs'
import { UserError } from '../errors.js'
import { type printk_level, type printk_record, register_console } from '../printk.js'
import { kstrdup_quotable } from '../string_helpers.js'

/** The kernel refuses a longer write: LOG_LINE_MAX less the prefix, in bytes. */
const lineMax = 976

const newline = Buffer.from('\n')

/** linux/kern_levels.h */
const levels: Record<printk_level, number> = { err: 3, warn: 4, info: 6, debug: 7 }

/** The kernel's facility for daemons. */
const LOG_DAEMON = 3 << 3

/**
 * A record as /dev/kmsg takes it, with a newline, without which the kernel takes the next one for its continuation. One
 * that is too long is cut between characters, and says so.
 */
export function kmsg_line({ level, text }: printk_record): Buffer {
  // The kernel's own consoles print what they are given.
  const line = Buffer.from(`<${LOG_DAEMON + levels[level]}>lunatik: ${kstrdup_quotable(text)}`)
  if (line.length < lineMax) return Buffer.concat([line, newline])
  const told = (bytes: number) => Buffer.from(` [${bytes} more bytes were cut]\n`)
  let end = lineMax - told(line.length).length
  while (((line[end] as number) & 0xc0) === 0x80) end--
  const whole = line.toString('latin1', 0, end).replace(/\\(x[0-9a-f]?)?$/, '').length
  return Buffer.concat([line.subarray(0, whole), told(line.length - whole)])
}

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
    try {
      writeSync(fd, kmsg_line(record))
    } catch {} // The kernel may refuse a record, for its own log's sake.
  })
}
