// Terminals of any descriptor: where terminal.ts's ways would wait, another program does. A thread of ours loads
// terminal.ts alone, as what starts programs takes long to load.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { openOwnTerminal, type Terminal, TerminalFile } from './terminal.js'

/** How much may wait for the cat, in bytes. */
const relayMax = 64 << 10

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
