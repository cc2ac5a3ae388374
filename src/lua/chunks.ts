// A chunk of the kernel's Lua as the engine's own compiler reads it.
import { luaG_addinfo } from './dialect/lobject.js'
import { luaY_translate, type Target } from './dialect/ltranslate.js'
import { engine } from './engine.js'

/** Which Lua the engine's own compiler reads. */
const target: Target = engine.version === 503 ? '5.3' : '5.4'

/** `\x1bLua`: how a binary chunk begins. */
const LUA_SIGNATURE = 0x1b

/**
 * The chunk that the engine is given: the dialect's own parser tells what is wrong with a text, and writes what is new
 * in it for the engine's. A binary chunk, or a text where `mode` allows none, stays as it is.
 * @returns the chunk, or the message of its syntax error
 */
export function translateChunk(chunk: Uint8Array, chunkname: string, mode: string | null): Uint8Array | string {
  if (chunk[0] === LUA_SIGNATURE || (mode !== null && !mode.includes('t'))) return chunk
  const source = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
  // Only what is written in a file is a mistake of its author's.
  const translated = luaY_translate(source, target, !chunkname.startsWith('@'))
  if ('error' in translated) return luaG_addinfo(chunkname, translated.error)
  return translated.source === source ? chunk : Buffer.from(translated.source, 'latin1')
}
