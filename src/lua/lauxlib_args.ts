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
  lua_tonumberx,
  lua_tostring,
  lua_type,
  lua_typename,
} from './lua.js'

/** Raises unless argument `arg` is of the type `t`, one of the LUA_T numbers. [-0, +0, v] */
export function luaL_checktype(L: lua_State, arg: number, t: number): void {
  if (lua_type(L, arg) !== t) luaL_typeerror(L, arg, lua_typename(L, t))
}

/** Raises `value expected` where there is no argument `arg`; nil is one. [-0, +0, v] */
export function luaL_checkany(L: lua_State, arg: number): void {
  if (lua_type(L, arg) === LUA_TNONE) luaL_argerror(L, arg, 'value expected')
}

/**
 * The integer argument `arg`, also of a string that holds one. [-0, +0, v]
 * @typeParam T number | bigint where the integer may be beyond 2^53
 * @returns the integer, a bigint beyond 2^53, where a number would not be exact
 * @throws raises `number expected, got …`, or `number has no integer representation`
 */
export function luaL_checkinteger<T extends number | bigint = number>(L: lua_State, arg: number): T {
  const n = lua_tointegerx(L, arg)
  if (n !== null) return n as T
  if (lua_isnumber(L, arg)) return luaL_argerror(L, arg, 'number has no integer representation')
  return luaL_typeerror(L, arg, 'number')
}

/** As luaL_checkinteger, with a default for an absent or nil argument. [-0, +0, v] */
export function luaL_optinteger<T extends number | bigint = number>(L: lua_State, arg: number, def: T): T {
  if ((arg | 0) === arg) {
    const integer = engine.lua_tryoptinteger(L, arg, def)
    if (integer !== undefined) return integer as T
  }
  return lua_isnoneornil(L, arg) ? def : luaL_checkinteger(L, arg)
}

/**
 * The number argument `arg`, also of a string that holds one: an integer, as the kernel's Lua has no others.
 * [-0, +0, v]
 */
export const luaL_checknumber = (L: lua_State, arg: number): number =>
  lua_tonumberx(L, arg) ?? luaL_typeerror(L, arg, 'number')

/** As luaL_checknumber, with a default for an absent or nil argument. [-0, +0, v] */
export const luaL_optnumber = (L: lua_State, arg: number, def: number): number =>
  lua_isnoneornil(L, arg) ? def : luaL_checknumber(L, arg)

/**
 * The bytes of the string argument `arg`, to be read only; a number there becomes a string. [-0, +0, v]
 * @returns Lua's own bytes, as lua_tolstring's
 * @throws raises `string expected, got …`
 */
export function luaL_checklstring(L: lua_State, arg: number): Uint8Array {
  return lua_tolstring(L, arg) ?? luaL_typeerror(L, arg, 'string')
}

/** As luaL_checklstring, with a default, which may be null, for an absent or nil argument. [-0, +0, v] */
export const luaL_optlstring = <T extends Uint8Array | null>(L: lua_State, arg: number, def: T): Uint8Array | T =>
  lua_isnoneornil(L, arg) ? def : luaL_checklstring(L, arg)

/** As luaL_checklstring, as UTF-8 text. [-0, +0, v] */
export function luaL_checkstring(L: lua_State, arg: number): string {
  return lua_tostring(L, arg) ?? luaL_typeerror(L, arg, 'string')
}

/** As luaL_checkstring, with a default, which may be null, for an absent or nil argument. [-0, +0, v] */
export const luaL_optstring = <T extends string | null>(L: lua_State, arg: number, def: T): string | T =>
  lua_isnoneornil(L, arg) ? def : luaL_checkstring(L, arg)

/** `f(L, n)`, or `d` for an absent or nil argument `n`: any of the functions that check one. [-0, +0, v] */
export const luaL_opt = <T, D>(L: lua_State, f: (L: lua_State, n: number) => T, n: number, d: D): T | D =>
  lua_isnoneornil(L, n) ? d : f(L, n)

/**
 * The place of the string argument `arg` among `lst`, from 0. [-0, +0, v]
 * @param def the string for an absent or nil argument; null for none
 * @param lst C's array, with or without the null at its end
 * @throws raises `bad argument #arg to 'function' (invalid option 'o')`
 */
export function luaL_checkoption(
  L: lua_State,
  arg: number,
  def: string | null,
  lst: readonly (string | null)[],
): number {
  const name = def === null ? luaL_checkstring(L, arg) : luaL_optstring(L, arg, def)
  const place = lst.indexOf(name)
  return place >= 0 ? place : luaL_argerror(L, arg, `invalid option '${name}'`)
}

/** As luaL_testudata, raising `tname expected, got …`. [-0, +0, v] */
export const luaL_checkudata = (L: lua_State, ud: number, tname: string): unknown =>
  luaL_testudata(L, ud, tname) ?? luaL_typeerror(L, ud, tname)
