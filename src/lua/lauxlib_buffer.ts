// lauxlib.h: luaL_Buffer, bytes on their way to become a string.
import { lua_pushlstring, type lua_State } from './lua.js'

/** Bytes on their way to become a string. C's functions that add to one piece by piece have no use here. */
export class luaL_Buffer {
  /** The room that luaL_buffinitsize gave. */
  b: Uint8Array = none
  L: lua_State | null = null
}

const none = new Uint8Array()
/** The room of the last buffer, to be used again; null while one is being filled. */
let spare: Uint8Array | null = none

/** Gives `B` room for `sz` bytes, to be filled before Lua runs again, and returns it. What it holds is undefined. */
export function luaL_buffinitsize(L: lua_State, B: luaL_Buffer, sz: number): Uint8Array {
  B.L = L
  B.b = spare !== null && spare.length >= sz ? spare : new Uint8Array(sz)
  spare = null
  return B.b.length === sz ? B.b : B.b.subarray(0, sz)
}

/** Pushes the first `sz` bytes of `B` as a string. */
export function luaL_pushresultsize(B: luaL_Buffer, sz: number): void {
  lua_pushlstring(B.L as lua_State, B.b.length === sz ? B.b : B.b.subarray(0, sz))
  spare = B.b
  B.b = none
}
