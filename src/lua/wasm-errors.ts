// Error objects of the engine wasm, and the bytes that they are made of.
import type { lua_State } from './api.js'
import { bytes, bytesAt, LONGJMP, lua, out, outWord, u8, withBytes } from './wasm-load.js'
import { native, opaque, pushstring, type State } from './wasm-state.js'

const LUA_OK = 0
const LUA_YIELD = 1
const LUA_TNIL = 0
const LUA_TSTRING = 4

/** Raises what C Lua raises where an allocation fails. */
export function memoryError(ptr: number): never {
  pushstring(ptr, 'not enough memory')
  lua.lua_error(ptr)
  throw LONGJMP
}

/** Lua's memory as it was when a buffer was made of it: it is the same bytes after it has grown. */
const memories = new WeakSet<ArrayBufferLike>()

/** lua_newbuffer of api.ts. */
export function newBuffer(size: number): Uint8Array | null {
  const pointer = lua.malloc(size)
  if (pointer === 0) return null
  memories.add(u8.buffer)
  return bytesAt(pointer, size)
}

/** Whether bytes are where Lua can read them. */
export const isLuas = ({ buffer }: Uint8Array): boolean =>
  buffer === u8.buffer || (buffer instanceof SharedArrayBuffer && memories.has(buffer))

/** So few bytes are copied before a function of V8's has begun; so many Node copies in a quarter of V8's time. */
const few = 32
const many = 1024

function copy(pointer: number, s: Uint8Array): void {
  if (s.length >= many) bytes.fill(s, pointer, pointer + s.length)
  else if (s.length > few) u8.set(s, pointer)
  else for (let i = 0; i < s.length; i++) u8[pointer + i] = s[i] as number
}

function pushbytes(ptr: number, s: Uint8Array): void {
  // A copy might move a part of another string by making room.
  if (isLuas(s)) {
    lua.lua_pushlstring(ptr, s.byteOffset, s.length)
    return
  }
  const push = (pointer: number) => void lua.lua_pushlstring(ptr, pointer, s.length)
  if (!withBytes(s.length, (pointer) => copy(pointer, s), push)) memoryError(ptr)
}

export const lua_pushlstring = (L: lua_State, s: Uint8Array): void => pushbytes(native(L).ptr, s)

/** The bytes of the string at `idx`, one character each. */
export function latin1(ptr: number, idx: number): string {
  const pointer = lua.lua_tolstring(ptr, idx, out)
  return bytes.toString('latin1', pointer, pointer + outWord(0))
}

/**
 * Puts the error object in order: a nil becomes `<no error object>`, and the name of a file that C has cut is whole
 * again.
 */
export function nameErrorObject({ ptr, G }: State): void {
  const type = lua.lua_type(ptr, -1)
  if (type === LUA_TNIL) {
    lua.lua_settop(ptr, -2)
    pushstring(ptr, '<no error object>')
  } else if (type === LUA_TSTRING && G.cutNames.size > 0) {
    const message = latin1(ptr, -1)
    const cut = /^(\.\.\..*?):\d+: /s.exec(message)?.[1]
    const name = cut === undefined ? undefined : G.cutNames.get(cut)
    if (cut === undefined || name === undefined) return
    lua.lua_settop(ptr, -2)
    pushbytes(ptr, Buffer.from(name + message.slice(cut.length), 'latin1'))
  }
}

/** Ends what gave a status: an error's object is put in order. Throws where the call has killed the state. */
export function finish(L: State, status: number): number {
  const alive = native(opaque(L))
  if (status !== LUA_OK && status !== LUA_YIELD) nameErrorObject(alive)
  return status
}
