// lauxlib.h: metatables, and the types of userdata that they tell apart.
import {
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  lua_absindex,
  lua_call,
  lua_createtable,
  lua_getfield,
  lua_getmetatable,
  lua_pop,
  lua_pushstring,
  lua_pushvalue,
  lua_rawequal,
  lua_remove,
  type lua_State,
  lua_setfield,
  lua_setmetatable,
  lua_touserdata,
} from './lua.js'

/**
 * Pushes the field `event` of the metatable at `obj` and returns its type; pushes nothing and returns LUA_TNIL where
 * there is none. [-0, +(0|1), m]
 */
export function luaL_getmetafield(L: lua_State, obj: number, event: string): number {
  if (!lua_getmetatable(L, obj)) return LUA_TNIL
  const type = lua_getfield(L, -1, event)
  if (type === LUA_TNIL) lua_pop(L, 2)
  else lua_remove(L, -2)
  return type
}

/**
 * Calls the metamethod `event` of the value at `obj` with it and pushes the result. Returns false, and pushes nothing,
 * where there is none. [-0, +(0|1), e]
 */
export function luaL_callmeta(L: lua_State, obj: number, event: string): boolean {
  const index = lua_absindex(L, obj)
  if (luaL_getmetafield(L, index, event) === LUA_TNIL) return false
  lua_pushvalue(L, index)
  lua_call(L, 1, 1)
  return true
}

/** Pushes registry[tname], a new table with that `__name` if there was none. Returns whether it is new. [-0, +1, m] */
export function luaL_newmetatable(L: lua_State, tname: string): boolean {
  if (luaL_getmetatable(L, tname) !== LUA_TNIL) return false
  lua_pop(L, 1)
  lua_createtable(L, 0, 2)
  lua_pushstring(L, tname)
  lua_setfield(L, -2, '__name')
  lua_pushvalue(L, -1)
  lua_setfield(L, LUA_REGISTRYINDEX, tname)
  return true
}

/** Pushes registry[tname], nil for none, and returns its type. [-0, +1, m] */
export const luaL_getmetatable = (L: lua_State, tname: string): number => lua_getfield(L, LUA_REGISTRYINDEX, tname)

/** Gives the value on the top the metatable registry[tname]. [-0, +0, -] */
export function luaL_setmetatable(L: lua_State, tname: string): void {
  luaL_getmetatable(L, tname)
  lua_setmetatable(L, -2)
}

/** The userdata at `ud`, its cell, if its metatable is registry[tname], else null. [-0, +0, m] */
export function luaL_testudata(L: lua_State, ud: number, tname: string): unknown {
  const p = lua_touserdata(L, ud)
  if (p === null || !lua_getmetatable(L, ud)) return null
  luaL_getmetatable(L, tname)
  const same = lua_rawequal(L, -1, -2)
  lua_pop(L, 2)
  return same ? p : null
}
