// lauxlib.h: new states, and chunks as they are loaded.
import { checkName, checkRoom1 } from './border.js'
import { translateChunk } from './chunks.js'
import { engine } from './engine.js'
import { LUA_ERRSYNTAX, LUA_MULTRET, LUA_OK, lua_newstate, lua_pcall, lua_pushstring, type lua_State } from './lua.js'
import { bytesOf } from './lua_stack.js'

/**
 * Loads one chunk of the kernel's Lua: its own parser tells what is wrong with it, and writes what is new in it for the
 * engine's. Pushes its function, or an error's message. A binary chunk must have been made by lua_dump or string.dump
 * of this process. [-0, +1, -]
 * @param chunk bytes, or text
 * @param chunkname `@` and a path, `=` and a name, or the chunk's own text
 * @param mode `"t"` for text, `"b"` for binary; null for both
 * @returns LUA_OK or LUA_ERRSYNTAX
 */
export function luaL_loadbufferx(
  L: lua_State,
  chunk: Uint8Array | string,
  chunkname: string,
  mode: string | null,
): number {
  checkRoom1(L)
  checkName(chunkname)
  if (mode !== null) checkName(mode)
  const translated = translateChunk(bytesOf(chunk), chunkname, mode)
  if (typeof translated !== 'string') return engine.luaL_loadbufferx(L, translated, chunkname, mode)
  lua_pushstring(L, translated)
  return LUA_ERRSYNTAX
}

/** luaL_loadbufferx without a mode: text or binary. [-0, +1, -] */
export const luaL_loadbuffer = (L: lua_State, chunk: Uint8Array | string, chunkname: string): number =>
  luaL_loadbufferx(L, chunk, chunkname, null)

/** A new state without any library, or null when memory runs out. [-0, +0, -] */
export const luaL_newstate: () => lua_State | null = lua_newstate

/** Loads `s` as a text or binary chunk named after itself. Returns lua_load's status. [-0, +1, -] */
export const luaL_loadstring = (L: lua_State, s: string): number => luaL_loadbufferx(L, Buffer.from(s), s, null)

/**
 * Loads and runs `s`, whose results are pushed, or an error's object. [-0, +?, -]
 * @returns LUA_OK, or the error's status; C gives whether there was one
 */
export const luaL_dostring = (L: lua_State, s: string): number => {
  const status = luaL_loadstring(L, s)
  return status === LUA_OK ? lua_pcall(L, 0, LUA_MULTRET, 0) : status
}
