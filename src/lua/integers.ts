// lua_Integer as the kernel has it, for this layer's libraries.
import { LUA_INTEGER_BITS, lua_pushinteger, lua_pushnumber, type lua_State } from './lua.js'

/** Pushes a lua_Integer of the kernel, which has 64 bits: in an engine of 32 the nearest number past 2^53. */
export function lua_pushint64(L: lua_State, n: bigint): void {
  const number = Number(n)
  if (Number.isSafeInteger(number)) lua_pushinteger(L, number)
  else if (LUA_INTEGER_BITS === 64) lua_pushinteger(L, n)
  else lua_pushnumber(L, number)
}
