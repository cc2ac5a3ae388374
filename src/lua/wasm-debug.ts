// The engine wasm's debug records: C's struct lua_Debug, and what a Debug shows of it.
import type { lua_Debug, lua_State } from './api.js'
import { luaO_chunkid } from './dialect/lobject.js'
import { onHook } from './wasm-calls.js'
import { cstring, lua, text, u8, u32 } from './wasm-load.js'
import { native } from './wasm-state.js'

// Where the fields of C's lua_Debug are, in words, and its size in bytes.
const NAME = 1
const NAMEWHAT = 2
const WHAT = 3
const SOURCE = 4
const SRCLEN = 5
const CURRENTLINE = 6
const LINEDEFINED = 7
const I_CI = 26
const debugBytes = 108

/** One record in Lua's memory serves all: it is filled in anew each time. */
const record = lua.malloc(debugBytes)
const word = (ar: number, field: number) => u32[(ar >> 2) + field] as number

const newDebug = (ar: number): lua_Debug => ({
  source: '',
  short_src: '',
  currentline: -1,
  name: null,
  namewhat: '',
  what: '',
  linedefined: -1,
  i_ci: word(ar, I_CI),
})

onHook(newDebug)

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** lua.h's LUA_IDSIZE, in bytes, the final zero included. */
const LUA_IDSIZE = 60

export function lua_getstack(L: lua_State, level: number): lua_Debug | null {
  return lua.lua_getstack(native(L).ptr, level, record) === 1 ? newDebug(record) : null
}

export function lua_getinfo(L: lua_State, what: string, result: lua_Debug): void {
  u32[(record >> 2) + I_CI] = result.i_ci as number
  for (const field of [NAME, NAMEWHAT, WHAT, SOURCE, SRCLEN]) u32[(record >> 2) + field] = 0
  u32[(record >> 2) + CURRENTLINE] = 0xffffffff
  lua.lua_getinfo(native(L).ptr, cstring(what), record)
  if (what.includes('S')) {
    const source = word(record, SOURCE)
    result.source = decoder.decode(u8.subarray(source, source + word(record, SRCLEN)))
    result.short_src = luaO_chunkid(result.source)
    result.what = text(word(record, WHAT)) ?? ''
    result.linedefined = word(record, LINEDEFINED) | 0
  }
  if (what.includes('l')) result.currentline = word(record, CURRENTLINE) | 0
  if (what.includes('n')) {
    result.name = text(word(record, NAME))
    result.namewhat = text(word(record, NAMEWHAT)) ?? ''
  }
}

/** What C makes of a long file name in messages, or null for one that it shows whole. */
export function cutName(source: string): string | null {
  const length = Buffer.byteLength(source) - 1
  if (!source.startsWith('@') || length < LUA_IDSIZE) return null
  return `...${Buffer.from(source)
    .subarray(-(LUA_IDSIZE - 1 - 3))
    .toString()}`
}
