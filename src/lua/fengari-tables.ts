// The engine fengari's integers and tables: integer keys of more than 32 bits, and what is no table.

import type { lua_State } from './api.js'
import { LUA_TTABLE, lua, native, type State, to_luastring } from './fengari-load.js'

export function pushinteger(L: lua_State, n: number | bigint): void {
  const number = Number(n)
  if ((number | 0) === number) lua.lua_pushinteger(native(L), number)
  else if (Number.isSafeInteger(number)) lua.lua_pushnumber(native(L), number)
  else {
    lua.lua_pushstring(native(L), to_luastring(`integer overflow: ${n} is no integer within 2^53`))
    lua.lua_error(native(L))
  }
}

/** Pushes an integer as a key. */
function pushkey(L: lua_State, n: number | bigint): void {
  lua.lua_checkstack(native(L), 1)
  pushinteger(L, n)
}

export function lua_geti(L: lua_State, idx: number, n: number | bigint): number {
  const state = native(L)
  const index = lua.lua_absindex(state, idx)
  pushkey(L, n)
  return lua.lua_gettable(state, index)
}

/** A copy of the table below the value, then the key between them: the value on the top may be the table itself. */
function pushTableAndKey(L: lua_State, idx: number, n: number | bigint): void {
  const state = native(L)
  lua.lua_checkstack(state, 2)
  lua.lua_pushvalue(state, idx)
  lua.lua_rotate(state, -2, 1)
  pushkey(L, n)
  lua.lua_rotate(state, -2, 1)
}

export function lua_seti(L: lua_State, idx: number, n: number | bigint): void {
  pushTableAndKey(L, idx, n)
  lua.lua_settable(native(L), -3)
  lua.lua_settop(native(L), -2)
}

/** fengari's own says so without a place. */
export function checkTable(L: lua_State, idx: number): State {
  if (lua.lua_type(native(L), idx) !== LUA_TTABLE) throw new TypeError('this is no table')
  return native(L)
}

/** fengari's own take keys of 32 bits. */
const isShortKey = (n: number | bigint): n is number => typeof n === 'number' && (n | 0) === n

export function lua_rawgeti(L: lua_State, idx: number, n: number | bigint): number {
  const state = checkTable(L, idx)
  if (isShortKey(n)) return lua.lua_rawgeti(state, idx, n)
  const index = lua.lua_absindex(state, idx)
  pushkey(L, n)
  return lua.lua_rawget(state, index)
}

export function lua_rawseti(L: lua_State, idx: number, n: number | bigint): void {
  const state = checkTable(L, idx)
  if (isShortKey(n)) {
    lua.lua_rawseti(state, idx, n)
    return
  }
  pushTableAndKey(L, idx, n)
  lua.lua_rawset(state, -3)
  lua.lua_settop(state, -2)
}
