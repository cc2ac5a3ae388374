// lauxlib.h: arithmetic of lua_Integers, which wraps around as Lua's does.
import { misuse, show } from './border.js'
import { narrow } from './dialect/lobject.js'
import type { lua_Integer } from './luaconf.js'

const operations = {
  '+': (a: bigint, b: bigint) => a + b,
  '-': (a: bigint, b: bigint) => a - b,
  '*': (a: bigint, b: bigint) => a * b,
  '&': (a: bigint, b: bigint) => a & b,
  '|': (a: bigint, b: bigint) => a | b,
  '^': (a: bigint, b: bigint) => a ^ b,
  '<<': (a: bigint, b: bigint) => (b < 64n ? a << b : 0n),
  '>>': (a: bigint, b: bigint) => (b < 64n ? a >> b : 0n),
}

/**
 * `v1 op v2` of 64 bits, which wraps around: both are unsigned, the result is signed. [-0, +0, -]
 * @param op C's operator as text
 */
export function luaL_intop(op: keyof typeof operations, v1: lua_Integer, v2: lua_Integer): lua_Integer {
  const f = Object.hasOwn(operations, op) ? operations[op] : misuse(`${show(op)} is no operator`)
  return narrow(BigInt.asIntN(64, f(BigInt.asUintN(64, BigInt(v1)), BigInt.asUintN(64, BigInt(v2)))))
}
