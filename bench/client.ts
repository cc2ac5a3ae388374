// A program of its own: reads or writes files on the mounts, as its parent tells it over the channel. Only such a
// process may wait for a mount; one process asks all the files, so that they meet the same compiled code.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** One round: `count` calls of read(2) or write(2) with `size` bytes each, on a file opened for it. */
export interface Round {
  readonly path: string
  readonly op: 'read' | 'write'
  readonly size: number
  readonly count: number
}

/** The answer to a round: the time of one call, or why there is none. */
export type Answer = { readonly ns: number } | { readonly error: string }

function time({ path, op, size, count }: Round): number {
  const buf = Buffer.alloc(size, '4')
  const fd = openSync(path, op === 'read' ? 'r' : 'w')
  const call = op === 'read' ? () => readSync(fd, buf, 0, size, null) : () => writeSync(fd, buf, 0, size, null)
  try {
    const start = process.hrtime.bigint()
    for (let i = 0; i < count; i++) {
      const n = call()
      if (n !== size) throw new Error(`${op} of ${size} bytes on ${path} gave ${n}`)
    }
    const ns = Number(process.hrtime.bigint() - start) / count
    if (buf[0] !== 0x34 || buf[size - 1] !== 0x34) throw new Error(`${path} gave wrong bytes`)
    return ns
  } finally {
    closeSync(fd)
  }
}

function answer(round: Round): Answer {
  try {
    return { ns: time(round) }
  } catch (e) {
    return { error: e instanceof Error ? e.message : String(e) }
  }
}

process.on('message', (round: Round) => process.send?.(answer(round)))
