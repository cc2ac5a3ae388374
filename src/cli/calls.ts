// Records of calls on devices, as a trace has them, and as a person reads them: a line each, as of strace.
import { kstrdup_quotable } from '../string_helpers.js'
import { bytesOf } from '../surrogateescape.js'
import type { trace_record } from '../vfs/trace.js'

/** How many bytes of a call's data a line shows. */
const shownMax = 32

/** The beginning of a record's bytes, as C writes a string. */
export function quoted(text: string): string {
  const bytes = bytesOf(text)
  const escapes: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\', '"': '\\"' }
  const shown = [...bytes.subarray(0, shownMax).toString('latin1')].map(
    (c) => escapes[c] ?? (c >= ' ' && c <= '~' ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
  )
  return `"${shown.join('')}"${bytes.length > shownMax ? '...' : ''}`
}

const accessModes = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE']
/** asm-generic/fcntl.h, as far as a device may care. */
const flagNames: readonly (readonly [number, string])[] = [
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o40000, 'O_DIRECT'],
]

const flagsOf = (flags: number) =>
  [accessModes[flags & 3], ...flagNames.filter(([bit]) => flags & bit).map(([, name]) => name)].join('|')

/** The arguments, with what came back where a program sees it. */
function argumentsOf({ op, flags, len, off, cmd, arg, in: given, out }: trace_record): string[] {
  switch (op) {
    case 'open':
      return [flagsOf(flags ?? 0)]
    case 'read':
    case 'pread':
      return [...(out === undefined ? [] : [quoted(out)]), String(len), String(off)]
    case 'write':
    case 'pwrite':
      return [quoted(given ?? ''), String(len), String(off)]
    case 'ioctl':
      return [`0x${(cmd ?? 0).toString(16)}`, given === undefined ? String(arg) : quoted(given)]
    case 'lseek':
      return [String(off), String(arg)]
    default:
      return []
  }
}

/**
 * How a line names a call: `cat[123] read(thermo/temp, "20\n", 131072, 0)`; without who calls where that isn't known.
 */
export function callOf(record: trace_record, end = ')'): string {
  const { pid, comm, op, name } = record
  const who = pid === undefined ? '' : `${kstrdup_quotable(comm ?? '?')}[${pid}] `
  return `${who}${op}(${[kstrdup_quotable(name), ...argumentsOf(record)].join(', ')}${end}`
}

/** A result as strace has it: -1 and the errno's name for an error. */
export const resultOf = ({ ret, errname, op, out }: trace_record): string =>
  errname !== undefined ? `-1 ${errname}` : `${ret}${op === 'ioctl' && out ? ` ${quoted(out)}` : ''}`

/** A time as the log's lines begin with it. */
export const stampOf = (time: number): string => `[${time.toFixed(6).padStart(12)}]`

/** The line of a record. One whose call sleeps ends as strace's. */
export function lineOf(record: trace_record): string {
  const time = stampOf(record.time)
  if (record.end === undefined) return `${time} ${callOf(record, ' <unfinished ...>')}`
  return `${time} ${callOf(record)} = ${resultOf(record)} <${((record.ms ?? 0) / 1000).toFixed(6)}>`
}

/** The records of a trace's lines, but for injected events. Throws an Error for a line that is none. */
export function recordsOf(text: string): trace_record[] {
  return text
    .split('\n')
    .map((line, i) => {
      if (line.trim() === '') return null
      try {
        const record = JSON.parse(line) as trace_record
        if ('event' in record && !('op' in record)) return null
        if (Number.isInteger(record.begin) && typeof record.op === 'string') return record
      } catch {} // Neither is one that was cut.
      throw new Error(`line ${i + 1} is no record of a trace`)
    })
    .filter((record) => record !== null)
}
