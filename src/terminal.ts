// drivers/tty: what a descriptor of the process leads to, a terminal, a pipe or a file, written so that nobody ever
// waits for it.
//
// O_NONBLOCK belongs to the open file, which other programs share: set on theirs, their own writes would fail. So what
// can be opened again is, for an open file of our own. A regular file is written as it is, because it has its position
// in the open file, and doesn't make anybody wait. For the rest, a socket or a terminal of another user, a cat(1) does
// the waiting.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'

/** /dev/ptmx, which is another terminal each time that it is opened. */
const PTMX = (5 << 8) | 2

/** How much may wait for the cat, in bytes. */
const relayMax = 64 << 10

type Way = 'reopen' | 'direct' | 'relay'

/** How a descriptor can be written without waiting. */
function wayOf(fd: number): Way {
  const stat = fstatSync(fd)
  if (stat.isFIFO() || (stat.isCharacterDevice() && stat.rdev !== PTMX)) return 'reopen'
  return stat.isFile() || stat.isBlockDevice() ? 'direct' : 'relay'
}

/** Where output goes. */
export interface Terminal {
  /** Whether the last write failed, and not because who reads is behind: it may go on failing. */
  readonly failed: boolean
  /**
   * Writes as much as is taken now. Never throws.
   * @returns how many bytes
   */
  write(bytes: Uint8Array): number
  /** Ends it. Resolves once all is through, `ms` milliseconds later at most. */
  close(ms: number): Promise<void>
}

/** An open file that doesn't wait. */
class TerminalFile implements Terminal {
  /** Null while a FIFO has nobody who reads. */
  #fd: number | null
  readonly #open: () => number
  failed = false

  constructor(open: () => number) {
    this.#open = open
    this.#fd = this.#opened()
  }

  #opened(): number | null {
    try {
      return this.#open()
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === 'ENXIO') return null
      throw e
    }
  }

  write(bytes: Uint8Array): number {
    this.failed = false
    try {
      this.#fd ??= this.#open()
      return writeSync(this.#fd, bytes)
    } catch (e) {
      this.failed = (e as NodeJS.ErrnoException).code !== 'EAGAIN'
      return 0
    }
  }

  async close(): Promise<void> {
    if (this.#fd !== null && this.#fd > 2) closeSync(this.#fd)
    this.#fd = null
  }
}

/** A cat(1) that waits in our place. It has a session of its own, where no key of the terminal ends it. */
class TerminalRelay implements Terminal {
  readonly #cat: ChildProcess
  readonly #gone: Promise<void>
  failed = false

  constructor(fd: number) {
    const command = 'PATH=/usr/bin:/bin:$PATH exec cat'
    this.#cat = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', fd, 'ignore'], detached: true, cwd: '/' })
    this.#cat.on('error', () => {})
    if (this.#cat.pid === undefined) throw new Error('no other program can be started')
    this.#gone = new Promise((resolve) => {
      const gone = () => {
        this.failed = true
        resolve()
      }
      this.#cat.on('exit', gone)
      this.#cat.stdin?.on('error', gone)
    })
    this.#cat.unref()
    ;(this.#cat.stdin as Socket | null)?.unref()
  }

  write(bytes: Uint8Array): number {
    const { stdin } = this.#cat
    if (this.failed || stdin === null || stdin.writableLength >= relayMax) return 0
    stdin.write(Buffer.from(bytes))
    return bytes.length
  }

  async close(ms: number): Promise<void> {
    this.#cat.stdin?.end()
    const timeout = new AbortController()
    await Promise.race([this.#gone, sleep(ms, undefined, { signal: timeout.signal }).catch(() => {})])
    timeout.abort()
    if (this.#cat.exitCode === null) this.#cat.kill('SIGKILL')
  }
}

/** Where nothing can be written. */
const nowhere: Terminal = { failed: true, write: () => 0, close: async () => {} }

/** The terminal of a descriptor without any help; null for what can't be written so. */
export function openOwnTerminal(fd: number): Terminal | null {
  try {
    const way = wayOf(fd)
    if (way === 'direct') return new TerminalFile(() => fd)
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY
    if (way === 'reopen') return new TerminalFile(() => openSync(`/proc/self/fd/${fd}`, flags))
  } catch {} // It may not be opened again.
  return null
}

/** The terminal of a descriptor. */
export function openTerminal(fd: number): Terminal {
  try {
    fstatSync(fd)
  } catch {
    return nowhere
  }
  try {
    return openOwnTerminal(fd) ?? new TerminalRelay(fd)
  } catch {
    return new TerminalFile(() => fd) // It may wait, which is better than to lose everything.
  }
}

const ttys = [0, 1, 2].filter((fd) => isatty(fd))

/**
 * Closes the terminals that were there when the process started and have gone since. At its exit Node puts back each
 * one's settings, and takes a failure of that for a fault of its own, which is a core dump.
 */
export function closeLostTerminals(): void {
  for (const fd of ttys.splice(0)) {
    try {
      if (!isatty(fd)) closeSync(fd)
    } catch {} // It was closed already.
  }
}

/** Whether two descriptors lead to one terminal, pipe or file. */
export function sameFile(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)]
    return a.dev === b.dev && a.ino === b.ino
  } catch {
    return false
  }
}
