// The calls on a mount's devices, from the file to which its server writes each before the call's program goes on.
import { recordsOf } from '../cli/calls.js'
import { bytesOf } from '../surrogateescape.js'
import type { trace_record } from '../vfs/trace.js'
import type { Growing } from './log.js'

/** A call on a device. */
export interface Call {
  /** read(2) and pread(2) are told apart, as are write and pwrite; `close` is the last close of an open file. */
  readonly op: trace_record['op']
  /** The device's path on the mount. */
  readonly name: string
  /** The process and its command's name; undefined where the transport doesn't say. */
  readonly pid: number | undefined
  readonly comm: string | undefined
  readonly uid: number | undefined
  /** Which open file: its number, the same from its open to its close. */
  readonly file: number
  /** Of open: open(2)'s flags. */
  readonly flags: number | undefined
  /** Of read and write: how many bytes were asked for, and where the driver was, in bytes. */
  readonly len: number | undefined
  readonly off: number | undefined
  /** Of ioctl: the command. */
  readonly cmd: number | undefined
  /** What was written, or what was read; of ioctl what was given. Null for the others, and until there is something. */
  readonly data: Buffer | null
  /** Of ioctl: what was given back. */
  readonly out: Buffer | null
  /** The result, a negative errno for an error; null for a call that still waits. */
  readonly ret: number | null
  /** The errno's name, of an error. */
  readonly errname: string | undefined
  /** When it began, in seconds since the server started, and how long it took, in milliseconds; null while it waits. */
  readonly time: number
  readonly ms: number | null
}

const bytes = (text: string | undefined) => (text === undefined ? null : bytesOf(text))

function callOf(record: trace_record): Call {
  const { op, name, pid, comm, uid, file, flags, len, off, cmd, errname, time } = record
  return {
    ...{ op, name, pid, comm, uid, file, flags, len, off, cmd, errname, time },
    data: bytes(op === 'read' || op === 'pread' ? record.out : record.in),
    out: op === 'ioctl' ? bytes(record.out) : null,
    ret: record.ret ?? null,
    ms: record.ms ?? null,
  }
}

/** The calls in a file of records, in the order in which they began; of those on one device where `name` says so. */
export function callsIn(file: Growing, name?: string): Call[] {
  const calls = new Map<number, Call>()
  // One that slept has two records, of which the second has all.
  for (const record of recordsOf(file.read())) {
    if (name === undefined || record.name === name) calls.set(record.begin, callOf(record))
  }
  return [...calls].sort(([a], [b]) => a - b).map(([, call]) => call)
}
