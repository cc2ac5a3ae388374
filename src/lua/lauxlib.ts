// lauxlib.h: the auxiliary library, made with lua.h alone, so that it serves every engine.
import { checkRoom1 } from './border.js'
import { luaG_addinfo } from './dialect/lobject.js'
import { luaY_translate, type Target } from './dialect/ltranslate.js'
import { engine } from './engine.js'
import {
  LUA_ERRSYNTAX,
  LUA_REGISTRYINDEX,
  LUA_TLIGHTUSERDATA,
  LUA_TNIL,
  LUA_TNONE,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_absindex,
  type lua_CFunction,
  lua_call,
  lua_checkstack,
  lua_createtable,
  type lua_Debug,
  lua_error,
  lua_getfield,
  lua_getinfo,
  lua_getmetatable,
  lua_getstack,
  lua_gettop,
  lua_isnoneornil,
  lua_isnumber,
  lua_newstate,
  lua_newtable,
  lua_next,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_rawequal,
  lua_remove,
  type lua_State,
  lua_setfield,
  lua_setglobal,
  lua_setmetatable,
  lua_settop,
  lua_toboolean,
  lua_tointegerx,
  lua_tolstring,
  lua_tostring,
  lua_touserdata,
  lua_type,
  lua_typename,
} from './lua.js'

export const LUA_LOADED_TABLE = '_LOADED'
export const LUA_PRELOAD_TABLE = '_PRELOAD'

/** A function with its name; C's terminating `{NULL, NULL}` isn't needed. A null function makes a placeholder. */
export interface luaL_Reg {
  readonly name: string
  readonly func: lua_CFunction | null
}

/** Which Lua the engine's own compiler reads. */
const target: Target = engine.version === 503 ? '5.3' : '5.4'

/** `\x1bLua`: how a binary chunk begins. */
const LUA_SIGNATURE = 0x1b

/**
 * Loads one chunk of the kernel's Lua: its own parser tells what is wrong with it, and writes what is new in it for the
 * engine's. A binary chunk must have been made by string.dump. `chunkname` and `mode` are C's.
 */
export function luaL_loadbufferx(L: lua_State, chunk: Uint8Array, chunkname: string, mode: string | null): number {
  checkRoom1(L)
  if (chunk[0] === LUA_SIGNATURE || (mode !== null && !mode.includes('t')))
    return engine.luaL_loadbufferx(L, chunk, chunkname, mode)
  const source = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
  // Only what is written in a file is a mistake of its author's.
  const translated = luaY_translate(source, target, !chunkname.startsWith('@'))
  if ('error' in translated) {
    lua_pushstring(L, luaG_addinfo(chunkname, translated.error))
    return LUA_ERRSYNTAX
  }
  const same = translated.source === source
  return engine.luaL_loadbufferx(L, same ? chunk : Buffer.from(translated.source, 'latin1'), chunkname, mode)
}

/** A new state, or null when memory runs out. */
export const luaL_newstate = lua_newstate

/** Loads `s` as a text or binary chunk named after itself. Returns lua_load's status. */
export const luaL_loadstring = (L: lua_State, s: string) => luaL_loadbufferx(L, Buffer.from(s), s, null)

/** Pushes `file:line: ` of the function at `level`, or an empty string where that is unknown. */
export function luaL_where(L: lua_State, level: number): void {
  const ar = lua_getstack(L, level)
  if (ar !== null) {
    lua_getinfo(L, 'Sl', ar)
    if (ar.currentline > 0) {
      lua_pushstring(L, `${ar.short_src}:${ar.currentline}: `)
      return
    }
  }
  lua_pushstring(L, '')
}

/** Raises `message` with the place of the calling Lua function before it. Formatting is the caller's. */
export function luaL_error(L: lua_State, message: string): never {
  luaL_where(L, 1)
  const where = lua_tostring(L, -1) ?? ''
  lua_pop(L, 1)
  lua_pushstring(L, where + message)
  return lua_error(L)
}

/**
 * The name under which package.loaded has the function of `ar`: `"module.name"`, or `"name"` for a global; null for
 * none. Helps where a function was called by C, which gives no name.
 */
function globalfuncname(L: lua_State, ar: lua_Debug): string | null {
  const top = lua_gettop(L)
  lua_getinfo(L, 'f', ar)
  if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) !== LUA_TTABLE) {
    lua_settop(L, top)
    return null
  }
  let name: string | null = null
  lua_pushnil(L)
  while (name === null && lua_next(L, top + 2)) {
    if (lua_type(L, -2) === LUA_TSTRING && lua_type(L, -1) === LUA_TTABLE) {
      lua_pushnil(L)
      while (name === null && lua_next(L, -2)) {
        if (lua_type(L, -2) === LUA_TSTRING && lua_rawequal(L, -1, top + 1)) {
          name = `${lua_tostring(L, top + 3)}.${lua_tostring(L, -2)}`
        }
        lua_pop(L, 1)
      }
    }
    lua_settop(L, top + 3)
  }
  lua_settop(L, top)
  return name?.replace(/^_G\./, '') ?? null
}

/** How a traceback names the function of a call: by its name in the code first, as Lua 5.5 does. */
function funcname(L: lua_State, ar: lua_Debug): string {
  if (ar.namewhat !== '') return `${ar.namewhat} '${ar.name}'`
  if (ar.what === 'main') return 'main chunk'
  const global = globalfuncname(L, ar)
  if (global !== null) return `function '${global}'`
  return ar.what === 'C' ? '?' : `function <${ar.short_src}:${ar.linedefined}>`
}

/** Calls at both ends of a traceback that is too long to show whole. */
const LEVELS1 = 10
const LEVELS2 = 11

/** What naming a function takes of the stack. */
const tracebackSlots = 8

/** The deepest level of L1's calls. Each look counts its way down, so that there may be but few of them. */
function lastlevel(L1: lua_State): number {
  let below = 1
  while (lua_getstack(L1, below) !== null) below *= 2
  let last = Math.floor(below / 2)
  while (last + 1 < below) {
    const middle = Math.floor((last + below) / 2)
    if (lua_getstack(L1, middle) === null) below = middle
    else last = middle
  }
  return last
}

/** A line of a traceback. */
function traceLine(L1: lua_State, level: number): string {
  const ar = lua_getstack(L1, level)
  if (ar === null) return ''
  lua_getinfo(L1, 'Sln', ar)
  const place = ar.currentline > 0 ? `${ar.short_src}:${ar.currentline}` : ar.short_src
  return `\n\t${place}: in ${funcname(L1, ar)}`
}

/**
 * Pushes a traceback of the calls of L1 from `level` on, with `msg` and a newline before it unless that is null. What
 * the caller of it all is, no engine shows: it ends at the outermost call.
 */
export function luaL_traceback(L: lua_State, L1: lua_State, msg: string | null, level: number): void {
  const last = level >= 0 && lua_checkstack(L1, tracebackSlots) ? lastlevel(L1) : -1
  const skipped = last - level - LEVELS1 - LEVELS2
  let text = `${msg === null ? '' : `${msg}\n`}stack traceback:`
  for (let at = last < 0 ? 0 : level; at <= last; at++) {
    if (skipped > 0 && at === level + LEVELS1) {
      text += `\n\t...\t(skipping ${skipped} levels)`
      at += skipped
    } else text += traceLine(L1, at)
  }
  lua_pushstring(L, text)
}

/** Raises `bad argument #arg to 'function' (extramsg)`. */
export function luaL_argerror(L: lua_State, arg: number, extramsg: string): never {
  const ar = lua_getstack(L, 0)
  if (ar === null) return luaL_error(L, `bad argument #${arg} (${extramsg})`)
  lua_getinfo(L, 'n', ar)
  let n = arg
  if (ar.namewhat === 'method') {
    n--
    if (n === 0) return luaL_error(L, `calling '${ar.name}' on bad self (${extramsg})`)
  }
  // Lua 5.3 says `__newindex`, 5.4 and later `newindex`.
  const name = ar.namewhat === 'metamethod' ? ar.name?.replace(/^__/, '') : ar.name
  return luaL_error(L, `bad argument #${n} to '${name ?? globalfuncname(L, ar) ?? '?'}' (${extramsg})`)
}

/** Raises luaL_argerror with `extramsg` unless `cond` holds. */
export function luaL_argcheck(L: lua_State, cond: boolean, arg: number, extramsg: string): asserts cond {
  if (!cond) luaL_argerror(L, arg, extramsg)
}

/** The type's name as messages give it: `__name` of the metatable where there is one. */
export function luaL_typename(L: lua_State, idx: number): string {
  if (luaL_getmetafield(L, idx, '__name') === LUA_TSTRING) {
    const name = lua_tostring(L, -1) as string
    lua_pop(L, 1)
    return name
  }
  if (lua_type(L, idx) === LUA_TLIGHTUSERDATA) return 'light userdata'
  return lua_typename(L, lua_type(L, idx))
}

/** Raises `bad argument #arg to 'function' (tname expected, got …)`. */
export function luaL_typeerror(L: lua_State, arg: number, tname: string): never {
  return luaL_argerror(L, arg, `${tname} expected, got ${luaL_typename(L, arg)}`)
}

export function luaL_checktype(L: lua_State, arg: number, t: number): void {
  if (lua_type(L, arg) !== t) luaL_typeerror(L, arg, lua_typename(L, t))
}

export function luaL_checkany(L: lua_State, arg: number): void {
  if (lua_type(L, arg) === LUA_TNONE) luaL_argerror(L, arg, 'value expected')
}

/** The integer argument `arg`. Beyond 2^53 it is the nearest number. Raises for what is no integer. */
export function luaL_checkinteger(L: lua_State, arg: number): number {
  const n = lua_tointegerx(L, arg)
  if (n !== null) return Number(n)
  if (lua_isnumber(L, arg)) return luaL_argerror(L, arg, 'number has no integer representation')
  return luaL_typeerror(L, arg, 'number')
}

/** As luaL_checkinteger, with a default for an absent or nil argument. */
export function luaL_optinteger(L: lua_State, arg: number, def: number): number {
  if ((arg | 0) === arg) {
    const integer = engine.lua_tryoptinteger(L, arg, def)
    if (integer !== undefined) return integer
  }
  return lua_isnoneornil(L, arg) ? def : luaL_checkinteger(L, arg)
}

/** The bytes of the string argument `arg`, to be read only. Raises for what is no string or number. */
export function luaL_checklstring(L: lua_State, arg: number): Uint8Array {
  return lua_tolstring(L, arg) ?? luaL_typeerror(L, arg, 'string')
}

/** As luaL_checklstring, as UTF-8 text. */
export function luaL_checkstring(L: lua_State, arg: number): string {
  return lua_tostring(L, arg) ?? luaL_typeerror(L, arg, 'string')
}

/** As luaL_checkstring, with a default for an absent or nil argument. */
export const luaL_optstring = (L: lua_State, arg: number, def: string) =>
  lua_isnoneornil(L, arg) ? def : luaL_checkstring(L, arg)

/**
 * The string argument `arg`, which must be one of `options`; `def` where it is absent or nil and `def` isn't undefined. C
 * gives its place among them.
 * @throws raises `bad argument #arg to 'function' (invalid option 'o')`
 */
export function luaL_checkoption(
  L: lua_State,
  arg: number,
  def: string | undefined,
  options: readonly string[],
): string {
  const name = def === undefined ? luaL_checkstring(L, arg) : luaL_optstring(L, arg, def)
  return options.includes(name) ? name : luaL_argerror(L, arg, `invalid option '${name}'`)
}

/** Pushes the field `event` of the metatable at `obj` and returns its type; pushes nothing and returns LUA_TNIL where there is none. */
export function luaL_getmetafield(L: lua_State, obj: number, event: string): number {
  if (!lua_getmetatable(L, obj)) return LUA_TNIL
  const type = lua_getfield(L, -1, event)
  if (type === LUA_TNIL) lua_pop(L, 2)
  else lua_remove(L, -2)
  return type
}

export function luaL_callmeta(L: lua_State, obj: number, event: string): boolean {
  const index = lua_absindex(L, obj)
  if (luaL_getmetafield(L, index, event) === LUA_TNIL) return false
  lua_pushvalue(L, index)
  lua_call(L, 1, 1)
  return true
}

/** Pushes the value at `idx` as tostring() shows it and returns its bytes. */
export function luaL_tolstring(L: lua_State, idx: number): Uint8Array {
  const index = lua_absindex(L, idx)
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, -1, '_G')
  lua_getfield(L, -1, 'tostring')
  lua_remove(L, -2)
  lua_remove(L, -2)
  lua_pushvalue(L, index)
  lua_call(L, 1, 1)
  return lua_tolstring(L, -1) ?? luaL_error(L, "'tostring' must return a string")
}

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

/** Pushes registry[tname], a new table with that `__name` if there was none. Returns whether it is new. */
export function luaL_newmetatable(L: lua_State, tname: string): boolean {
  if (luaL_getmetatable(L, tname) !== LUA_TNIL) return false
  lua_pop(L, 1)
  lua_createtable(L, 0, 2)
  lua_pushstring(L, tname)
  lua_setfield(L, -2, '__name')
  lua_pushvalue(L, -1)
  lua_setfield(L, LUA_REGISTRYINDEX, tname)
  return true
}

export const luaL_getmetatable = (L: lua_State, tname: string) => lua_getfield(L, LUA_REGISTRYINDEX, tname)

export function luaL_setmetatable(L: lua_State, tname: string): void {
  luaL_getmetatable(L, tname)
  lua_setmetatable(L, -2)
}

/** The userdata at `ud` if its metatable is registry[tname], else null. */
export function luaL_testudata(L: lua_State, ud: number, tname: string): unknown {
  const p = lua_touserdata(L, ud)
  if (p === null || !lua_getmetatable(L, ud)) return null
  luaL_getmetatable(L, tname)
  const same = lua_rawequal(L, -1, -2)
  lua_pop(L, 2)
  return same ? p : null
}

/** As luaL_testudata, raising `tname expected, got …`. */
export const luaL_checkudata = (L: lua_State, ud: number, tname: string): unknown =>
  luaL_testudata(L, ud, tname) ?? luaL_typeerror(L, ud, tname)

/** Puts each function of `l` into the table below its `nup` shared upvalues, which are popped. */
export function luaL_setfuncs(L: lua_State, l: readonly luaL_Reg[], nup: number): void {
  for (const { name, func } of l) {
    if (func === null) lua_pushboolean(L, false)
    else {
      for (let i = 0; i < nup; i++) lua_pushvalue(L, -nup)
      lua_pushcclosure(L, func, nup)
    }
    lua_setfield(L, -(nup + 2), name)
  }
  lua_pop(L, nup)
}

export function luaL_newlib(L: lua_State, l: readonly luaL_Reg[]): void {
  lua_createtable(L, 0, l.length)
  luaL_setfuncs(L, l, 0)
}

/** Pushes t[fname], t at `idx`, a new table if there was none. Returns whether there was one. */
export function luaL_getsubtable(L: lua_State, idx: number, fname: string): boolean {
  if (lua_getfield(L, idx, fname) === LUA_TTABLE) return true
  lua_pop(L, 1)
  const t = lua_absindex(L, idx)
  lua_newtable(L)
  lua_pushvalue(L, -1)
  lua_setfield(L, t, fname)
  return false
}

/** Opens a module unless package.loaded has it, pushes it, and sets the global where `glb` says so. */
export function luaL_requiref(L: lua_State, modname: string, openf: lua_CFunction, glb: boolean): void {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, -1, modname)
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1)
    lua_pushcfunction(L, openf)
    lua_pushstring(L, modname)
    lua_call(L, 1, 1)
    lua_pushvalue(L, -1)
    lua_setfield(L, -3, modname)
  }
  lua_remove(L, -2)
  if (glb) {
    lua_pushvalue(L, -1)
    lua_setglobal(L, modname)
  }
}
