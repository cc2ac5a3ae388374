// lua.h: arithmetic, comparisons, lengths. The notation [-n, +n, e] is explained in lua_stack.ts.
import type { lua_State } from './api.js'
import { checkAcceptable, checkName, checkRoom1, checkValid, checkValues, misuse, show } from './border.js'
import { l_str2int } from './dialect/lobject.js'
import { engine } from './engine.js'
import { lua_pushint64 } from './integers.js'
import { LUA_OPBNOT, LUA_OPDIV, LUA_OPEQ, LUA_OPIDIV, LUA_OPLE, LUA_OPPOW, LUA_OPUNM } from './lua_numbers.js'

/**
 * An operation on the two values on the top, or on one for LUA_OPUNM and LUA_OPBNOT, with metamethods. [-(2|1), +1, e]
 *
 * There are integers only: LUA_OPDIV rounds down, as LUA_OPIDIV.
 * @param op one of the LUA_OP numbers from LUA_OPADD to LUA_OPBNOT; LUA_OPPOW is an Error, as the kernel's Lua has
 *   no `^`
 */
export function lua_arith(L: lua_State, op: number): void {
  if ((op | 0) !== op || op < 0 || op > LUA_OPBNOT) misuse(`${show(op)} is no operation`)
  if (op === LUA_OPPOW) misuse("the kernel's Lua has no powers: its numbers are integers")
  const unary = op === LUA_OPUNM || op === LUA_OPBNOT
  checkValues(L, unary ? 1 : 2)
  // C makes a second operand of the first.
  if (unary) checkRoom1(L)
  engine.lua_arith(L, op === LUA_OPDIV ? LUA_OPIDIV : op)
}

/**
 * Compares two values, with metamethods; false where there is none at an index. [-0, +0, e]
 * @param op LUA_OPEQ, LUA_OPLT or LUA_OPLE
 */
export function lua_compare(L: lua_State, idx1: number, idx2: number, op: number): boolean {
  checkAcceptable(L, idx1)
  checkAcceptable(L, idx2)
  if ((op | 0) !== op || op < LUA_OPEQ || op > LUA_OPLE) misuse(`${show(op)} is no comparison`)
  return engine.lua_compare(L, idx1, idx2, op)
}

/** Pushes the length of the value at `idx`, as `#` gives it, with metamethods. [-0, +1, e] */
export function lua_len(L: lua_State, idx: number): void {
  checkValid(L, idx)
  checkRoom1(L)
  engine.lua_len(L, idx)
}

/**
 * Pushes the number that a text holds, as Lua reads one: an integer, decimal or hexadecimal. [-0, +1, -]
 *
 * In an engine of 32 bits it is the nearest number beyond 2^53.
 * @returns the text's length in bytes with the final zero; 0, with nothing pushed, for what holds no integer
 */
export function lua_stringtonumber(L: lua_State, s: string): number {
  checkName(s)
  checkRoom1(L)
  const integer = l_str2int(s)
  if (integer === null) return 0
  lua_pushint64(L, integer)
  return Buffer.byteLength(s) + 1
}
