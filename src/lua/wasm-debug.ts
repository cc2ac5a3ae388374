// The engine wasm's debug interface: C's struct lua_Debug, what a lua_Debug shows of it, and the hook.
import { lua_Debug, type lua_Hook, type lua_State } from './api.js'
import { luaO_chunkid } from './dialect/lobject.js'
import { hookSlot, onHook } from './wasm-calls.js'
import { countInline } from './wasm-hooks.js'
import { LAYOUT } from './wasm-layout.js'
import { callOf, cstring, lua, text, u8, u32 } from './wasm-load.js'
import { native, ptrOf } from './wasm-state.js'

// Where the fields of C's lua_Debug are, in words, and its size in bytes.
const EVENT = 0
const NAME = 1
const NAMEWHAT = 2
const WHAT = 3
const SOURCE = 4
const SRCLEN = 5
const CURRENTLINE = 6
const LINEDEFINED = 7
const LASTLINEDEFINED = 8
const I_CI = 26
const debugBytes = 108
// The small ones, in bytes.
const NUPS = 36
const NPARAMS = 37
const ISVARARG = 38
const ISTAILCALL = 39
const FTRANSFER = 40
const NTRANSFER = 42

/** One record in Lua's memory serves all: it is filled in anew each time. */
const record = lua.malloc(debugBytes)
const word = (ar: number, field: number) => u32[(ar >> 2) + field] as number
const byte = (field: number) => u8[record + field] as number
const short = (field: number) => byte(field) | (byte(field + 1) << 8)

function newDebug(ar: number): lua_Debug {
  const result = new lua_Debug()
  result.i_ci = word(ar, I_CI)
  return result
}

/** What a hook gets: the event, and the line of a line hook. */
onHook((ar) => {
  const result = newDebug(ar)
  result.event = word(ar, EVENT)
  result.currentline = word(ar, CURRENTLINE) | 0
  return result
})

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** lua.h's LUA_IDSIZE, in bytes, the final zero included. */
const LUA_IDSIZE = 60

export function lua_getstack(L: lua_State, level: number): lua_Debug | null {
  return lua.lua_getstack(native(L).ptr, level, record) === 1 ? newDebug(record) : null
}

/** lua_iscalling of api.ts: a call that is over is another's memory. */
export function lua_iscalling(L: lua_State, { i_ci }: lua_Debug): boolean {
  const ptr = ptrOf(L)
  const base = ptr + LAYOUT.BASE_CI
  for (let ci = callOf(ptr); ci !== base && ci !== 0; ci = u32[(ci + LAYOUT.CI_PREVIOUS) >> 2] as number) {
    if (ci === i_ci) return true
  }
  return false
}

const setCall = ({ i_ci }: lua_Debug) => {
  u32[(record >> 2) + I_CI] = i_ci as number
}

export function lua_getinfo(L: lua_State, what: string, result: lua_Debug): void {
  setCall(result)
  for (const field of [NAME, NAMEWHAT, WHAT, SOURCE, SRCLEN]) u32[(record >> 2) + field] = 0
  u32[(record >> 2) + CURRENTLINE] = 0xffffffff
  lua.lua_getinfo(native(L).ptr, cstring(what), record)
  if (what.includes('S')) {
    const source = word(record, SOURCE)
    result.srclen = word(record, SRCLEN)
    result.source = decoder.decode(u8.subarray(source, source + result.srclen))
    result.short_src = luaO_chunkid(result.source)
    result.what = text(word(record, WHAT)) ?? ''
    result.linedefined = word(record, LINEDEFINED) | 0
    result.lastlinedefined = word(record, LASTLINEDEFINED) | 0
  }
  if (what.includes('l')) result.currentline = word(record, CURRENTLINE) | 0
  if (what.includes('n')) {
    result.name = text(word(record, NAME))
    result.namewhat = text(word(record, NAMEWHAT)) ?? ''
  }
  if (what.includes('u')) {
    result.nups = byte(NUPS)
    result.nparams = byte(NPARAMS)
    result.isvararg = byte(ISVARARG) !== 0
  }
  if (what.includes('t')) result.istailcall = byte(ISTAILCALL) !== 0
  if (what.includes('r')) {
    result.ftransfer = short(FTRANSFER)
    result.ntransfer = short(NTRANSFER)
  }
}

export function lua_getlocal(L: lua_State, ar: lua_Debug | null, n: number): string | null {
  if (ar !== null) setCall(ar)
  return text(lua.lua_getlocal(ptrOf(L), ar === null ? 0 : record, n))
}

export function lua_setlocal(L: lua_State, ar: lua_Debug, n: number): string | null {
  setCall(ar)
  return text(lua.lua_setlocal(ptrOf(L), record, n))
}

export function lua_sethook(L: lua_State, hook: lua_Hook | null, mask: number, count: number): void {
  const state = native(L)
  state.hook = hook
  lua.lua_sethook(state.ptr, hook === null ? 0 : hookSlot, hook === null ? 0 : mask, count)
  countInline(state.ptr)
}

export const lua_gethook = (L: lua_State): lua_Hook | null =>
  lua.lua_gethook(ptrOf(L)) === hookSlot ? native(L).hook : null

/** What C makes of a long file name in messages, or null for one that it shows whole. */
export function cutName(source: string): string | null {
  const length = Buffer.byteLength(source) - 1
  if (!source.startsWith('@') || length < LUA_IDSIZE) return null
  return `...${Buffer.from(source)
    .subarray(-(LUA_IDSIZE - 1 - 3))
    .toString()}`
}
