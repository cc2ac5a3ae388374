// A process that makes calls of `lunatik replay`: by its first thread, as most programs do, whose number is the pid that
// a driver sees; those that overlapped with others by threads of their own. It is another process, as a call may never
// come back, and nothing ends a thread that waits for one.
import fs from 'node:fs'
import { join } from 'node:path'
import type { trace_record } from '../vfs/trace.js'
import { type Libc, replay_libc } from './replay_libc.js'

/** A call to make. */
export interface ReplayCall {
  readonly id: number
  readonly op: trace_record['op']
  /** No other is under way in the process meanwhile. */
  readonly alone: boolean
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
/** EIO */
const ioError = -5
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

const nothing = Buffer.alloc(0)

const errnoOf = (e: NodeJS.ErrnoException): number => e.errno ?? ioError

/** What poll(2) finds, within so many milliseconds. */
async function polled({ poll }: Libc, alone: boolean, fd: number, events: number, timeout: number): Promise<number> {
  const pollfd = Buffer.alloc(pollfdSize)
  new Int32Array(pollfd.buffer, pollfd.byteOffset, 1)[0] = fd
  const words = new Uint16Array(pollfd.buffer, pollfd.byteOffset, pollfdSize / 2)
  words[pollfdEvents / 2] = events
  const ret = await poll(alone, pollfd, 1, timeout)
  return ret < 0 ? ret : (words[pollfdRevents / 2] as number)
}

/** Makes a call that node:fs has not. Resolves with its result, and the bytes that an ioctl has given. */
async function ofLibc(libc: Libc, fd: number, call: ReplayCall): Promise<[number, Uint8Array | null]> {
  const { op, alone, off, data, cmd, arg, events, timeout } = call
  if (op === 'lseek') return [await libc.lseek(alone, fd, off, arg ?? 0), null]
  if (op === 'poll') {
    let found = await polled(libc, alone, fd, anything, 0)
    if (timeout > 0 && found !== events) {
      await polled(libc, alone, fd, events, timeout)
      found = await polled(libc, alone, fd, anything, 0)
    }
    return [found, null]
  }
  if (arg !== null) return [await libc.ioctl_arg(alone, fd, cmd, arg), null]
  const buf = Buffer.alloc(Math.max(sizeOf(cmd), data.length))
  buf.set(data)
  return [await libc.ioctl(alone, fd, cmd, buf), buf]
}

/** Makes a call of node:fs. Resolves with its result, or a negative errno. */
function ofNode(fd: number, call: ReplayCall, buf: Buffer): number | Promise<number> {
  const { op, alone, mount, name, flags, len, off, data } = call
  const path = join(mount, name)
  const position = op === 'pread' || op === 'pwrite' ? off : null
  if (!alone)
    return new Promise((resolve) => {
      const ended = (e: NodeJS.ErrnoException | null, ret = 0) => resolve(e === null ? ret : errnoOf(e))
      if (op === 'open') fs.open(path, flags ?? 0, ended)
      else if (op === 'read' || op === 'pread') fs.read(fd, buf, 0, len, position, ended)
      else if (op === 'write' || op === 'pwrite') fs.write(fd, data, 0, data.length, position, ended)
      else if (op === 'fsync') fs.fsync(fd, ended)
      else if (op === 'fdatasync') fs.fdatasync(fd, ended)
      else fs.close(fd, ended)
    })
  try {
    if (op === 'open') return fs.openSync(path, flags ?? 0)
    if (op === 'read' || op === 'pread') return fs.readSync(fd, buf, 0, len, position)
    if (op === 'write' || op === 'pwrite') return fs.writeSync(fd, data, 0, data.length, position)
    if (op === 'fsync') fs.fsyncSync(fd)
    else if (op === 'fdatasync') fs.fdatasyncSync(fd)
    else fs.closeSync(fd)
    return 0
  } catch (e) {
    return errnoOf(e as NodeJS.ErrnoException)
  }
}

async function make(call: ReplayCall): Promise<void> {
  const { id, op, alone, file, flags, len } = call
  const answer = (ret: number, data: Uint8Array | null = null) =>
    process.send?.({ id, ret, data: ret < 0 ? null : data } satisfies ReplayResult)
  if (op === 'open') {
    const fd = await ofNode(-1, call, nothing)
    if (fd >= 0) fds.set(file, fd)
    answer(Math.min(fd, 0))
    return
  }
  const fd = fds.get(file)
  if (fd === undefined) {
    answer(badFile)
    return
  }
  const byLibc = op === 'poll' || op === 'ioctl' || op === 'lseek'
  const libc = byLibc || flags !== null ? replay_libc() : null
  if (flags !== null) await libc?.fcntl(alone, fd, setFlags, flags)
  if (byLibc) {
    if (libc !== null) answer(...(await ofLibc(libc, fd, call)))
    return
  }
  if (op === 'close') fds.delete(file)
  const reads = op === 'read' || op === 'pread'
  const buf = reads ? Buffer.alloc(len) : nothing
  const ret = await ofNode(fd, call, buf)
  answer(ret, reads && ret >= 0 ? buf.subarray(0, ret) : null)
}

process.on('message', make)
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
