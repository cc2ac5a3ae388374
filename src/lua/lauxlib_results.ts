// lauxlib.h: the results of functions that call the system.
import {
  lua_pushboolean,
  lua_pushfstring,
  lua_pushinteger,
  lua_pushnil,
  lua_pushstring,
  type lua_State,
} from './lua.js'

/** What a failure's message says: a kernel's Lua has no errno. */
const noInfo = '(no extra info)'

/** Pushes what a function gives for a failure. [-0, +1, -] */
export const luaL_pushfail = (L: lua_State): void => lua_pushnil(L)

/**
 * Pushes the results of a function about a file: true, or nil, a message and an error's number. [-0, +(1|3), m]
 *
 * As in the kernel, where there is no errno, the message is `(no extra info)` and the number 0.
 * @param stat whether it went well
 * @param fname the file's name, for the message; null for none
 * @returns how many results there are
 */
export function luaL_fileresult(L: lua_State, stat: boolean | number, fname: Uint8Array | string | null): number {
  if (stat) {
    lua_pushboolean(L, true)
    return 1
  }
  luaL_pushfail(L)
  if (fname === null) lua_pushstring(L, noInfo)
  else lua_pushfstring(L, '%s: %s', fname, noInfo)
  lua_pushinteger(L, 0)
  return 3
}

/**
 * Pushes the results of a function about a process: true or nil, `"exit"`, and its status. [-0, +3, m]
 * @param stat 0 where it went well
 * @returns 3
 */
export function luaL_execresult(L: lua_State, stat: number): number {
  if (stat === 0) lua_pushboolean(L, true)
  else luaL_pushfail(L)
  lua_pushstring(L, 'exit')
  lua_pushinteger(L, stat)
  return 3
}
