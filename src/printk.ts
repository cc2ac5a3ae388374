// linux/printk.h: the log. A record has a time, a level and a text; consoles print it as it comes.
// Unlike the kernel's, a message is one finished string: there is no format and no continuation.

/** A record's level, by the name of its function: `pr_err` makes `'err'`. */
export type printk_level = 'err' | 'warn' | 'info' | 'debug'

/** One record of the log. */
export interface printk_record {
  /** Seconds since the process started, as in dmesg. */
  readonly time: number
  readonly level: printk_level
  /** The message without a newline at its end; newlines inside stay. */
  readonly text: string
}

/** Receives each record as it is logged. It must not throw. */
export type console_t = (record: printk_record) => void

const consoles = new Set<console_t>()
/** The records held back while the consoles are suspended. */
let held: printk_record[] | null = null

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
  const record = { time: performance.now() / 1000, level, text: text.endsWith('\n') ? text.slice(0, -1) : text }
  if (held !== null) held.push(record)
  else for (const console of consoles) console(record)
}

/** Holds back what is logged until {@link resume_console}. */
export function suspend_console(): void {
  held ??= []
}

/**
 * Prints what was held back.
 * @param print what to print for a record, null for nothing
 * @returns all that was held back
 */
export function resume_console(print: (record: printk_record) => printk_record | null): readonly printk_record[] {
  const records = held ?? []
  held = null
  for (const record of records) {
    const printed = print(record)
    if (printed !== null) for (const console of consoles) console(printed)
  }
  return records
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

/**
 * A record as one line for a terminal: `[    1.234567] err: mydevice: boom`. Control characters are escaped as
 * in /dev/kmsg (`\x0a`), so a message never breaks the line and never steers the terminal.
 */
export function printk_line({ time, level, text }: printk_record): string {
  const safe = text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it escapes
    /[\x00-\x08\x0a-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `[${time.toFixed(6).padStart(12)}] ${level}: ${safe}`
}

/** What a thrown value says of itself, in one line: `"TypeError: text"` for an error. Never throws, as some values do. */
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
