// Arguments and results of this layer's libraries that lauxlib.h has no function for.
import { luaL_argerror, luaL_checkstring, luaL_optstring } from './lauxlib.js'
import { LUA_INTEGER_BITS, lua_pushinteger, lua_pushnumber, type lua_State } from './lua.js'

/** Pushes a lua_Integer of the kernel, which has 64 bits: in an engine of 32 the nearest number past 2^53. */
export function lua_pushint64(L: lua_State, n: bigint): void {
  const number = Number(n)
  if (Number.isSafeInteger(number)) lua_pushinteger(L, number)
  else if (LUA_INTEGER_BITS === 64) lua_pushinteger(L, n)
  else lua_pushnumber(L, number)
}

/** lauxlib.h's luaL_checkoption, with the option itself as the result. */
export function checkOption(L: lua_State, arg: number, def: string | undefined, options: readonly string[]): string {
  const name = def === undefined ? luaL_checkstring(L, arg) : luaL_optstring(L, arg, def)
  return options.includes(name) ? name : luaL_argerror(L, arg, `invalid option '${name}'`)
}
