// lua.h: chunks, piece by piece. The notation [-n, +n, e] is explained in lua_stack.ts.
import type { lua_Reader, lua_State, lua_Writer } from './api.js'
import { checkFunction, checkName, checkRoom1, checkValues, misuse } from './border.js'
import { translateChunk } from './chunks.js'
import { engine } from './engine.js'
import { LUA_ERRRUN, LUA_ERRSYNTAX } from './lua_numbers.js'
import { bytesOf } from './lua_stack.js'

/** All that a reader gives. */
function readAll(L: lua_State, reader: lua_Reader): Uint8Array {
  const pieces: Uint8Array[] = []
  const top = engine.lua_gettop(L)
  for (;;) {
    const piece = reader(L)
    if (engine.lua_gettop(L) !== top) misuse(`the reader left ${engine.lua_gettop(L)} values where there were ${top}`)
    if (piece === null) break
    const bytes = bytesOf(piece)
    if (bytes.length === 0) break
    // What Lua owns may go before all is there.
    pieces.push(bytes.slice())
  }
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}

/**
 * Loads a chunk of the kernel's Lua without running it: pushes its function, or an error's message. [-0, +1, -]
 *
 * A binary chunk must have been made by lua_dump or string.dump of this process.
 * @param reader is called until it gives null or nothing; an error of its own is the load's. It must leave the stack as
 *   it was
 * @param chunkname `@` and a path, `=` and a name, or the chunk's own text; null for `?`
 * @param mode `"t"` for text, `"b"` for binary; null for both
 * @returns LUA_OK, LUA_ERRSYNTAX, or the status of the reader's error
 */
export function lua_load(L: lua_State, reader: lua_Reader, chunkname: string | null, mode: string | null): number {
  checkFunction(reader as never)
  const name = chunkname ?? '?'
  checkName(name)
  if (mode !== null) checkName(mode)
  checkRoom1(L)
  let syntax = false
  const read = () => {
    const chunk = translateChunk(readAll(L, reader), name, mode)
    if (typeof chunk !== 'string') return chunk
    syntax = true
    throw new Error(chunk)
  }
  const status = engine.lua_load(L, read, name, mode)
  return syntax && status === LUA_ERRRUN ? LUA_ERRSYNTAX : status
}

/**
 * Gives the Lua function on the top as a binary chunk to `writer`, which may be called several times. [-0, +0, -]
 * @param strip whether names and lines are left out, so that errors have no place
 * @returns what `writer` returned last, 0 for all written; 1 for a function of C's
 */
export function lua_dump(L: lua_State, writer: lua_Writer, strip: boolean): number {
  checkFunction(writer as never)
  checkValues(L, 1)
  const chunk = engine.lua_dump(L, strip)
  return chunk === null ? 1 : writer(L, chunk)
}
