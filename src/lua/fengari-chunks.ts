// Chunks of fengari: loading and dumping them.
import type { lua_State } from './api.js'
import { LUA_OK, lauxlib, lua, native, to_luastring } from './fengari-load.js'

/** luaL_loadbufferx of api.ts. */
export function luaL_loadbufferx(L: lua_State, bytes: Uint8Array, chunkname: string, mode: string | null): number {
  const m = mode === null ? null : to_luastring(mode)
  return lauxlib.luaL_loadbufferx(native(L), bytes, bytes.length, to_luastring(chunkname), m)
}

/** lua_load of api.ts: fengari asks for the chunk once, in the protected call in which it compiles it. */
export function lua_load(L: lua_State, read: () => Uint8Array, chunkname: string, mode: string | null): number {
  let done = false
  const reader = () => {
    if (done) return null
    done = true
    return read()
  }
  return lua.lua_load(native(L), reader, null, to_luastring(chunkname), mode === null ? null : to_luastring(mode))
}

/** lua_dump of api.ts. */
export function lua_dump(L: lua_State, strip: boolean): Uint8Array | null {
  const pieces: Uint8Array[] = []
  const writer = (_L: unknown, piece: Uint8Array, size: number) => {
    // Fengari goes on using what it gives.
    pieces.push(piece.slice(0, size))
    return 0
  }
  return lua.lua_dump(native(L), writer, null, strip) === LUA_OK ? Buffer.concat(pieces) : null
}
