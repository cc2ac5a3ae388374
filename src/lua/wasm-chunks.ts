// Chunks of the engine wasm: loading and dumping them. A binary chunk could write over all memory of Lua, so that only
// those are loaded that were dumped here.
import { createHash } from 'node:crypto'
import type { lua_CFunction, lua_State } from './api.js'
import { addReader, addWriter, readerSlot, takeReader, takeWriter, writerSlot } from './wasm-calls.js'
import { cutName } from './wasm-debug.js'
import { finish, memoryError } from './wasm-errors.js'
import { callC, cstring, lua, out, outWord, u8, u32 } from './wasm-load.js'
import { type Global, native, ptrOf, pushstring } from './wasm-state.js'
import { lua_pushcclosure } from './wasm-values.js'

const LUA_OK = 0
const LUA_ERRRUN = 2
const LUA_ERRSYNTAX = 3

/** Binary chunks that this process has made. */
const dumped = new Set<string>()
const dumpedMax = 65_536
const digest = (chunk: Uint8Array) => createHash('sha256').update(chunk).digest('base64')

function noteDumped(chunk: Uint8Array): void {
  // The oldest is forgotten, so that no script fills the process's memory.
  if (dumped.size === dumpedMax) dumped.delete(dumped.values().next().value as string)
  dumped.add(digest(chunk))
}

/** `\x1bLua`: how a binary chunk begins. */
const isBinary = (chunk: Uint8Array) => chunk[0] === 0x1b

/** The least that a binary chunk has: its header and an empty function, in bytes. */
const headerBytes = 32

/** Why a chunk isn't given to Lua; null for one that is. */
function refusal(chunk: Uint8Array, chunkname: string, mode: string | null): string | null {
  if (!isBinary(chunk) || (mode !== null && !mode.includes('b')) || dumped.has(digest(chunk))) return null
  const why = chunk.length < headerBytes ? 'truncated chunk' : 'not made by string.dump here'
  const name = /^[@=]/.test(chunkname) ? chunkname.slice(1) : 'binary string'
  return `${name}: bad binary format (${why})`
}

/** So many names of files are kept, and none that is longer, in characters: Linux's PATH_MAX. */
const namesMax = 4096

/** Notes the name of a file that C cuts in messages. */
function noteName(G: Global, chunkname: string): void {
  const cut = chunkname.length > namesMax ? null : cutName(chunkname)
  if (cut === null) return
  if (G.cutNames.size === namesMax) G.cutNames.clear()
  G.cutNames.set(Buffer.from(cut).toString('latin1'), Buffer.from(chunkname.slice(1)).toString('latin1'))
}

/** luaL_loadbufferx of api.ts. */
export function luaL_loadbufferx(L: lua_State, chunk: Uint8Array, chunkname: string, mode: string | null): number {
  const { ptr, G } = native(L)
  const refused = refusal(chunk, chunkname, mode)
  if (refused !== null) {
    pushstring(ptr, refused)
    return LUA_ERRSYNTAX
  }
  noteName(G, chunkname)
  // Not in the scratch room: finalizers may run while Lua reads.
  const name = Buffer.from(`${chunkname}\0`)
  const pointer = lua.malloc(chunk.length + name.length)
  if (pointer === 0) memoryError(ptr)
  try {
    u8.set(chunk, pointer)
    u8.set(name, pointer + chunk.length)
    const status = lua.luaL_loadbufferx(ptr, pointer, chunk.length, pointer + chunk.length, cstring(mode))
    return finish(native(L), status)
  } finally {
    lua.free(pointer)
  }
}

/** lua_load of api.ts: Lua asks for the chunk once, in the protected call in which it compiles it. */
export function lua_load(L: lua_State, read: () => Uint8Array, chunkname: string, mode: string | null): number {
  const { ptr, G } = native(L)
  noteName(G, chunkname)
  const name = Buffer.from(`${chunkname}\0`)
  const namePointer = lua.malloc(name.length)
  if (namePointer === 0) memoryError(ptr)
  u8.set(name, namePointer)
  let pointer: number | null = null
  let refused: string | null = null
  const reader = addReader((size) => {
    u32[size >> 2] = 0
    if (pointer !== null) return 0
    const chunk = read()
    refused = refusal(chunk, chunkname, mode)
    if (refused !== null) throw new Error(refused)
    pointer = lua.malloc(chunk.length)
    if (pointer === 0) throw new Error('not enough memory')
    u8.set(chunk, pointer)
    u32[size >> 2] = chunk.length
    return pointer
  })
  try {
    const status = finish(native(L), lua.lua_load(ptr, readerSlot, reader, namePointer, cstring(mode)))
    return refused !== null && status === LUA_ERRRUN ? LUA_ERRSYNTAX : status
  } finally {
    takeReader(reader)
    lua.free(namePointer)
    lua.free(pointer ?? 0)
  }
}

/** lua_dump of api.ts. */
export function lua_dump(L: lua_State, strip: boolean): Uint8Array | null {
  const pieces: Uint8Array[] = []
  const writer = addWriter((at, length) => void pieces.push(u8.slice(at, at + length)))
  try {
    if (lua.lua_dump(ptrOf(L), writerSlot, writer, strip ? 1 : 0) !== LUA_OK) return null
  } finally {
    takeWriter(writer)
  }
  const chunk = Buffer.concat(pieces)
  noteDumped(chunk)
  return chunk
}

/** lstrlib.c's string.dump: its results may be loaded again. */
function str_dump(dump: number): lua_CFunction {
  return (L) => {
    const results = callC(dump, ptrOf(L))
    const pointer = lua.lua_tolstring(ptrOf(L), -1, out)
    noteDumped(u8.subarray(pointer, pointer + outWord(0)))
    return results
  }
}

let dump: lua_CFunction | null = null

export function luaopen_string(L: lua_State): number {
  const { ptr } = native(L)
  const results = lua.luaopen_string(ptr)
  lua.lua_getfield(ptr, -1, cstring('dump'))
  dump ??= str_dump(lua.lua_tocfunction(ptr, -1))
  lua.lua_settop(ptr, -2)
  lua_pushcclosure(L, dump, 0)
  lua.lua_setfield(ptr, -2, cstring('dump'))
  return results
}
