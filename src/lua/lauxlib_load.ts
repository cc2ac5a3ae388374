// lauxlib.h: new states, and chunks as they are loaded.
import { checkRoom1 } from './border.js'
import { luaG_addinfo } from './dialect/lobject.js'
import { luaY_translate, type Target } from './dialect/ltranslate.js'
import { engine } from './engine.js'
import { LUA_ERRSYNTAX, lua_newstate, lua_pushstring, type lua_State } from './lua.js'

/** Which Lua the engine's own compiler reads. */
const target: Target = engine.version === 503 ? '5.3' : '5.4'

/** `\x1bLua`: how a binary chunk begins. */
const LUA_SIGNATURE = 0x1b

/**
 * Loads one chunk of the kernel's Lua: its own parser tells what is wrong with it, and writes what is new in it for the
 * engine's. A binary chunk must have been made by string.dump. `chunkname` and `mode` are C's.
 */
export function luaL_loadbufferx(L: lua_State, chunk: Uint8Array, chunkname: string, mode: string | null): number {
  checkRoom1(L)
  if (chunk[0] === LUA_SIGNATURE || (mode !== null && !mode.includes('t')))
    return engine.luaL_loadbufferx(L, chunk, chunkname, mode)
  const source = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
  // Only what is written in a file is a mistake of its author's.
  const translated = luaY_translate(source, target, !chunkname.startsWith('@'))
  if ('error' in translated) {
    lua_pushstring(L, luaG_addinfo(chunkname, translated.error))
    return LUA_ERRSYNTAX
  }
  const same = translated.source === source
  return engine.luaL_loadbufferx(L, same ? chunk : Buffer.from(translated.source, 'latin1'), chunkname, mode)
}

/** A new state, or null when memory runs out. */
export const luaL_newstate = lua_newstate

/** Loads `s` as a text or binary chunk named after itself. Returns lua_load's status. */
export const luaL_loadstring = (L: lua_State, s: string) => luaL_loadbufferx(L, Buffer.from(s), s, null)
