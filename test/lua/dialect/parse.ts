// What the tests of the dialect share: a chunk's error as `load` words it, and the engine, which runs what was
// translated.
import type { Test } from 'tap'
import { luaG_addinfo } from '../../../src/lua/dialect/lobject.js'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'
import type { Target } from '../../../src/lua/dialect/ltranslate.js'
import { engine } from '../../../src/lua/engine.js'
import { luaL_newstate, luaL_requiref } from '../../../src/lua/lauxlib.js'
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

/** What chunks are translated for, for the engine of this process. */
export const target: Target = engine.version === 503 ? '5.3' : '5.4'

/** Loads a chunk as the engine's own compiler reads it. */
const load = (L: lua_State, chunk: string) => engine.luaL_loadbufferx(L, Buffer.from(chunk, 'latin1'), '=chunk', null)

/** The engine's own compile error, or null. */
export function engineError(source: string): string | null {
  const L = luaL_newstate() as lua_State
  const error = load(L, source) === LUA_OK ? null : lua_tostring(L, -1)
  lua_close(L)
  return error
}

/** What a chunk, as the engine reads it, returns, as tostring gives it, or its error. */
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
  if (load(L, source) === LUA_OK) lua_pcall(L, 0, 1, 0)
  const result = lua_tostring(L, -1)
  lua_close(L)
  return result
}
