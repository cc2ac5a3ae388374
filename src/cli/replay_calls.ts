// A process that makes calls of `lunatik replay`: each in a thread of its own, so that they overlap as they did. It is
// another process, as a call may never come back, and nothing ends a thread that waits for one.
import fs from 'node:fs'
import { join } from 'node:path'
import type { trace_record } from '../vfs/trace.js'
import { type Libc, replay_libc } from './replay_libc.js'

/** A call to make. */
export interface ReplayCall {
  readonly id: number
  readonly op: trace_record['op']
  /** The mount's folder and the device's path. */
  readonly mount: string
  readonly name: string
  /** Which open file: the number that its open had. */
  readonly file: number
  /** Of an open its flags; of other calls those that the open file gets first by fcntl(2), null for as they are. */
  readonly flags: number | null
  readonly len: number
  readonly off: number
  readonly data: Uint8Array
  /** Of ioctl: the command, and the number that it has instead of bytes; `arg` of lseek: whence. */
  readonly cmd: number
  readonly arg: number | null
  /** Of poll: what it waits for, and for how long, in milliseconds; it never waits for 0. */
  readonly events: number
  readonly timeout: number
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
/** fcntl(2)'s F_SETFL. */
const setFlags = 4

/** struct pollfd: an int, what is asked for and what is there. */
const pollfdSize = 8
const pollfdEvents = 4
const pollfdRevents = 6
/** Each bit that poll(2) knows. */
const anything = 0x7fff

/** asm-generic/ioctl.h: how many bytes a command carries. */
const sizeOf = (cmd: number) => (cmd >>> 16) & 0x3fff

const answer = (id: number, e: NodeJS.ErrnoException | null, ret: number, data: Uint8Array | null = null) =>
  process.send?.({ id, ret: e === null ? ret : (e.errno ?? -5), data: e === null ? data : null } satisfies ReplayResult)

/** What poll(2) finds, within so many milliseconds. */
async function polled({ poll }: Libc, fd: number, events: number, timeout: number): Promise<number> {
  const pollfd = Buffer.alloc(pollfdSize)
  new Int32Array(pollfd.buffer, pollfd.byteOffset, 1)[0] = fd
  const words = new Uint16Array(pollfd.buffer, pollfd.byteOffset, pollfdSize / 2)
  words[pollfdEvents / 2] = events
  const ret = await poll(pollfd, 1, timeout)
  return ret < 0 ? ret : (words[pollfdRevents / 2] as number)
}

/** Makes a call that Node has not. Resolves with its result, and the bytes that an ioctl has given. */
async function ofLibc(libc: Libc, fd: number, call: ReplayCall): Promise<[number, Uint8Array | null]> {
  const { op, off, data, cmd, arg, events, timeout } = call
  if (op === 'lseek') return [await libc.lseek(fd, off, arg ?? 0), null]
  if (op === 'poll') {
    let found = await polled(libc, fd, anything, 0)
    if (timeout > 0 && found !== events) {
      await polled(libc, fd, events, timeout)
      found = await polled(libc, fd, anything, 0)
    }
    return [found, null]
  }
  if (arg !== null) return [await libc.ioctl_arg(fd, cmd, arg), null]
  const buf = Buffer.alloc(Math.max(sizeOf(cmd), data.length))
  buf.set(data)
  return [await libc.ioctl(fd, cmd, buf), buf]
}

async function make(call: ReplayCall): Promise<void> {
  const { id, op, mount, name, file, flags, len, off, data } = call
  const fd = fds.get(file)
  if (op === 'open') {
    fs.open(join(mount, name), flags ?? 0, (e, fd) => {
      if (e === null) fds.set(file, fd)
      answer(id, e, 0)
    })
    return
  }
  if (fd === undefined) {
    process.send?.({ id, ret: badFile, data: null } satisfies ReplayResult)
    return
  }
  const libc = op === 'poll' || op === 'ioctl' || op === 'lseek' || flags !== null ? replay_libc() : null
  if (flags !== null) await libc?.fcntl(fd, setFlags, flags)
  switch (op) {
    case 'read':
    case 'pread': {
      const buf = Buffer.alloc(len)
      fs.read(fd, buf, 0, len, op === 'read' ? null : off, (e, n) => answer(id, e, n, buf.subarray(0, n)))
      break
    }
    case 'write':
    case 'pwrite':
      fs.write(fd, data, 0, data.length, op === 'write' ? null : off, (e, n) => answer(id, e, n))
      break
    case 'fsync':
      fs.fsync(fd, (e) => answer(id, e, 0))
      break
    case 'fdatasync':
      fs.fdatasync(fd, (e) => answer(id, e, 0))
      break
    case 'close':
      fds.delete(file)
      fs.close(fd, (e) => answer(id, e, 0))
      break
    default:
      if (libc !== null) answer(id, null, ...(await ofLibc(libc, fd, call)))
  }
}

process.on('message', make)
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
