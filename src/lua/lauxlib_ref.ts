// lauxlib.h: references, numbers for values that C keeps in a table.
import { misuse, show } from './border.js'
import { luaL_checkstack } from './lauxlib_errors.js'
import { LUA_NOREF, LUA_REFNIL } from './lauxlib_numbers.js'
import {
  LUA_REGISTRYINDEX,
  LUA_RIDX_LAST,
  LUA_TNIL,
  LUA_TNUMBER,
  lua_absindex,
  lua_isnil,
  lua_pop,
  lua_pushinteger,
  lua_rawgeti,
  lua_rawlen,
  lua_rawseti,
  type lua_State,
  lua_tointeger,
} from './lua.js'

/** The table's key of the list of references that are free: each is the key of the next one. */
const freelist = LUA_RIDX_LAST + 1

/**
 * Pops a value and puts it into the table at `t`, often the registry. [-1, +0, m]
 * @returns the key under which it is: a number that no other value has until luaL_unref; LUA_REFNIL for nil, which is
 *   put nowhere
 */
export function luaL_ref(L: lua_State, t: number): number {
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1)
    return LUA_REFNIL
  }
  const table = lua_absindex(L, t)
  luaL_checkstack(L, 1, null)
  let ref = lua_rawgeti(L, table, freelist) === LUA_TNIL ? 0 : lua_tointeger(L, -1)
  lua_pop(L, 1)
  if (ref !== 0) {
    lua_rawgeti(L, table, ref)
    lua_rawseti(L, table, freelist)
  } else {
    // Also where there is no list yet.
    lua_pushinteger(L, 0)
    lua_rawseti(L, table, freelist)
    ref = lua_rawlen(L, table) + 1
  }
  lua_rawseti(L, table, ref)
  return ref
}

/** Whether a reference is in the list of those that are free. */
function isFree(L: lua_State, table: number, ref: number): boolean {
  let most = lua_rawlen(L, table)
  for (let at = freelist; most >= 0; most--) {
    lua_rawgeti(L, table, at)
    const next = lua_tointeger(L, -1)
    lua_pop(L, 1)
    if (next === ref) return true
    if (next === 0) break
    at = next
  }
  return false
}

/**
 * Gives a reference of the table at `t` back: its value is gone, and luaL_ref may give the number again. LUA_NOREF and
 * LUA_REFNIL do nothing. [-0, +0, -]
 * @throws an Error for a reference that is free already
 */
export function luaL_unref(L: lua_State, t: number, ref: number): void {
  if ((ref | 0) !== ref) misuse(`${show(ref)} is no reference`)
  if (ref === LUA_NOREF || ref === LUA_REFNIL || ref < 0) return
  const table = lua_absindex(L, t)
  luaL_checkstack(L, 1, null)
  if (table === LUA_REGISTRYINDEX && ref <= freelist) misuse(`${ref} is the registry's own, no reference`)
  const type = lua_rawgeti(L, table, ref)
  lua_pop(L, 1)
  if (type === LUA_TNUMBER && isFree(L, table, ref)) misuse(`the reference ${ref} is free already`)
  lua_rawgeti(L, table, freelist)
  lua_rawseti(L, table, ref)
  lua_pushinteger(L, ref)
  lua_rawseti(L, table, freelist)
}
