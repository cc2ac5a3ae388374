// Loads fengari, and what the files of its engine share. The only file that imports the package.
import { createRequire } from 'node:module'
import type fengari from 'fengari'
import type { lua_State } from './api.js'

// A chunk's name is cut at 60 bytes by default, enough for /lib/modules/lua but not for every folder here: an error
// would lose its file. A stack of C Lua's million slots takes a second and 300 MB to overflow. Integers past 32 bits
// are floats here, but print as the integers that they are in Lunatik, which has no floats: without `.0`. fengari reads
// its limits from the environment while it loads.
/** The most values of a stack that can be asked for. */
export const LUAI_MAXSTACK = 200_000
process.env.FENGARICONF = JSON.stringify({ LUA_IDSIZE: 4096, LUAI_MAXSTACK, LUA_COMPAT_FLOATSTRING: true })
const require = createRequire(import.meta.url)
// It must be loaded first, as it and the next need each other.
require('fengari/src/defs.js')
const luaconf: { lua_number2str: (n: number) => string; LUAI_MAXSTACK: unknown } = require('fengari/src/luaconf.js')
const { lua_number2str } = luaconf
// With 14 digits, as C's, an integer beyond 10^14 would become another one.
luaconf.lua_number2str = (n) => (Number.isSafeInteger(n) ? n.toFixed() : lua_number2str(n))
// What has been loaded has the limit of the registry's indices. What looks at a stack asks each time.
let maxStack = LUAI_MAXSTACK
luaconf.LUAI_MAXSTACK = { valueOf: () => maxStack }
/** What fengari counts as a part of a stack, and C doesn't: lstate.h's EXTRA_STACK. */
const EXTRA_STACK = 5
/** Sets how many values a stack has at most, for all states. */
export function setMaxStack(slots: number): void {
  maxStack = Math.min(slots + EXTRA_STACK, LUAI_MAXSTACK)
}
export const { lua, lauxlib, lualib, to_luastring, FENGARI_RELEASE } = require('fengari') as typeof fengari
delete process.env.FENGARICONF

/** fengari's own state and records. */
export type State = fengari.State
export type Debug = fengari.Debug
export type Udata = fengari.Udata
/** A slot of the stack. */
export type TValue = fengari.TValue

export const native = (L: lua_State) => L as unknown as State
export const opaque = (L: State) => L as unknown as lua_State

/** Names of fields and globals, which drivers ask for again and again, as the bytes that fengari wants. */
const names = new Map<string, Uint8Array>()
const namesMax = 4096

export function name(s: string): Uint8Array {
  let bytes = names.get(s)
  if (bytes === undefined) {
    bytes = to_luastring(s)
    if (names.size === namesMax) names.clear()
    names.set(s, bytes)
  }
  return bytes
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
export const text = (bytes: Uint8Array | null) => (bytes === null ? null : decoder.decode(bytes))

// lua.h's numbers; lua.ts, which exports them, imports the engine.
export const LUA_OK = 0
export const LUA_YIELD = 1
export const LUA_MULTRET = -1
export const LUA_TNIL = 0
export const LUA_TNUMBER = 3
export const LUA_TSTRING = 4
export const LUA_TTABLE = 5
export const LUA_TFUNCTION = 6
export const LUA_TUSERDATA = 7
