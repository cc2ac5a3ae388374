// lua_Integer as a kernel has it, of 64 bits, in a Lua whose own integers may be narrower.
//
// The engine fengari keeps 32 bits and passes what is wider as floats, exact to 2^53. Beyond, a number is the nearest
// that there is: for times, and for words that were swapped or read from memory, better than none.
import { lua_pushint64 } from '../lua/integers.js'
import { luaL_checkinteger } from '../lua/lauxlib.js'
import { LUA_INTEGER_BITS, lua_isnoneornil, type lua_State, lua_tointegerx, lua_tonumberx } from '../lua/lua.js'

/**
 * The integer argument `arg`, as a lua_Integer: from -2^63 to 2^63 - 1. What is beyond, an unsigned word, wraps around.
 * @throws raises as luaL_checkinteger
 */
export function int64_check(L: lua_State, arg: number): bigint {
  const integer = lua_tointegerx(L, arg)
  if (integer !== null) return BigInt(integer)
  const number = LUA_INTEGER_BITS === 64 ? null : lua_tonumberx(L, arg)
  const integral = number !== null && Number.isInteger(number) && Math.abs(number) <= 2 ** 64
  return BigInt.asIntN(64, BigInt(integral ? number : luaL_checkinteger(L, arg)))
}

/** As {@link int64_check}, with a default for an absent or nil argument. */
export const int64_opt = (L: lua_State, arg: number, def: bigint) =>
  lua_isnoneornil(L, arg) ? def : int64_check(L, arg)

/**
 * Pushes a lua_Integer, whose bits above 64 are dropped. With integers of 32 bits it is the nearest number past 2^53.
 */
export const int64_push = (L: lua_State, n: bigint) => lua_pushint64(L, BigInt.asIntN(64, n))
