// linux/printk.h and kernel/printk/printk.c: the log. A record has a time, a level and a text; consoles print it as it
// comes, and the log buffer keeps its line for those who read later.
// Unlike the kernel's, a message is one finished string: there is no format and no continuation.
import { randomBytes } from 'node:crypto'
import { EINVAL } from './errno.js'
import { PrintkRingbuffer } from './printk_ringbuffer.js'
import { kstrdup_quotable } from './string_helpers.js'

/** A record's level, by the name of its function: `pr_err` makes `'err'`. */
export type printk_level = 'err' | 'warn' | 'info' | 'debug'

/** One record of the log. */
export interface printk_record {
  /** Seconds since the process started, as in dmesg. */
  readonly time: number
  readonly level: printk_level
  /** The message without a newline at its end; newlines inside stay. */
  readonly text: string
  /** Of one that stands for others, which were dropped: how many. */
  readonly dropped?: number
}

/** How much of a record's line is on the terminal already: so many bytes, or all of it. */
export type console_printed = number | 'all'

/** Receives each record as it is logged, and how much of it another thread has printed. It must not throw nor wait. */
export type console_t = (record: printk_record, printed: console_printed) => void

/** CONFIG_LOG_BUF_SHIFT: how many bytes of lines the log buffer keeps. */
export const LOG_BUF_LEN = 1 << 20
/** LOG_LINE_MAX: a record has no more of a text, in characters, and says how many were cut. */
export const LOG_TEXT_MAX = 32 << 10

const log_buf = new PrintkRingbuffer(LOG_BUF_LEN)
const readers = new Set<() => void>()
let debugKept = false
let clearPos = 0

const consoles = new Set<console_t>()

/**
 * Prints every further record on `console`.
 * @returns a function that takes it away again; further calls do nothing
 */
export function register_console(console: console_t): () => void {
  consoles.add(console)
  return () => {
    consoles.delete(console)
  }
}

/**
 * Logs one record.
 * @param level the record's level
 * @param text the message; one newline at its end is dropped
 */
export function printk(level: printk_level, text: string): void {
  log_record({ time: printk_now(), level, text: cut(text.endsWith('\n') ? text.slice(0, -1) : text) })
}

/** A text that is short enough for a record; what is cut says so. */
function cut(text: string): string {
  if (text.length <= LOG_TEXT_MAX) return text
  const whole = text.slice(0, /[\ud800-\udbff]/.test(text.charAt(LOG_TEXT_MAX - 1)) ? LOG_TEXT_MAX - 1 : LOG_TEXT_MAX)
  return `${whole} [${text.length - whole.length} more characters were cut]`
}

/** When the log's time began, in milliseconds since 1970. */
let origin = performance.timeOrigin

/** The time of a record that is logged now. */
export const printk_now = (): number => (performance.timeOrigin + performance.now() - origin) / 1000

/** A record, logged now, that says how many were dropped in its place. */
export const printk_dropped = (dropped: number): printk_record => ({
  time: printk_now(),
  level: 'warn',
  text: `${dropped} records were dropped`,
  dropped,
})

/** What a thread needs to go on with another's log. */
export interface log_state {
  readonly origin: number
  readonly debug: boolean
  /** The lines that the log buffer holds. */
  readonly lines: Uint8Array
}

/** This thread's log, for {@link log_resume} in another. */
export function log_save(): log_state {
  const lines = new Uint8Array(log_buf.head - log_buf.tail)
  log_buf.read(log_buf.tail, lines)
  return { origin, debug: debugKept, lines }
}

/** Goes on with another thread's log. */
export function log_resume(state: log_state): void {
  origin = state.origin
  debugKept = state.debug
  for (let from = 0; from < state.lines.length; ) {
    const end = state.lines.indexOf(0x0a, from) + 1 || state.lines.length
    log_buf.store(state.lines.slice(from, end))
    from = end
  }
}

/** Keeps a finished record in the log buffer, and prints it nowhere: for one that another thread has printed. */
export function log_store(record: printk_record): void {
  if (record.level === 'debug' && !debugKept) return
  log_buf.store(printk_bytes(record))
  for (const wake of readers) wake()
}

/**
 * Logs a finished record, for example another thread's.
 * @param printed how much of it is on the terminal already
 */
export function log_record(record: printk_record, printed: console_printed = 0): void {
  log_store(record)
  for (const console of consoles) console(record, printed)
}

/** dynamic_debug: whether the log buffer keeps debug records too. At the start it doesn't. */
export function dynamic_debug(on: boolean): void {
  debugKept = on
}

/** Whether it does. */
export const debug_kept = (): boolean => debugKept

/**
 * Calls `wake` after each record that the log buffer gets. It must not throw nor log.
 * @returns a function that takes it away again; further calls do nothing
 */
export function log_wait(wake: () => void): () => void {
  readers.add(wake)
  return () => {
    readers.delete(wake)
  }
}

/**
 * The log buffer as a stream: of all lines since the start, each with its newline, the newest bytes. Positions count
 * from the stream's start.
 */
export const log_stream = {
  /** Where the oldest line begins that is kept. */
  get tail() {
    return log_buf.tail
  },
  /** Where the next line will begin. */
  get head() {
    return log_buf.head
  },
  /** Where the first line begins that was logged after the last SYSLOG_ACTION_CLEAR; `tail` where that is later. */
  get clear() {
    return Math.max(clearPos, log_buf.tail)
  },
  /** Copies bytes from `pos` on, which is from `tail` to `head`, and returns how many. */
  read: (pos: number, buf: Uint8Array) => log_buf.read(pos, buf),
}

/** syslog(2): hide the records so far from dmesg. */
export const SYSLOG_ACTION_CLEAR = 5

/**
 * do_syslog, as far as it is here.
 * @returns 0; -EINVAL for any action but SYSLOG_ACTION_CLEAR
 */
export function do_syslog(type: number): number {
  if (type !== SYSLOG_ACTION_CLEAR) return -EINVAL
  clearPos = log_buf.head
  return 0
}

/** What {@link pr_fmt} gives: the log functions of one module. null logs `(null)`, as printf's `%s` does. */
export interface pr_functions {
  pr_err(text: string | null): void
  pr_warn(text: string | null): void
  pr_info(text: string | null): void
  pr_debug(text: string | null): void
}

/**
 * The log functions of a module, as `#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt` makes them.
 * @param modname stands before each message, with a colon
 */
export function pr_fmt(modname: string): pr_functions {
  const pr = (level: printk_level) => (text: string | null) => printk(level, `${modname}: ${text ?? '(null)'}`)
  return { pr_err: pr('err'), pr_warn: pr('warn'), pr_info: pr('info'), pr_debug: pr('debug') }
}

const pr = (level: printk_level) => (text: string | null) => printk(level, text ?? '(null)')

/** Logs an error, without a module's name before it: {@link pr_fmt} gives those that put one there. */
export const pr_err = pr('err')
/** Logs a warning. */
export const pr_warn = pr('warn')
/** Logs for information. */
export const pr_info = pr('info')
/** Logs for debugging. */
export const pr_debug = pr('debug')

const hashes = new WeakMap<object, string>()

/** What `%p` prints for a pointer: 16 hexadecimal digits that are the same each time and tell nothing else. */
export function ptr_to_hashval(pointer: object): string {
  let hash = hashes.get(pointer)
  if (hash === undefined) {
    hash = randomBytes(4).toString('hex').padStart(16, '0')
    hashes.set(pointer, hash)
  }
  return hash
}

/**
 * A record as one line for a terminal: `[    1.234567] err: mydevice: boom`, with a newline in the message as `\x0a`.
 * @param record its text as surrogateescape.ts has it: a byte that is no UTF-8 is written as `\xff`
 */
export const printk_line = ({ time, level, text }: printk_record): string =>
  `[${time.toFixed(6).padStart(12)}] ${level}: ${kstrdup_quotable(text)}`

/** The same with a newline, as consoles print it. */
export const printk_bytes = (record: printk_record): Buffer => Buffer.from(`${printk_line(record)}\n`)

/**
 * What a thrown value says of itself, in one line: `"TypeError: text"` for an error. Never throws, as some values do.
 */
export function describe(e: unknown): string {
  try {
    return e instanceof Error ? `${e.name}: ${e.message}` : String(e)
  } catch {
    return 'something without a description'
  }
}

/** The stack of a thrown error, for the debug log; null for none. Never throws. */
export function stackOf(e: unknown): string | null {
  try {
    return e instanceof Error ? (e.stack ?? null) : null
  } catch {
    return null
  }
}
