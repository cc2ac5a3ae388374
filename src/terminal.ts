// drivers/tty: what a descriptor of the process leads to, a terminal, a pipe or a file, written so that nobody ever
// waits for it.
//
// O_NONBLOCK belongs to the open file, which other programs share: set on theirs, their own writes would fail. So what
// can be opened again is, for an open file of our own. A regular file is written as it is, because it has its position
// in the open file, and doesn't make anybody wait. For the rest, a socket or a terminal of another user, a cat(1) does
// the waiting (terminal_relay.ts).
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'

/** /dev/ptmx, which is another terminal each time that it is opened. */
const PTMX = (5 << 8) | 2

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
export class TerminalFile implements Terminal {
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

/** Whether two descriptors lead to one terminal, pipe or file. */
export function sameFile(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)]
    return a.dev === b.dev && a.ino === b.ino
  } catch {
    return false
  }
}
