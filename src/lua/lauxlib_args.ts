// lauxlib.h: the arguments of C functions.
import { engine } from './engine.js'
import { luaL_argerror, luaL_typeerror } from './lauxlib_errors.js'
import { luaL_testudata } from './lauxlib_metatables.js'
import {
  LUA_TNONE,
  lua_isnoneornil,
  lua_isnumber,
  type lua_State,
  lua_tointegerx,
  lua_tolstring,
  lua_tostring,
  lua_type,
  lua_typename,
} from './lua.js'

export function luaL_checktype(L: lua_State, arg: number, t: number): void {
  if (lua_type(L, arg) !== t) luaL_typeerror(L, arg, lua_typename(L, t))
}

export function luaL_checkany(L: lua_State, arg: number): void {
  if (lua_type(L, arg) === LUA_TNONE) luaL_argerror(L, arg, 'value expected')
}

/** The integer argument `arg`. Beyond 2^53 it is the nearest number. Raises for what is no integer. */
export function luaL_checkinteger(L: lua_State, arg: number): number {
  const n = lua_tointegerx(L, arg)
  if (n !== null) return Number(n)
  if (lua_isnumber(L, arg)) return luaL_argerror(L, arg, 'number has no integer representation')
  return luaL_typeerror(L, arg, 'number')
}

/** As luaL_checkinteger, with a default for an absent or nil argument. */
export function luaL_optinteger(L: lua_State, arg: number, def: number): number {
  if ((arg | 0) === arg) {
    const integer = engine.lua_tryoptinteger(L, arg, def)
    if (integer !== undefined) return integer
  }
  return lua_isnoneornil(L, arg) ? def : luaL_checkinteger(L, arg)
}

/** The bytes of the string argument `arg`, to be read only. Raises for what is no string or number. */
export function luaL_checklstring(L: lua_State, arg: number): Uint8Array {
  return lua_tolstring(L, arg) ?? luaL_typeerror(L, arg, 'string')
}

/** As luaL_checklstring, as UTF-8 text. */
export function luaL_checkstring(L: lua_State, arg: number): string {
  return lua_tostring(L, arg) ?? luaL_typeerror(L, arg, 'string')
}

/** As luaL_checkstring, with a default for an absent or nil argument. */
export const luaL_optstring = (L: lua_State, arg: number, def: string) =>
  lua_isnoneornil(L, arg) ? def : luaL_checkstring(L, arg)

/**
 * The string argument `arg`, which must be one of `options`; `def` where it is absent or nil and `def` isn't undefined. C
 * gives its place among them.
 * @throws raises `bad argument #arg to 'function' (invalid option 'o')`
 */
export function luaL_checkoption(
  L: lua_State,
  arg: number,
  def: string | undefined,
  options: readonly string[],
): string {
  const name = def === undefined ? luaL_checkstring(L, arg) : luaL_optstring(L, arg, def)
  return options.includes(name) ? name : luaL_argerror(L, arg, `invalid option '${name}'`)
}

/** As luaL_testudata, raising `tname expected, got …`. */
export const luaL_checkudata = (L: lua_State, ud: number, tname: string): unknown =>
  luaL_testudata(L, ud, tname) ?? luaL_typeerror(L, ud, tname)
