// lstrlib.c's functions that take positions and patterns, as a kernel of 64 bits has them: a position may be beyond
// 2^32, where the engine's size_t ends, and classes are Latin-1's (lctype.ts).
import { engine } from './engine.js'
import { luaL_checklstring, luaL_optinteger } from './lauxlib.js'
import { latin1Pattern, lowerCase, upperCase } from './lctype.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  LUA_TSTRING,
  LUA_TTABLE,
  type lua_CFunction,
  lua_gettop,
  lua_insert,
  lua_newtable,
  lua_pop,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  lua_pushvalue,
  lua_rawget,
  lua_rawgeti,
  lua_rawgetp,
  lua_rawset,
  lua_rawseti,
  lua_rawsetp,
  lua_replace,
  type lua_State,
  lua_settop,
  lua_toboolean,
  lua_tointegerx,
  lua_tolstring,
  lua_tonumberx,
  lua_type,
} from './lua.js'
import { lua_tick, lua_ticklong, tickAfter } from './lua_ticks.js'
import { overrideUnlessPlain } from './override.js'

/** No string is as long. */
const FAR = 2 ** 31 - 1

/** Puts a position that is beyond any string's ends, and fits into 32 bits, in the place of one that doesn't fit. */
function nearPosition(L: lua_State, arg: number): void {
  const position = lua_tonumberx(L, arg)
  if (position === null || (position <= FAR && position >= -FAR)) return
  lua_pushinteger(L, position > 0 ? FAR : -FAR)
  lua_replace(L, arg)
}

/** The registry's key of a table of patterns: to each the one with the kernel's classes, or false for itself. */
const patternsKey = { patterns: true }
const patternsMax = 1024

/** Pushes the table of patterns; a new one where there is none, or it has grown too large. */
function pushPatterns(L: lua_State, room: number): void {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, patternsKey) === LUA_TTABLE) {
    if (room === 0) return
    lua_rawgeti(L, -1, 1)
    const n = lua_tointegerx(L, -1) ?? 0
    lua_pop(L, 1)
    lua_pushinteger(L, Number(n) + room)
    lua_rawseti(L, -2, 1)
    if (n < patternsMax) return
  }
  lua_pop(L, 1)
  lua_newtable(L)
  lua_pushvalue(L, -1)
  lua_rawsetp(L, LUA_REGISTRYINDEX, patternsKey)
}

/** Notes what the pattern at 2 becomes, and pushes it: a string, or false. */
function expandPattern(L: lua_State): void {
  const pattern = Buffer.from(lua_tolstring(L, 2) as Uint8Array).toString('latin1')
  const expanded = latin1Pattern(pattern)
  pushPatterns(L, 1)
  lua_pushvalue(L, 2)
  if (expanded === pattern) lua_pushboolean(L, false)
  else lua_pushlstring(L, Buffer.from(expanded, 'latin1'))
  lua_pushvalue(L, -1)
  lua_insert(L, -4)
  lua_rawset(L, -3)
  lua_pop(L, 1)
}

/** Gives the pattern at 2 the kernel's classes, where the engine's own are others. */
export function latin1Classes(L: lua_State): void {
  if (engine.latin1 || lua_type(L, 2) !== LUA_TSTRING) return
  const top = lua_gettop(L)
  pushPatterns(L, 0)
  lua_pushvalue(L, 2)
  if (lua_rawget(L, -2) === LUA_TNIL) expandPattern(L)
  if (lua_type(L, -1) === LUA_TSTRING) lua_replace(L, 2)
  lua_settop(L, top)
}

/** `string.sub`, `byte` and `unpack`, whose arguments `args` are positions. */
export const withPositions =
  (...args: readonly number[]) =>
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    for (const arg of args) nearPosition(L, arg)
    return original(L)
  }

/** `string.match` and `gmatch`. */
const withPattern =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    nearPosition(L, 3)
    latin1Classes(L)
    return original(L)
  }

/** Where a string is longer than this, in bytes, the engine's own search for a plain text may take for ever. */
const searchedMax = 1 << 14
/** How many bytes are compared at most between two looks at the clock. */
const bytesPerTick = 1 << 24
/** What makes a pattern of a text. */
const specials = /[\^$*+?.([%-]/

/** Pushes where `text` is in `s`, from `init` on, as `string.find` does. */
function findText(L: lua_State, s: Uint8Array, text: Uint8Array, init: number): number {
  const from = init > 0 ? init - 1 : init === 0 ? 0 : Math.max(0, s.length + init)
  const last = s.length - text.length
  const step = Math.max(1, Math.floor(bytesPerTick / Math.max(1, text.length)))
  for (let at = from; at <= last; at += step) {
    const found = Buffer.from(s.buffer, s.byteOffset + at, Math.min(step - 1, last - at) + text.length).indexOf(text)
    if (found >= 0) {
      lua_pushinteger(L, at + found + 1)
      lua_pushinteger(L, at + found + text.length)
      return 2
    }
    lua_tick(L)
  }
  lua_pushnil(L)
  return 1
}

/** `string.find`. */
const withSearch =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    nearPosition(L, 3)
    const plain = lua_toboolean(L, 4)
    const s = lua_tolstring(L, 1)
    const text = lua_tolstring(L, 2)
    if (s !== null && text !== null && s.length >= searchedMax) {
      const init = luaL_optinteger(L, 3, 1)
      if (plain || !specials.test(Buffer.from(text).toString('latin1'))) return findText(L, s, text, Number(init))
    }
    if (!plain) latin1Classes(L)
    return original(L)
  }

/** `string.upper` and `lower`. */
const withCase =
  (mapping: Uint8Array): lua_CFunction =>
  (L) => {
    const text = luaL_checklstring(L, 1)
    const changed = Buffer.allocUnsafe(text.length)
    for (let i = 0; i < text.length; i++) changed[i] = mapping[text[i] as number] as number
    lua_pushlstring(L, changed)
    lua_ticklong(L, changed.length)
    return 1
  }

/** Puts these functions into the library of strings, which is on the top of the stack. [-0, +0, m] */
export function openMatch(L: lua_State): void {
  overrideUnlessPlain(L, 'sub', withPositions(2, 3), 'near')
  overrideUnlessPlain(L, 'byte', withPositions(2, 3), 'byte')
  for (const name of ['match', 'gmatch']) overrideUnlessPlain(L, name, withPattern, 'init')
  overrideUnlessPlain(L, 'find', withSearch, 'find')
  overrideUnlessPlain(L, 'upper', () => withCase(upperCase), 'ascii')
  overrideUnlessPlain(L, 'lower', () => withCase(lowerCase), 'ascii')
  overrideUnlessPlain(L, 'reverse', tickAfter, 'short')
}
