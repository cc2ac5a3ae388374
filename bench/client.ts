// A program of its own, for where client.c can't be built: the same lines on standard input and the same answers, one
// thread, no poll. Only such a process may wait for a mount.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * One round: `count` calls of `size` bytes each, of `threads` threads together; `open` is open, read, close, and
 * `times` reads that are timed one by one; `tcp` sends bytes to the port `path` and receives them again.
 */
export interface Round {
  readonly op: 'read' | 'write' | 'open' | 'poll' | 'times' | 'tcp'
  readonly threads: number
  readonly size: number
  readonly count: number
  readonly path: string
}

/** What this client can't do. */
export const needsNative = ({ op, threads }: Omit<Round, 'path'>): boolean =>
  op === 'poll' || op === 'times' || op === 'tcp' || threads > 1

function time({ path, op, size, count }: Round): number {
  const buf = Buffer.alloc(size, '4')
  const transfer = (fd: number) => {
    const n = op === 'write' ? writeSync(fd, buf, 0, size, 0) : readSync(fd, buf, 0, size, 0)
    if (n !== size || buf[0] !== 0x34 || buf[n - 1] !== 0x34) throw new Error(`${op} gave ${n} or wrong bytes`)
  }
  const once = () => {
    const fd = openSync(path, 'r')
    transfer(fd)
    closeSync(fd)
  }
  const fd = op === 'open' ? null : openSync(path, op === 'read' ? 'r' : 'r+')
  try {
    const start = process.hrtime.bigint()
    for (let i = 0; i < count; i++) fd === null ? once() : transfer(fd)
    return Number(process.hrtime.bigint() - start) / count
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

function answer(line: string): string {
  const [op, threads, size, count, ...path] = line.split(' ')
  const round = {
    op,
    threads: Number(threads),
    size: Number(size),
    count: Number(count),
    path: path.join(' '),
  } as Round
  try {
    if (needsNative(round)) throw new Error(`${op} with ${threads} threads needs the client in C`)
    return time(round).toFixed(1)
  } catch (e) {
    const { errno = -5, message } = e as NodeJS.ErrnoException
    return `error ${-errno} ${message}`
  }
}

// Also imported, for what it declares.
if (process.argv[1] === import.meta.filename) {
  createInterface({ input: process.stdin }).on('line', (line) => console.log(answer(line)))
}
