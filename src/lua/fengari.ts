// The engine fengari: Lua 5.3 in JavaScript. The only file that touches the package.
//
// Where it falls short of C Lua: integers of 32 bits (larger ones travel as floats, exact to 2^53), no garbage
// collector of its own (so no `__gc` and no weak tables), one user value for each userdata, no `<const>` and `<close>`.
import { createRequire } from 'node:module'
import type fengari from 'fengari'
import {
  type LuaEngine,
  LuaError,
  type lua_Debug,
  type lua_Hook,
  type lua_State,
  type lua_Udata,
  type lua_WarnFunction,
} from './api.js'
import { Finalizers } from './finalizers.js'

// A chunk's name is cut at 60 bytes by default, enough for /lib/modules/lua but not for every folder here: an error
// would lose its file. A stack of C Lua's million slots takes a second and 300 MB to overflow. fengari reads its limits
// from the environment while it loads.
process.env.FENGARICONF = JSON.stringify({ LUA_IDSIZE: 4096, LUAI_MAXSTACK: 200_000 })
const { lua, lauxlib, lualib, to_luastring, FENGARI_RELEASE } = createRequire(import.meta.url)(
  'fengari',
) as typeof fengari
delete process.env.FENGARICONF

type State = fengari.State

const native = (L: lua_State) => L as unknown as State
const opaque = (L: State) => L as unknown as lua_State

/** Names of fields and globals, which drivers ask for again and again, as the bytes that fengari wants. */
const names = new Map<string, Uint8Array>()
const namesMax = 4096

function name(s: string): Uint8Array {
  let bytes = names.get(s)
  if (bytes === undefined) {
    bytes = to_luastring(s)
    if (names.size === namesMax) names.clear()
    names.set(s, bytes)
  }
  return bytes
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const text = (bytes: Uint8Array | null) => (bytes === null ? null : decoder.decode(bytes))

// lua.h's numbers, which lua.ts exports: it imports this file.
const LUA_OK = 0
const LUA_YIELD = 1
const LUA_MULTRET = -1
const LUA_TNIL = 0
const LUA_TNUMBER = 3
const LUA_TTABLE = 5
const LUA_TFUNCTION = 6
const LUA_TUSERDATA = 7

/** A value's finalizer needs its block and metatable, if it is a userdata, or its place in the registry's table. */
type Rest = { readonly data: unknown; readonly metatable: unknown } | { readonly index: number }

/** What this file keeps for a state and all of its coroutines. */
interface Extra {
  /** The cell behind lua_getextraspace. */
  readonly space: lua_Udata
  warnf: lua_WarnFunction | null
  readonly finalizers: Finalizers<Rest>
  /** How many tables with a finalizer the registry has kept. */
  kept: number
}

const extras = new WeakMap<object, Extra>()
const extra = (L: State) => extras.get(L.l_G) as Extra

/** The registry's field with the tables that have a `__gc`. */
const FINALIZERS = '_FINALIZERS'

function describeError(e: unknown): string {
  if (e instanceof RangeError && e.message.startsWith('Maximum call stack')) return 'stack overflow'
  return e instanceof Error ? e.message : String(e)
}

function atnativeerror(L: State): number {
  lua.lua_pushstring(L, to_luastring(describeError(lua.lua_touserdata(L, 1))))
  return 1
}

function panic(L: State): never {
  const message = lua.lua_tolstring(L, -1)
  throw new LuaError(text(message) ?? '(null)')
}

function lua_newstate(): lua_State | null {
  const L = lauxlib.luaL_newstate()
  if (L === null) return null
  lua.lua_atpanic(L, panic)
  lua.lua_atnativeerror(L, atnativeerror)
  extras.set(L.l_G, {
    space: { value: undefined },
    warnf: null,
    finalizers: new Finalizers((rest) => finalize(L, rest)),
    kept: 0,
  })
  lua.lua_createtable(L, 0, 0)
  lua.lua_setfield(L, lua.LUA_REGISTRYINDEX, name(FINALIZERS))
  return opaque(L)
}

/** Notes the value at `idx` if its metatable has a `__gc` by now, as Lua does when a metatable is set. */
function markFinalizer(L: State, idx: number): void {
  if (!lua.lua_getmetatable(L, idx)) return
  lua.lua_pushstring(L, name('__gc'))
  const has = lua.lua_rawget(L, -2) !== LUA_TNIL
  lua.lua_settop(L, -3)
  const value = lua.lua_topointer(L, idx) as fengari.Udata
  const { finalizers } = extra(L)
  if (!has || finalizers.has(value)) return
  if (lua.lua_type(L, idx) === LUA_TUSERDATA) {
    finalizers.mark(value, { data: value.data, metatable: value.metatable }, true)
    return
  }
  const index = ++extra(L).kept
  const at = lua.lua_absindex(L, idx)
  lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, name(FINALIZERS))
  lua.lua_pushvalue(L, at)
  lua.lua_rawseti(L, -2, index)
  lua.lua_settop(L, -2)
  finalizers.mark(value, { index }, false)
}

function lua_setmetatable(L: lua_State, idx: number): void {
  const state = native(L)
  const index = lua.lua_absindex(state, idx)
  lua.lua_setmetatable(state, index)
  markFinalizer(state, index)
}

/** Pushes a value that is to be finalized. */
function pushRest(L: State, rest: Rest): void {
  if ('index' in rest) {
    lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, name(FINALIZERS))
    lua.lua_rawgeti(L, -1, rest.index)
    lua.lua_pushnil(L)
    lua.lua_rawseti(L, -3, rest.index)
    lua.lua_rotate(L, -2, 1)
    lua.lua_settop(L, -2)
  } else {
    lua.lua_newuserdata(L, 0)
    Object.assign(lua.lua_topointer(L, -1) as fengari.Udata, rest)
  }
}

/** Calls a value's finalizer in protected mode; its error is a warning. */
function finalize(L: State, rest: Rest): void {
  const top = lua.lua_gettop(L)
  pushRest(L, rest)
  if (lua.lua_getmetatable(L, -1)) {
    lua.lua_pushstring(L, name('__gc'))
    lua.lua_rawget(L, -2)
    lua.lua_pushvalue(L, -3)
    if (lua.lua_type(L, -2) === LUA_TFUNCTION && lua.lua_pcall(L, 1, 0, 0) !== LUA_OK) {
      extra(L).warnf?.(`error in __gc: ${text(lua.lua_tolstring(L, -1)) ?? '(null)'}`)
    }
  }
  lua.lua_settop(L, top)
}

function lua_close(L: lua_State): void {
  const state = native(L).l_G.mainthread
  lua_recover(L, 0)
  const { finalizers } = extra(state)
  // Finalizers may make values with finalizers: one more round for those, then no more, as it may never end.
  finalizers.finalizeAll()
  finalizers.finalizeAll()
  lua.lua_close(state)
}

function lua_recover(L: lua_State, top: number): void {
  const state = native(L)
  if (state.ci !== state.base_ci || state.status !== 0) {
    state.ci = state.base_ci
    state.status = 0
    state.nCcalls = 0
    state.nny = 1
    state.allowhook = 1
    state.errfunc = 0
  }
  lua.lua_settop(state, top)
}

function pushinteger(L: lua_State, n: number | bigint): void {
  const number = Number(n)
  if ((number | 0) === number) lua.lua_pushinteger(native(L), number)
  else if (Number.isSafeInteger(number)) lua.lua_pushnumber(native(L), number)
  else {
    lua.lua_pushstring(native(L), to_luastring(`integer overflow: ${n} is no integer within 2^53`))
    lua.lua_error(native(L))
  }
}

function tointegerx(L: lua_State, idx: number): number | null {
  const integer = lua.lua_tointegerx(native(L), idx)
  if (integer !== false) return integer
  const number = lua.lua_tonumberx(native(L), idx)
  return number !== false && Number.isSafeInteger(number) ? number : null
}

/** Puts `<no error object>` in the place of a nil on the top of the stack, as Lua 5.5 does for error objects. */
function nameErrorObject(L: State): void {
  if (lua.lua_type(L, -1) !== LUA_TNIL) return
  lua.lua_settop(L, -2)
  lua.lua_pushstring(L, name('<no error object>'))
}

/**
 * Ends a pcall or xpcall; `extra` values below the results are not theirs. After an error in a coroutine fengari
 * leaves its hooks off (it never notes that they were on), and a loop of pcalls would run for ever.
 */
function finishpcall(L: State, status: number, extra: number): number {
  if (status === LUA_OK || status === LUA_YIELD) return lua.lua_gettop(L) - extra
  L.allowhook = 1
  nameErrorObject(L)
  lua.lua_pushboolean(L, false)
  lua.lua_rotate(L, -2, 1)
  return 2
}

function base_pcall(L: State): number {
  lauxlib.luaL_checkany(L, 1)
  lua.lua_pushboolean(L, true)
  lua.lua_rotate(L, 1, 1)
  return finishpcall(L, lua.lua_pcallk(L, lua.lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finishpcall), 0)
}

function base_xpcall(L: State): number {
  const n = lua.lua_gettop(L)
  lauxlib.luaL_checktype(L, 2, LUA_TFUNCTION)
  lua.lua_pushboolean(L, true)
  lua.lua_pushvalue(L, 1)
  lua.lua_rotate(L, 3, 2)
  return finishpcall(L, lua.lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finishpcall), 2)
}

function base_setmetatable(L: State): number {
  lauxlib.luaL_checktype(L, 1, LUA_TTABLE)
  const type = lua.lua_type(L, 2)
  if (type !== LUA_TNIL && type !== LUA_TTABLE) lauxlib.luaL_argerror(L, 2, to_luastring('nil or table expected'))
  if (lauxlib.luaL_getmetafield(L, 1, name('__metatable')) !== LUA_TNIL) {
    lauxlib.luaL_error(L, to_luastring('cannot change a protected metatable'))
  }
  lua.lua_settop(L, 2)
  lua.lua_setmetatable(L, 1)
  markFinalizer(L, 1)
  return 1
}

function luaopen_base(L: State): number {
  const results = lualib.luaopen_base(L)
  lua.lua_pushcclosure(L, base_setmetatable, 0)
  lua.lua_setfield(L, -2, name('setmetatable'))
  lua.lua_pushcclosure(L, base_pcall, 0)
  lua.lua_setfield(L, -2, name('pcall'))
  lua.lua_pushcclosure(L, base_xpcall, 0)
  lua.lua_setfield(L, -2, name('xpcall'))
  return results
}

/** The longest string that string.rep makes, in bytes. Nothing else can stop a call that takes seconds and gigabytes. */
const repeatMax = 64 << 20

function str_rep(L: State): number {
  const text = lauxlib.luaL_checklstring(L, 1)
  const n = lauxlib.luaL_checkinteger(L, 2)
  const sep = lauxlib.luaL_optlstring(L, 3, name(''))
  const length = n <= 0 ? 0 : n * text.length + (n - 1) * sep.length
  if (length > repeatMax) return lauxlib.luaL_error(L, to_luastring('resulting string too large'))
  const bytes = new Uint8Array(length)
  if (length > 0) {
    const unit = text.length + sep.length
    bytes.set(text)
    if (length > unit) bytes.set(sep, text.length)
    // Each copy doubles what is there.
    for (let done = unit; done < length; done *= 2) bytes.copyWithin(done, 0, Math.min(done, length - done))
  }
  lua.lua_pushlstring(L, bytes, length)
  return 1
}

function luaopen_string(L: State): number {
  const results = lualib.luaopen_string(L)
  lua.lua_pushcclosure(L, str_rep, 0)
  lua.lua_setfield(L, -2, name('rep'))
  return results
}

function lua_pcall(L: lua_State, nargs: number, nresults: number, msgh: number): number {
  const status = lua.lua_pcall(native(L), nargs, nresults, msgh)
  if (status !== LUA_OK) nameErrorObject(native(L))
  return status
}

function lua_error(L: lua_State): never {
  nameErrorObject(native(L))
  return lua.lua_error(native(L))
}

/** fengari's own record behind a lua_Debug. */
const records = new WeakMap<lua_Debug, fengari.Debug>()

function debug(ar: fengari.Debug): lua_Debug {
  const result: lua_Debug = {
    source: '',
    short_src: '',
    currentline: -1,
    name: null,
    namewhat: '',
    what: '',
    i_ci: ar.i_ci,
  }
  records.set(result, ar)
  return result
}

function lua_getinfo(L: lua_State, what: string, result: lua_Debug): void {
  const ar = records.get(result)
  if (ar === undefined) return
  lua.lua_getinfo(native(L), name(what), ar)
  result.source = text(ar.source) ?? ''
  result.short_src = text(ar.short_src)?.replace(/\0$/, '') ?? ''
  result.currentline = ar.currentline
  result.name = text(ar.name)
  result.namewhat = text(ar.namewhat) ?? ''
  result.what = text(ar.what) ?? ''
}

function lua_getstack(L: lua_State, level: number): lua_Debug | null {
  const ar = new lua.lua_Debug()
  return lua.lua_getstack(native(L), level, ar) === 1 ? debug(ar) : null
}

function lua_sethook(L: lua_State, hook: lua_Hook | null, mask: number, count: number): void {
  if (hook === null) lua.lua_sethook(native(L), null, 0, 0)
  // A hook that takes no record is called without one: none is made.
  else if (hook.length < 2) lua.lua_sethook(native(L), hook as unknown as (l: State) => void, mask, count)
  else lua.lua_sethook(native(L), (l, ar) => hook(opaque(l), debug(ar)), mask, count)
}

function luaL_loadbufferx(L: lua_State, bytes: Uint8Array, chunkname: string, mode: string | null): number {
  const m = mode === null ? null : to_luastring(mode)
  return lauxlib.luaL_loadbufferx(native(L), bytes, bytes.length, to_luastring(chunkname), m)
}

/** fengari's functions take its own type of state. */
const adopt = <T>(f: unknown) => f as T

/** The engine's functions, as api.ts describes them. */
export const engine: LuaEngine = {
  release: `${FENGARI_RELEASE} (Lua 5.3)`,
  LUA_REGISTRYINDEX: lua.LUA_REGISTRYINDEX,
  lua_newstate,
  lua_close,
  lua_setwarnf: (L, f) => {
    extra(native(L)).warnf = f
  },
  lua_getextraspace: (L) => extra(native(L)).space,
  lua_recover,
  lua_absindex: adopt(lua.lua_absindex),
  lua_gettop: adopt(lua.lua_gettop),
  lua_settop: adopt(lua.lua_settop),
  lua_pushvalue: adopt(lua.lua_pushvalue),
  lua_rotate: adopt(lua.lua_rotate),
  lua_copy: adopt(lua.lua_copy),
  lua_checkstack: adopt(lua.lua_checkstack),
  lua_xmove: adopt(lua.lua_xmove),
  lua_type: adopt(lua.lua_type),
  lua_isinteger: (L, idx) => lua.lua_type(native(L), idx) === LUA_TNUMBER && tointegerx(L, idx) !== null,
  lua_isnumber: adopt(lua.lua_isnumber),
  lua_isstring: adopt(lua.lua_isstring),
  lua_iscfunction: adopt(lua.lua_iscfunction),
  lua_rawequal: (L, idx1, idx2) => Boolean(lua.lua_rawequal(native(L), idx1, idx2)),
  lua_rawlen: adopt(lua.lua_rawlen),
  lua_toboolean: adopt(lua.lua_toboolean),
  lua_tointegerx: tointegerx,
  lua_tonumberx: (L, idx) => {
    const number = lua.lua_tonumberx(native(L), idx)
    return number === false ? null : number
  },
  lua_tolstring: adopt(lua.lua_tolstring),
  lua_touserdata: adopt(lua.lua_touserdata),
  lua_topointer: adopt(lua.lua_topointer),
  lua_pushnil: adopt(lua.lua_pushnil),
  lua_pushboolean: adopt(lua.lua_pushboolean),
  lua_pushinteger: pushinteger,
  lua_pushnumber: adopt(lua.lua_pushnumber),
  lua_pushlstring: (L, s) => lua.lua_pushlstring(native(L), s, s.length),
  lua_pushstring: (L, s) => lua.lua_pushstring(native(L), to_luastring(s)),
  lua_pushcclosure: adopt(lua.lua_pushcclosure),
  lua_pushlightuserdata: adopt(lua.lua_pushlightuserdata),
  lua_pushthread: adopt(lua.lua_pushthread),
  lua_createtable: adopt(lua.lua_createtable),
  lua_newuserdatauv: (L) => {
    const block = lua.lua_newuserdata(native(L), 0)
    block.value = undefined
    return block as lua_Udata
  },
  lua_getglobal: (L, k) => lua.lua_getglobal(native(L), name(k)),
  lua_setglobal: (L, k) => lua.lua_setglobal(native(L), name(k)),
  lua_gettable: adopt(lua.lua_gettable),
  lua_settable: adopt(lua.lua_settable),
  lua_getfield: (L, idx, k) => lua.lua_getfield(native(L), idx, name(k)),
  lua_setfield: (L, idx, k) => lua.lua_setfield(native(L), idx, name(k)),
  lua_rawget: adopt(lua.lua_rawget),
  lua_rawset: adopt(lua.lua_rawset),
  lua_rawgeti: adopt(lua.lua_rawgeti),
  lua_rawseti: adopt(lua.lua_rawseti),
  lua_rawgetp: adopt(lua.lua_rawgetp),
  lua_rawsetp: adopt(lua.lua_rawsetp),
  lua_getmetatable: adopt(lua.lua_getmetatable),
  lua_setmetatable,
  lua_next: (L, idx) => lua.lua_next(native(L), idx) === 1,
  lua_concat: adopt(lua.lua_concat),
  lua_call: adopt(lua.lua_call),
  lua_pcall,
  lua_error,
  luaL_loadbufferx,
  lua_sethook,
  lua_getstack,
  lua_getinfo,
  luaL_traceback: (L, L1, msg, level) =>
    lauxlib.luaL_traceback(native(L), native(L1), msg === null ? null : to_luastring(msg), level),
  luaopen_base: adopt(luaopen_base),
  luaopen_package: adopt(lualib.luaopen_package),
  luaopen_coroutine: adopt(lualib.luaopen_coroutine),
  luaopen_table: adopt(lualib.luaopen_table),
  luaopen_string: adopt(luaopen_string),
  luaopen_utf8: adopt(lualib.luaopen_utf8),
  luaopen_math: adopt(lualib.luaopen_math),
  luaopen_debug: adopt(lualib.luaopen_debug),
}
