// The process that makes the calls of `lunatik replay`: each in a thread of its own, so that they overlap as they did.
// It is another process, as a call may never come back, and nothing ends a thread that waits for one.
import fs from 'node:fs'
import { join } from 'node:path'

/** A call to make. */
export interface ReplayCall {
  readonly id: number
  readonly op: 'open' | 'read' | 'pread' | 'write' | 'pwrite' | 'fsync' | 'close'
  /** The mount's folder and the device's path. */
  readonly mount: string
  readonly name: string
  /** Which open file: the number that its open had. */
  readonly file: number
  readonly flags: number
  readonly len: number
  readonly off: number
  readonly data: Uint8Array
}

/** What came of a call: what a trace's record has of it. */
export interface ReplayResult {
  readonly id: number
  /** A negative errno for an error. */
  readonly ret: number
  readonly data: Uint8Array | null
}

const fds = new Map<number, number>()

/** EBADF */
const badFile = -9

const answer = (id: number, e: NodeJS.ErrnoException | null, ret: number, data: Uint8Array | null = null) =>
  process.send?.({ id, ret: e === null ? ret : (e.errno ?? -5), data: e === null ? data : null } satisfies ReplayResult)

function make({ id, op, mount, name, file, flags, len, off, data }: ReplayCall): void {
  const fd = fds.get(file)
  if (op === 'open') {
    fs.open(join(mount, name), flags, (e, fd) => {
      if (e === null) fds.set(file, fd)
      answer(id, e, 0)
    })
  } else if (fd === undefined) {
    process.send?.({ id, ret: badFile, data: null } satisfies ReplayResult)
  } else if (op === 'read' || op === 'pread') {
    const buf = Buffer.alloc(len)
    fs.read(fd, buf, 0, len, op === 'read' ? null : off, (e, n) => answer(id, e, n, buf.subarray(0, n)))
  } else if (op === 'write' || op === 'pwrite') {
    fs.write(fd, data, 0, data.length, op === 'write' ? null : off, (e, n) => answer(id, e, n))
  } else if (op === 'fsync') fs.fsync(fd, (e) => answer(id, e, 0))
  else {
    fds.delete(file)
    fs.close(fd, (e) => answer(id, e, 0))
  }
}

process.on('message', make)
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
