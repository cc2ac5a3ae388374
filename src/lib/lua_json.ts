// Values of Lua and of JSON, each as the other. A string's bytes that are no UTF-8 are lone surrogates in JSON.
import { luaL_checkstack, luaL_error } from '../lua/lauxlib.js'
import {
  LUA_TBOOLEAN,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_absindex,
  lua_createtable,
  lua_next,
  lua_pop,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  lua_pushnumber,
  lua_rawseti,
  type lua_State,
  lua_setfield,
  lua_toboolean,
  lua_tointegerx,
  lua_tolstring,
  lua_tonumber,
  lua_type,
  lua_typename,
} from '../lua/lua.js'
import { bytesOf, stringOf } from '../surrogateescape.js'

/** Tables in tables, at most: what goes deeper goes round in a circle, or is no event. */
const depthMax = 8

/**
 * The value at `idx`, which is a string, number, boolean, nil or a table of such: one whose keys are 1, 2, ... is a
 * list. [-0, +0, e]
 * @throws raises for any other
 */
export function jsonOf(L: lua_State, idx: number, depth = 0): unknown {
  const at = lua_absindex(L, idx)
  const type = lua_type(L, at)
  if (type === LUA_TSTRING) return stringOf(lua_tolstring(L, at) as Uint8Array)
  if (type === LUA_TNUMBER) return Number(lua_tointegerx(L, at) ?? lua_tonumber(L, at))
  if (type === LUA_TBOOLEAN) return lua_toboolean(L, at)
  if (type === LUA_TNIL) return null
  if (type !== LUA_TTABLE) return luaL_error(L, `a ${lua_typename(L, type)} is no part of an event`)
  if (depth === depthMax) return luaL_error(L, 'the tables of an event are too deep in each other')
  const list: unknown[] = []
  const fields: Record<string, unknown> = Object.create(null)
  luaL_checkstack(L, 3, 'an event')
  lua_pushnil(L)
  while (lua_next(L, at)) {
    const key = lua_type(L, -2) === LUA_TNUMBER ? lua_tointegerx(L, -2) : null
    const value = jsonOf(L, -1, depth + 1)
    if (typeof key === 'number' && key > 0 && key <= 1 << 20) list[key - 1] = value
    else if (lua_type(L, -2) === LUA_TSTRING) fields[stringOf(lua_tolstring(L, -2) as Uint8Array)] = value
    else return luaL_error(L, "an event's fields have names")
    lua_pop(L, 1)
  }
  return list.length > 0 ? list : fields
}

/** Pushes a value of JSON. [-0, +1, m] */
export function pushJson(L: lua_State, value: unknown): void {
  luaL_checkstack(L, 3, 'an answer')
  if (typeof value === 'string') lua_pushlstring(L, bytesOf(value))
  else if (typeof value === 'boolean') lua_pushboolean(L, value)
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) lua_pushinteger(L, value)
    else lua_pushnumber(L, value)
  } else if (Array.isArray(value)) {
    lua_createtable(L, value.length, 0)
    for (const [i, item] of value.entries()) {
      pushJson(L, item)
      lua_rawseti(L, -2, i + 1)
    }
  } else if (typeof value === 'object' && value !== null) {
    lua_createtable(L, 0, 0)
    for (const [key, item] of Object.entries(value)) {
      pushJson(L, item)
      lua_setfield(L, -2, key)
    }
  } else lua_pushnil(L)
}
