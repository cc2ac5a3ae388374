// The engine fengari: Lua 5.3 in JavaScript.
//
// Where it falls short of C Lua: integers of 32 bits (larger ones travel as floats, exact to 2^53), no garbage
// collector of its own (so no `__gc` and no weak tables), no `<const>` and `<close>`.
import {
  type LuaEngine,
  type lua_CFunction,
  type lua_KFunction,
  type lua_State,
  MOVE_MAX,
  type PlainKind,
  REFUSED,
} from './api.js'
import { describeError } from './describe.js'
import { l_str2int } from './dialect/lobject.js'
import { lua_dump, lua_load, luaL_loadbufferx } from './fengari-chunks.js'
import {
  closeFailing,
  closeReturning,
  hasToClose,
  lua_closeslot,
  lua_hasclose,
  lua_istoclose,
  lua_maytoclose,
  lua_settop,
  lua_takeclose,
  lua_toclose,
} from './fengari-close.js'
import {
  lua_gethook,
  lua_getinfo,
  lua_getlocal,
  lua_getstack,
  lua_iscalling,
  lua_sethook,
  lua_setlocal,
} from './fengari-debug.js'
import { lua_leave, lua_mayleave } from './fengari-leave.js'
import { copiedMin, luaopen_base, luaopen_debug, luaopen_string, nameErrorObject, pushlstring } from './fengari-lib.js'
import {
  FENGARI_RELEASE,
  LUA_OK,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  LUA_YIELD,
  LUAI_MAXSTACK,
  lua,
  lualib,
  name,
  native,
  opaque,
  type State,
  setMaxStack,
  to_luastring,
} from './fengari-load.js'
import {
  checkAlive,
  count,
  extra,
  fits,
  has,
  lua_close,
  lua_closethread,
  lua_getextraspace,
  lua_gettop,
  lua_isrunning,
  lua_kill,
  lua_newstate,
  lua_newthread,
  lua_recover,
  lua_room,
  lua_setmetatable,
  panicWith,
  raising,
  renew,
} from './fengari-state.js'
import { checkTable, lua_geti, lua_rawgeti, lua_rawseti, lua_seti, pushinteger } from './fengari-tables.js'
import {
  lua_getiuservalue,
  lua_getupvalue,
  lua_newuserdatauv,
  lua_setiuservalue,
  lua_setupvalue,
  lua_upvalueid,
  lua_upvaluejoin,
} from './fengari-upvalues.js'
import { badResult } from './results.js'

/** The integer that the string at `idx` holds. fengari's own reads fractions and exponents too. */
function str2int(L: lua_State, idx: number): bigint | null {
  const bytes = lua.lua_tolstring(native(L), idx)
  return bytes === null ? null : l_str2int(Buffer.from(bytes).toString('latin1'))
}

function tointegerx(L: lua_State, idx: number): number | null {
  if (lua.lua_type(native(L), idx) === LUA_TSTRING) {
    const number = Number(str2int(L, idx) ?? Number.NaN)
    return Number.isSafeInteger(number) ? number : null
  }
  const integer = lua.lua_tointegerx(native(L), idx)
  if (integer !== false) return integer
  const number = lua.lua_tonumberx(native(L), idx)
  return number !== false && Number.isSafeInteger(number) ? number : null
}

function tonumberx(L: lua_State, idx: number): number | null {
  if (lua.lua_type(native(L), idx) === LUA_TSTRING) {
    const integer = str2int(L, idx)
    return integer === null ? null : Number(integer)
  }
  const number = lua.lua_tonumberx(native(L), idx)
  return number === false ? null : number
}

function lua_pcall(L: lua_State, nargs: number, nresults: number, msgh: number): number {
  const status = lua.lua_pcall(native(L), nargs, nresults, msgh)
  checkAlive(native(L))
  if (status !== LUA_OK) nameErrorObject(native(L))
  return status
}

/** A continuation finds nil error objects named, as whoever calls lua_pcall does. */
const finish = (k: lua_KFunction) => (L: State, status: number) => {
  if (status !== LUA_OK && status !== LUA_YIELD) nameErrorObject(L)
  return wrapK(k)(opaque(L), status)
}

function lua_pcallk(L: lua_State, nargs: number, nresults: number, msgh: number, k: lua_KFunction): number {
  const status = lua.lua_pcallk(native(L), nargs, nresults, msgh, 0, finish(k))
  checkAlive(native(L))
  if (status !== LUA_OK) nameErrorObject(native(L))
  return status
}

function lua_resume(L: lua_State, from: lua_State | null, nargs: number): number {
  const status = lua.lua_resume(native(L), from === null ? null : native(from), nargs)
  checkAlive(native(L))
  if (status !== LUA_OK && status !== LUA_YIELD) nameErrorObject(native(L))
  return status
}

function lua_yieldk(L: lua_State, nresults: number, k: lua_KFunction | null): never {
  const then = k === null ? null : (wrapK(k) as unknown as (L: State, status: number) => number)
  return lua.lua_yieldk(native(L), nresults, 0, then) as never
}

function lua_error(L: lua_State): never {
  const state = native(L)
  nameErrorObject(state)
  return raising(state, () => lua.lua_error(state))
}

/** Calls `f`. What JavaScript throws makes room on the stack, where fengari's message handler gets it. */
function guarded(L: lua_State, f: lua_KFunction, status: number): number {
  const state = native(L)
  const { ci } = state
  count(1)
  try {
    const n = checkResult(L, f, f(L, status))
    closeReturning(state)
    return n
  } catch (e) {
    renew(state, e)
    if (closeFailing(state, ci, () => lua.lua_pushstring(state, to_luastring(describeError(e))))) throw e
    if (state.errorJmp?.status === LUA_OK) lua.lua_settop(state, 0)
    if (state.errorJmp === null) panicWith(state, e)
    throw e
  } finally {
    count(-1)
  }
}

/** The number of results of a C function. */
function checkResult(L: lua_State, f: { readonly name: string }, n: number): number {
  if (Number.isInteger(n) && n >= 0 && n <= lua_gettop(L)) return n
  throw new Error(badResult(f, n, lua_gettop(L)))
}

/** Functions of JavaScript as Lua calls them, and the other way around. */
const wrappers = new WeakMap<lua_CFunction, lua_CFunction>()
const wrapped = new WeakMap<lua_CFunction, lua_CFunction>()

/** A function whose results are counted before Lua takes them. */
function wrap(f: lua_CFunction): lua_CFunction {
  let wrapper = wrappers.get(f)
  if (wrapper === undefined) {
    wrapper = (L) => guarded(L, f, LUA_OK)
    wrappers.set(f, wrapper)
    wrapped.set(wrapper, f)
  }
  return wrapper
}

/** A continuation's results are counted as well. */
const wrapK =
  (k: lua_KFunction): lua_KFunction =>
  (L, status) =>
    guarded(L, k, status)

function lua_tocfunction(L: lua_State, idx: number): lua_CFunction | null {
  const f = lua.lua_tocfunction(native(L), idx) as unknown as lua_CFunction | null
  return f === null ? null : (wrapped.get(f) ?? f)
}

/** lua.h's number of the operation. */
const LUA_GCISRUNNING = 9

function lua_warning(L: lua_State, msg: string, tocont: boolean): void {
  const to = extra(native(L))
  to.warning += msg
  if (tocont) return
  const message = to.warning
  to.warning = ''
  to.warnf?.(message)
}

/** An index of the stack that may be asked about. */
const isIndex = (L: lua_State, idx: number) => idx !== 0 && has(native(L), idx > 0 ? 0 : -idx) && idx <= LUAI_MAXSTACK

const isText = (type: number) => type === LUA_TNUMBER || type === LUA_TSTRING

function isPlainTable(L: State, arg: number): boolean {
  if (lua.lua_type(L, arg) !== LUA_TTABLE) return false
  if (!lua.lua_getmetatable(L, arg)) return true
  lua.lua_settop(L, -2)
  return false
}

function firstIsText(L: State): boolean {
  const type = lua.lua_rawgeti(L, 1, 1)
  lua.lua_settop(L, -2)
  return isText(type)
}

const isShort = (L: State) => Number(lua.lua_tonumberx(L, 3)) - Number(lua.lua_tonumberx(L, 2)) < MOVE_MAX

/** Whether a position is below 2^29; one that is no number is. */
const isNear = (L: State, arg: number) => Math.abs(Number(lua.lua_tonumberx(L, arg) || 0)) < 2 ** 29

/** What is longer takes long, in bytes or elements. */
const longMin = 1 << 16
const isBrief = (L: State) => lua.lua_rawlen(L, 1) < longMin

const isPlain: Readonly<Partial<Record<PlainKind, (L: State) => boolean>>> = {
  table: (L) => isPlainTable(L, 1),
  move: (L) => isPlainTable(L, 1) && (lua.lua_type(L, 5) <= LUA_TNIL || isPlainTable(L, 5)) && isShort(L),
  concat: (L) => isPlainTable(L, 1) && isBrief(L),
  sort: (L) => isPlainTable(L, 1) && lua.lua_type(L, 2) <= LUA_TNIL && isBrief(L) && firstIsText(L),
  short: (L) => lua.lua_type(L, 1) === LUA_TSTRING && isBrief(L),
  near: (L) => isNear(L, 2) && isNear(L, 3),
  byte: (L) => isNear(L, 2) && isNear(L, 3),
}

/** fengari's functions take its own type of state. */
const adopt = <T>(f: unknown) => f as T

/** The engine's functions, as api.ts describes them. */
export const engine: LuaEngine = {
  name: 'fengari',
  release: `${FENGARI_RELEASE} (Lua 5.3)`,
  version: 503,
  integerBits: 32,
  latin1: false,
  collects: false,
  LUA_REGISTRYINDEX: lua.LUA_REGISTRYINDEX,
  lua_upvalueindex: (i) => lua.LUA_REGISTRYINDEX - i,
  lua_newstate,
  lua_close,
  lua_kill,
  lua_setwarnf: (L, f) => {
    extra(native(L)).warnf = f
  },
  lua_getextraspace,
  lua_recover,
  lua_setmaxstack: setMaxStack,
  lua_setlimit: () => {},
  lua_setpool: () => {},
  lua_setreserved: () => {},
  lua_used: () => 0,
  lua_total: () => 0,
  lua_newbuffer: () => null,
  lua_newwindow: () => null,
  lua_freewindow: () => {},
  lua_lookat: () => {},
  lua_lookup: () => {},
  lua_openwindow: () => {},
  lua_setwindow: () => {},
  lua_pushfast: (L, fn) => engine.lua_pushcclosure(L, fn, 0),
  lua_gc: (_L, what) => (what === LUA_GCISRUNNING ? 1 : 0),
  lua_trypushinteger: (L, n) => {
    const fit = fits(native(L), 1)
    if (fit) pushinteger(L, n)
    return fit
  },
  lua_trygetglobal: (L, k) => (fits(native(L), 1) ? lua.lua_getglobal(native(L), name(k)) : REFUSED),
  lua_trytype: (L, idx) => (isIndex(L, idx) ? lua.lua_type(native(L), idx) : REFUSED),
  lua_trytolstring: (L, idx) => (isIndex(L, idx) ? lua.lua_tolstring(native(L), idx) : undefined),
  lua_trytointegerx: (L, idx) => (isIndex(L, idx) ? tointegerx(L, idx) : undefined),
  lua_tryoptinteger: () => undefined,
  lua_trysettop: (L, idx) => {
    const is = idx <= 0 && has(native(L), -idx - 1) && !hasToClose(native(L))
    if (is) lua.lua_settop(native(L), idx)
    return is
  },
  lua_trypcall: () => REFUSED,
  lua_absindex: adopt(lua.lua_absindex),
  lua_gettop,
  lua_room,
  lua_isrunning,
  lua_isidle: (L) => native(L).ci === native(L).base_ci,
  lua_settop: (L, idx) => raising(native(L), () => lua_settop(L, idx)),
  lua_pushvalue: adopt(lua.lua_pushvalue),
  lua_rotate: adopt(lua.lua_rotate),
  lua_copy: adopt(lua.lua_copy),
  lua_checkstack: adopt(lua.lua_checkstack),
  lua_xmove: adopt(lua.lua_xmove),
  lua_type: adopt(lua.lua_type),
  lua_isinteger: (L, idx) => lua.lua_type(native(L), idx) === LUA_TNUMBER && tointegerx(L, idx) !== null,
  lua_isnumber: (L, idx) => tonumberx(L, idx) !== null,
  lua_isstring: adopt(lua.lua_isstring),
  lua_iscfunction: adopt(lua.lua_iscfunction),
  lua_rawequal: (L, idx1, idx2) => Boolean(lua.lua_rawequal(native(L), idx1, idx2)),
  lua_rawlen: adopt(lua.lua_rawlen),
  lua_toboolean: adopt(lua.lua_toboolean),
  lua_tointegerx: tointegerx,
  lua_tonumberx: tonumberx,
  lua_tolstring: adopt(lua.lua_tolstring),
  lua_tocfunction,
  lua_ownfunction: (L, idx) => wrapped.get(lua.lua_tocfunction(native(L), idx) as unknown as lua_CFunction) ?? null,
  lua_touserdata: adopt(lua.lua_touserdata),
  lua_topointer: adopt(lua.lua_topointer),
  lua_pushnil: adopt(lua.lua_pushnil),
  lua_pushboolean: adopt(lua.lua_pushboolean),
  lua_pushinteger: pushinteger,
  lua_pushnumber: adopt(lua.lua_pushnumber),
  lua_pushlstring: (L, s) => pushlstring(native(L), s),
  lua_pushstring: (L, s) =>
    s.length < copiedMin ? lua.lua_pushstring(native(L), to_luastring(s)) : pushlstring(native(L), Buffer.from(s)),
  lua_pushcclosure: (L, fn, n) => lua.lua_pushcclosure(native(L), wrap(fn) as unknown as (L: State) => number, n),
  lua_pushplain: (L, fn, original, plain) => {
    const call = wrap(fn) as unknown as (L: State) => number
    const own = original as unknown as (L: State) => number
    const either = (L: State) => (isPlain[plain]?.(L) ? own(L) : call(L))
    wrapped.set(either as unknown as lua_CFunction, fn)
    lua.lua_pushcclosure(native(L), either, 0)
  },
  lua_pushlightuserdata: adopt(lua.lua_pushlightuserdata),
  lua_pushthread: adopt(lua.lua_pushthread),
  lua_createtable: adopt(lua.lua_createtable),
  lua_newuserdatauv,
  lua_getglobal: (L, k) => lua.lua_getglobal(native(L), name(k)),
  lua_setglobal: (L, k) => lua.lua_setglobal(native(L), name(k)),
  lua_gettable: adopt(lua.lua_gettable),
  lua_settable: adopt(lua.lua_settable),
  lua_getfield: (L, idx, k) => lua.lua_getfield(native(L), idx, name(k)),
  lua_setfield: (L, idx, k) => lua.lua_setfield(native(L), idx, name(k)),
  lua_rawget: (L, idx) => lua.lua_rawget(checkTable(L, idx), idx),
  lua_rawset: (L, idx) => lua.lua_rawset(checkTable(L, idx), idx),
  lua_rawgeti: (L, idx, n) => raising(native(L), () => lua_rawgeti(L, idx, n)),
  lua_rawseti: (L, idx, n) => raising(native(L), () => lua_rawseti(L, idx, n)),
  lua_rawgetp: (L, idx, p) => lua.lua_rawgetp(checkTable(L, idx), idx, p),
  lua_rawsetp: (L, idx, p) => lua.lua_rawsetp(checkTable(L, idx), idx, p),
  lua_getmetatable: adopt(lua.lua_getmetatable),
  lua_setmetatable,
  lua_next: (L, idx) => lua.lua_next(checkTable(L, idx), idx) === 1,
  lua_getupvalue,
  lua_setupvalue,
  lua_upvalueid,
  lua_upvaluejoin,
  lua_getiuservalue,
  lua_setiuservalue,
  lua_geti: (L, idx, n) => raising(native(L), () => lua_geti(L, idx, n)),
  lua_seti: (L, idx, n) => raising(native(L), () => lua_seti(L, idx, n)),
  lua_arith: (L, op) => raising(native(L), () => lua.lua_arith(native(L), op)),
  lua_compare: (L, idx1, idx2, op) => raising(native(L), () => Boolean(lua.lua_compare(native(L), idx1, idx2, op))),
  lua_len: (L, idx) => raising(native(L), () => lua.lua_len(native(L), idx)),
  lua_concat: adopt(lua.lua_concat),
  lua_call: (L, nargs, nresults) => raising(native(L), () => lua.lua_call(native(L), nargs, nresults)),
  lua_callk: (L, nargs, nresults, k) =>
    raising(native(L), () =>
      lua.lua_callk(native(L), nargs, nresults, 0, wrapK(k) as unknown as (L: State, status: number) => number),
    ),
  lua_pcall,
  lua_pcallk,
  lua_newthread,
  lua_tothread: adopt(lua.lua_tothread),
  lua_status: adopt(lua.lua_status),
  lua_isyieldable: adopt(lua.lua_isyieldable),
  lua_mayleave,
  lua_leave,
  lua_inloop: () => false,
  lua_takeclose,
  lua_hasclose,
  lua_closethread,
  lua_resume,
  lua_yieldhook: (L) => void lua.lua_yieldk(native(L), 0, 0, null),
  lua_yieldk,
  lua_error,
  lua_throw: (L) => {
    native(L).errfunc = 0
    return lua_error(L)
  },
  luaL_loadbufferx,
  lua_load,
  lua_dump,
  lua_toclose: (L, idx) => raising(native(L), () => lua_toclose(L, idx)),
  lua_maytoclose,
  lua_istoclose,
  lua_closeslot: (L, idx) => raising(native(L), () => lua_closeslot(L, idx)),
  lua_warning,
  lua_atpanic: (L, panicf) => {
    const to = extra(native(L))
    const old = to.panicf
    to.panicf = panicf
    return old
  },
  lua_sethook,
  lua_gethook,
  lua_gethookmask: (L) => lua.lua_gethookmask(native(L)),
  lua_gethookcount: (L) => lua.lua_gethookcount(native(L)),
  lua_getstack,
  lua_iscalling,
  lua_getinfo,
  lua_getlocal,
  lua_setlocal,
  luaopen_base: adopt(luaopen_base),
  luaopen_package: adopt(lualib.luaopen_package),
  luaopen_table: adopt(lualib.luaopen_table),
  luaopen_string: adopt(luaopen_string),
  luaopen_utf8: adopt(lualib.luaopen_utf8),
  luaopen_math: adopt(lualib.luaopen_math),
  luaopen_debug: adopt(luaopen_debug),
}
