// States for tests of the C API: without a runtime, with the libraries that the tests' chunks use.
import { luaL_loadstring, luaL_newstate, luaL_requiref } from '../../src/lua/lauxlib.js'
import {
  LUA_MULTRET,
  LUA_OK,
  type lua_CFunction,
  lua_close,
  lua_gettop,
  lua_pcall,
  lua_pop,
  lua_pushcfunction,
  type lua_State,
  lua_settop,
  lua_tostring,
} from '../../src/lua/lua.js'
import { luaopen_base, luaopen_coroutine, luaopen_debug, luaopen_string, luaopen_table } from '../../src/lua/lualib.js'

/** A state that is closed at the end of the test. */
export function state(t: { teardown(f: () => void): unknown }): lua_State {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['coroutine', luaopen_coroutine],
    ['string', luaopen_string],
    ['table', luaopen_table],
    ['debug', luaopen_debug],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  return L
}

/** Calls `f` as a C function in protected mode. Returns its error's message, or null; the stack is as before. */
export function raised(L: lua_State, f: lua_CFunction): string | null {
  const top = lua_gettop(L)
  lua_pushcfunction(L, f)
  const status = lua_pcall(L, 0, 0, 0)
  const message = status === LUA_OK ? null : lua_tostring(L, -1)
  lua_settop(L, top)
  return message
}

/** Runs a chunk and leaves all its results on the stack. Throws its error. */
export function run(L: lua_State, chunk: string): void {
  if (luaL_loadstring(L, chunk) !== LUA_OK || lua_pcall(L, 0, LUA_MULTRET, 0) !== LUA_OK)
    throw new Error(lua_tostring(L, -1) ?? '?')
}

/** All values of the stack as text, from the bottom on, which is empty then. */
export function taken(L: lua_State): (string | null)[] {
  const values = Array.from({ length: lua_gettop(L) }, (_, i) => lua_tostring(L, i + 1))
  lua_settop(L, 0)
  return values
}
