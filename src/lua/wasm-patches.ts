// Two changes to the package's wasm before it is loaded. Where the bytes aren't found, nothing is changed.

/** How ldebug.c's luaG_traceexec begins in wasm, from its local variables on, and how it ends: `return 1`. */
const traceexec = Buffer.from('010d7f2000280214210820002802702203410c714504402008410036021441000f0b', 'hex')
const returnsOne = Buffer.from('41010b', 'hex')
const bodyMax = 4096

/**
 * Has a count hook count only where Lua looks for one by itself: at jumps, at loops, at calls, and after what may raise.
 * Where luaG_traceexec returns 1, Lua comes back at the next instruction, at twice the cost of what only computes; with
 * 0 it comes back at the next such place, which no loop is without. Another release of the package may have no such
 * code: then each instruction counts.
 */
export function countFewer(wasm: Buffer): void {
  const start = wasm.indexOf(traceexec)
  if (start < 0 || wasm.indexOf(traceexec, start + 1) >= 0) return
  const length = bodyLength(wasm, start)
  const end = start + length - returnsOne.length
  if (length < bodyMax && wasm.subarray(end, start + length).equals(returnsOne)) wasm[end + 1] = 0
}

/** The length of a function's body, which is written before it: seven bits in a byte, the lowest first. */
function bodyLength(wasm: Buffer, start: number): number {
  const [low = 0, high = 0] = wasm.subarray(start - 2, start)
  return (low & 0x80) !== 0 && high < 0x80 ? (low & 0x7f) | (high << 7) : bodyMax
}

/** The section of the memory: one of 16 MiB, which may grow to 2 GiB; and the byte of its flags. */
const memorySection = Buffer.from('050701018002808002', 'hex')

/**
 * Has memory shared, as with other threads, for what JavaScript does with it: a part of it that was given away stays
 * what it is when the memory grows. That of its own would become empty.
 */
export function keepParts(wasm: Buffer): void {
  const start = wasm.indexOf(memorySection)
  if (start >= 0 && wasm.indexOf(memorySection, start + 1) < 0) wasm[start + 3] = 3
}
