// linux/console.h: where the log is printed. Whoever logs never waits for it: what the terminal doesn't take is queued,
// and what the queue doesn't take is dropped, the oldest first, and counted.
//
// A kernel that runs beside the process that started it prints by itself, so that a record is on the terminal before
// its program has an answer (console_remote.ts). As soon as the terminal takes no more it hands its records over to the
// process, which has the one queue, until that is empty.
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { printk_bytes, printk_dropped, register_console } from './printk.js'
import { sameFile, type Terminal } from './terminal.js'
import { closeLostTerminals, openTerminal } from './terminal_relay.js'

/** How much is queued at most, in bytes. */
export const CONSOLE_QUEUE_MAX = 1 << 20

/** How long until a terminal that took nothing is tried again, in milliseconds. */
const againMs = 50
/** The same where writing failed: a full disk, a terminal that has gone. */
const failedMs = 1000
/** How often it is tried at the end, in milliseconds. */
const flushMs = 10
/** How long the end may take, in milliseconds. */
const closeMs = 500

const nothing: Uint8Array = Buffer.alloc(0)

/** A line that waits, with its newline. */
interface Queued {
  readonly line: Uint8Array
  /** How many records it stands for. */
  readonly records: number
}

/** A terminal and what waits for it. */
export class Console {
  readonly #terminal: Terminal
  readonly #waiting = new Set<() => void>()
  /** What is left of the line that is being written. */
  #rest = nothing
  /** Whether some of that line is written. */
  #begun = false
  #queue: Queued[] = []
  /** Index of the oldest in the queue. */
  #oldest = 0
  #queued = 0
  #dropped = 0
  #timer: NodeJS.Timeout | null = null

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /**
   * Prints a line now, or as soon as that is possible.
   * @param line with its newline
   * @param printed how many of its bytes are written already
   * @param records how many records it stands for: more than one for a line that says how many were dropped
   */
  print(line: Uint8Array, printed = 0, records = 1): void {
    const part = line.subarray(printed)
    if (part.length === 0) return
    if (this.#timer === null) {
      this.#rest = part
      this.#begun = printed > 0
      if (!this.#write()) this.#later()
    } else if (printed > 0) {
      // Another has begun it, before this side wrote anything or behind what it has written.
      this.#rest = Buffer.concat(this.#begun ? [this.#rest, part] : [part, this.#rest])
      this.#begun = true
    } else this.#enqueue({ line: part, records })
  }

  #enqueue(queued: Queued): void {
    this.#queue.push(queued)
    this.#queued += queued.line.length
    while (this.#queued > CONSOLE_QUEUE_MAX) this.#dropped += (this.#dequeue() as Queued).records
  }

  #dequeue(): Queued | null {
    const queued = this.#queue[this.#oldest]
    if (queued === undefined) return null
    this.#queued -= queued.line.length
    this.#oldest++
    // Those that are gone are cut off when there are as many, so that each costs its move once.
    if (this.#oldest * 2 >= this.#queue.length) {
      this.#queue.splice(0, this.#oldest)
      this.#oldest = 0
    }
    return queued
  }

  #next(): Uint8Array {
    if (this.#dropped === 0) return this.#dequeue()?.line ?? nothing
    const record = printk_dropped(this.#dropped)
    this.#dropped = 0
    return printk_bytes(record)
  }

  /** Writes what the terminal takes. Returns whether that was all. */
  #write(): boolean {
    for (;;) {
      if (this.#rest.length === 0) {
        this.#rest = this.#next()
        this.#begun = false
        if (this.#rest.length === 0) return true
      }
      const n = this.#terminal.write(this.#rest)
      if (n === 0) return false
      this.#rest = this.#rest.subarray(n)
      this.#begun = true
    }
  }

  #later(): void {
    this.#timer = setTimeout(() => this.#again(), this.#terminal.failed ? failedMs : againMs).unref()
  }

  #again(): void {
    if (this.#write()) {
      this.#timer = null
      for (const free of this.#waiting) free()
      this.#waiting.clear()
    } else this.#later()
  }

  /** Calls `free` once, as soon as nothing is queued. */
  wait(free: () => void): void {
    if (this.#timer === null) free()
    else this.#waiting.add(free)
  }

  /**
   * Ends it: writes what is queued, as far as the terminal takes it within `ms` milliseconds. Further calls do nothing.
   */
  async close(ms: number): Promise<void> {
    const end = performance.now() + ms
    if (this.#timer !== null) clearTimeout(this.#timer)
    while (this.#timer !== null && !this.#write() && !this.#terminal.failed && performance.now() < end)
      await sleep(flushMs)
    await this.#terminal.close(Math.max(0, end - performance.now()))
  }
}

const stdio: (Console | undefined)[] = []

/** The console on this process's standard output or standard error, which may be one. A thread has none. */
export function stdio_console(fd: 1 | 2): Console {
  if (fd === 1 && sameFile(1, 2)) return stdio_console(2)
  stdio[fd] ??= new Console(openTerminal(fd))
  return stdio[fd]
}

/** Before the exit: writes what is queued for standard output and standard error, within half a second. */
export async function close_consoles(): Promise<void> {
  await Promise.all(stdio.map((console) => console?.close(closeMs)))
  closeLostTerminals()
}

/** A stream on a console. */
const streamOn = (fd: 1 | 2) =>
  new Writable({
    decodeStrings: true,
    write: (bytes: Buffer, _encoding, done) => {
      stdio_console(fd).print(bytes)
      done()
    },
  })

/**
 * Has all that this process writes to standard output and standard error go to the consoles.
 *
 * Node's own streams would wait for a terminal, and set O_NONBLOCK on a pipe or a socket that other programs write to
 * as well: as soon as anybody looks at `process.stderr`, which Node does itself whenever a socket is closed.
 */
export function stdio_streams(): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    Object.defineProperty(process, name, { value: streamOn(fd), configurable: true, enumerable: true })
  }
}

/**
 * Prints each further record on standard error.
 * @param debug debug records too
 */
export function register_stderr(debug: boolean): void {
  // Opened now, as there may be no descriptor left when it is needed.
  const console = stdio_console(2)
  register_console((record, printed) => {
    if (printed !== 'all' && (debug || record.level !== 'debug'))
      console.print(printk_bytes(record), printed, record.dropped)
  })
}
