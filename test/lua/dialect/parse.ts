// What the tests of the dialect share: a chunk's error as `load` words it, and fengari, which runs what was translated.
import type { Test } from 'tap'
import { luaG_addinfo } from '../../../src/lua/dialect/lobject.js'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'
import { luaL_loadbufferx, luaL_newstate, luaL_requiref } from '../../../src/lua/lauxlib.js'
import { LUA_OK, lua_close, lua_pcall, lua_pop, type lua_State, lua_tostring } from '../../../src/lua/lua.js'
import { luaopen_base, luaopen_string, luaopen_table } from '../../../src/lua/lualib.js'

/** `1: message`, or null for a chunk that compiles. */
export function errorOf(source: string): string | null {
  const parsed = luaY_parse(source)
  return 'error' in parsed ? luaG_addinfo('=chunk', parsed.error).replace('chunk:', '') : null
}

/** Holds each chunk to its error; null for none. */
export function check(t: Test, table: readonly (readonly [source: string, error: string | null])[]): void {
  for (const [source, error] of table) t.equal(errorOf(source), error, JSON.stringify(source))
}

/** fengari's own compile error, or null. */
export function fengariError(source: string): string | null {
  const L = luaL_newstate() as lua_State
  const status = luaL_loadbufferx(L, Buffer.from(source, 'latin1'), '=chunk', null)
  const error = status === LUA_OK ? null : lua_tostring(L, -1)
  lua_close(L)
  return error
}

/** The hidden functions, as a runtime would provide them. */
const hidden = `
string["\\0for"] = function(v) return type(v) == "string" and math_tointeger(v) or v end
string["\\0vararg"] = table.pack
string["\\0global"] = function(v, name) if v ~= nil then error("global '" .. name .. "' already defined", 2) end end
`.replace('math_tointeger(v)', '(v:find("^ *%-?%d+ *$") and v + 0)')

/** What a chunk returns in fengari, as tostring gives it, or its error. */
export function run(source: string): string | null {
  const L = luaL_newstate() as lua_State
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['string', luaopen_string],
    ['table', luaopen_table],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  const call = (chunk: string) => {
    if (luaL_loadbufferx(L, Buffer.from(chunk, 'latin1'), '=chunk', null) === LUA_OK) lua_pcall(L, 0, 1, 0)
    return lua_tostring(L, -1)
  }
  call(hidden)
  const result = call(source)
  lua_close(L)
  return result
}
