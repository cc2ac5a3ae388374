// lobject.c and ldebug.c, as far as text goes: how a chunk is called, where an error is, which integer a string holds.
// Unlike C's, names of files are never cut: an error would lose its file.

/** luaconf.h's: how long a chunk that was given as a string may be in its own name, with all that is around it. */
const LUA_IDSIZE = 60
const beforeString = '[string "'
const afterString = '"]'
const dots = '...'

/** How messages call a chunk: `source` is `=name`, `@file`, or the chunk's own text. */
export function luaO_chunkid(source: string): string {
  if (source.startsWith('=') || source.startsWith('@')) return source.slice(1)
  const room = LUA_IDSIZE - beforeString.length - dots.length - afterString.length - 1
  const end = source.search(/\n/)
  if (end < 0 && source.length < room) return `${beforeString}${source}${afterString}`
  return `${beforeString}${source.slice(0, end < 0 ? room : Math.min(end, room))}${dots}${afterString}`
}

/** Both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Why a chunk doesn't compile, and where. */
export interface CompileError extends Place {
  /** Without the place: `malformed number near '.5'`. */
  readonly message: string
}

/** In C it isn't the compiler that raises this, so that it has no place. */
export const stackOverflow = 'C stack overflow'

/** The whole message, as `load` gives it: `chunkid:line: message`. */
export function luaG_addinfo(source: string, { line, message }: CompileError): string {
  return message === stackOverflow ? message : `${luaO_chunkid(source)}:${line}: ${message}`
}

/**
 * The integer that a string holds: decimal within 64 bits, or hexadecimal, which wraps around; no fraction and no
 * exponent. White space may be around it.
 * @param s one character for each byte
 * @returns null for what holds none
 */
export function l_str2int(s: string): bigint | null {
  const match = /^[ \f\n\r\t\v]*([-+]?)(?:0[xX]([\da-fA-F]+)|(\d+))[ \f\n\r\t\v]*$/.exec(s)
  if (match === null) return null
  const [, sign, hex, decimal] = match
  const magnitude = BigInt(hex === undefined ? (decimal as string) : `0x${hex}`)
  const value = sign === '-' ? -magnitude : magnitude
  const integer = BigInt.asIntN(64, value)
  return hex === undefined && integer !== value ? null : integer
}

/** A lua_Integer as a number, where that is exact. */
export function narrow(n: bigint): number | bigint {
  const number = Number(n)
  return Number.isSafeInteger(number) ? number : n
}
