// Printing where the record is made, so that it is on the terminal before its program has an answer.
import { writeSync } from 'node:fs'
import { printk_line, type printk_record } from '../printk.js'

/** Prints a record at once. Returns whether that was possible. */
export function printNow(record: printk_record): boolean {
  try {
    writeSync(2, `${printk_line(record)}\n`)
    return true
  } catch {
    return false // The terminal is busy: the main thread waits for it.
  }
}
