// lib/lz4 of Linux: blocks of LZ4, the same bytes as LZ4_compress_default gives there on a machine of 64 bits.
import type { lua_State } from '../lua/lua.js'
import { Ticks } from '../lua/lua_ticks.js'

/** The shortest match, in bytes; the last bytes, which are never part of one; and where the last one may begin. */
const minMatch = 4
const lastLiterals = 5
const mfLimit = 12
const maxDistance = 0xffff
/** Data shorter than this are found by hashes of 4 bytes in a larger table, others by those of 5. */
const limit64K = 65536 + mfLimit - 1
const hashLog = 12
/** How many places without a match make the steps longer by one. */
const skipTrigger = 6

/** A length of 4 bits, and what is more in bytes that follow. */
const runMask = 15

const read32 = (b: Uint8Array, at: number) =>
  ((b[at] as number) | ((b[at + 1] as number) << 8) | ((b[at + 2] as number) << 16) | ((b[at + 3] as number) << 24)) >>>
  0

const hash4 = (b: Uint8Array, at: number) => Math.imul(read32(b, at), 2654435761) >>> (32 - hashLog - 1)

/** The prime of 40 bits, in halves: its product with 5 bytes counts modulo 2^40. */
const [primeLow, primeHigh] = [889523592379 % 2 ** 20, Math.floor(889523592379 / 2 ** 20)]

function hash5(b: Uint8Array, at: number): number {
  const word = read32(b, at)
  const low = word & 0xfffff
  const high = (word >>> 20) | ((b[at + 4] as number) << 12)
  const middle = (low * primeHigh + high * primeLow) % 2 ** 20
  return Math.floor(((low * primeLow + middle * 2 ** 20) % 2 ** 40) / 2 ** (40 - hashLog))
}

/** Where a block is written. */
class Output {
  readonly #bytes: Uint8Array
  n = 0
  /** Whether there was no room any more. */
  full = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Whether there is room for so many bytes. Notes where there is not. */
  fits(n: number): boolean {
    if (this.n + n > this.#bytes.length) this.full = true
    return !this.full
  }

  byte(value: number): void {
    this.#bytes[this.n++] = value
  }

  /** What a length has beyond the 4 bits of the token. */
  more(length: number): void {
    let rest = length - runMask
    if (rest < 0) return
    for (; rest >= 255; rest -= 255) this.byte(255)
    this.byte(rest)
  }

  copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.n)
    this.n += bytes.length
  }

  /** Literals, and a match behind them of `length` bytes more than the least; -1 for the end, which has none. */
  sequence(literals: Uint8Array, offset: number, length: number): void {
    this.byte((Math.min(literals.length, runMask) << 4) | Math.min(Math.max(length, 0), runMask))
    this.more(literals.length)
    this.copy(literals)
    if (length < 0) return
    this.byte(offset & 0xff)
    this.byte(offset >>> 8)
    this.more(length)
  }
}

/** Compresses `src` into `dst`. Returns how many bytes that are; 0 where they don't fit. */
export function LZ4_compress_default(L: lua_State, src: Uint8Array, dst: Uint8Array): number {
  const out = new Output(dst)
  const limited = dst.length < src.length + Math.floor(src.length / 255) + 16
  const anchor = src.length < mfLimit + 1 ? 0 : matches(L, src, out, limited)
  const last = src.length - anchor
  if (out.full || (limited && !out.fits(last + 1 + Math.floor((last + 255 - runMask) / 255)))) return 0
  out.sequence(src.subarray(anchor), 0, -1)
  return out.n
}

/** Writes all but the last literals. Returns where these begin. */
function matches(L: lua_State, src: Uint8Array, out: Output, limited: boolean): number {
  const small = src.length < limit64K
  const hash = small ? hash4 : hash5
  const table = new Uint32Array(1 << (small ? hashLog + 1 : hashLog))
  const distance = small ? limit64K : maxDistance
  const last = src.length - mfLimit
  const ticks = new Ticks()
  let anchor = 0
  let ip = 1
  let forward = hash(src, ip)
  for (;;) {
    ticks.step(L)
    // A place whose four bytes were there before, and near enough.
    let match: number
    let next = ip
    let step = 1
    let tries = 1 << skipTrigger
    do {
      ip = next
      next += step
      step = tries++ >>> skipTrigger
      if (next > last) return anchor
      const h = forward
      match = table[h] as number
      forward = hash(src, next)
      table[h] = ip
    } while (match + distance < ip || read32(src, match) !== read32(src, ip))
    while (ip > anchor && match > 0 && src[ip - 1] === src[match - 1]) {
      ip--
      match--
    }
    for (;;) {
      const literals = src.subarray(anchor, ip)
      // As much room as C asks for, before and behind the literals.
      const run = literals.length
      if (limited && run > 0 && !out.fits(1 + run + 8 + Math.floor(run / 255))) return anchor
      const begin = ip
      const offset = ip - match
      ip += minMatch
      match += minMatch
      const end = src.length - lastLiterals
      while (ip < end && src[ip] === src[match]) {
        ip++
        match++
      }
      const length = ip - begin - minMatch
      const written = 1 + run + (run >= runMask ? 1 + Math.floor((run - runMask) / 255) : 0) + 2
      if (limited && !out.fits(written + 1 + lastLiterals + (length >>> 8))) return anchor
      out.sequence(literals, offset, length)
      anchor = ip
      if (ip > last) return anchor
      table[hash(src, ip - 2)] = ip - 2
      const h = hash(src, ip)
      match = table[h] as number
      table[h] = ip
      if (match + distance < ip || read32(src, match) !== read32(src, ip)) break
    }
    forward = hash(src, ++ip)
  }
}

/** Decompresses `src` into `dst`. Returns how many bytes that are; -1 for what is no block, or has more. */
export function LZ4_decompress_safe(L: lua_State, src: Uint8Array, dst: Uint8Array): number {
  const ticks = new Ticks()
  let ip = 0
  let op = 0
  /** A length that goes on behind the token; -1 where the block ends in it. */
  const whole = (bits: number): number => {
    let length = bits
    if (bits < runMask) return length
    for (;;) {
      const byte = src[ip++]
      if (byte === undefined) return -1
      length += byte
      if (byte < 255) return length
    }
  }
  while (ip < src.length) {
    ticks.step(L)
    const token = src[ip++] as number
    const literals = whole(token >>> 4)
    if (literals < 0 || ip + literals > src.length || op + literals > dst.length) return -1
    dst.set(src.subarray(ip, ip + literals), op)
    ip += literals
    op += literals
    if (ip === src.length) return op
    if (ip + 2 > src.length) return -1
    const offset = (src[ip] as number) | ((src[ip + 1] as number) << 8)
    ip += 2
    const length = whole(token & runMask)
    if (offset === 0 || offset > op || length < 0 || op + length + minMatch > dst.length) return -1
    // Byte by byte, as what is copied may be what has just been written.
    for (const end = op + length + minMatch; op < end; op++) dst[op] = dst[op - offset] as number
  }
  return -1
}
