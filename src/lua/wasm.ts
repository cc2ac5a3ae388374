// The engine wasm: the real Lua 5.4, compiled to WebAssembly by the package wasmoon, through its C API.
//
// All states live in one instance and one memory. What api.ts promises beyond C is made in the other
// files wasm-*.ts.
import { type LuaEngine, type lua_CFunction, type lua_KFunction, type lua_State, REFUSED } from './api.js'
import { l_str2int, narrow } from './dialect/lobject.js'
import { addK, checked, kSlot, pushinteger, takeK, tointeger } from './wasm-calls.js'
import { lua_dump, lua_load, luaL_loadbufferx, luaopen_string } from './wasm-chunks.js'
import {
  lua_gethook,
  lua_getinfo,
  lua_getlocal,
  lua_getstack,
  lua_iscalling,
  lua_sethook,
  lua_setlocal,
} from './wasm-debug.js'
import { finish, latin1, lua_pushlstring, nameErrorObject, newBuffer } from './wasm-errors.js'
import { lua_gc } from './wasm-gc.js'
import { lua_gethookmask } from './wasm-hooks.js'
import { LAYOUT, LUA_REGISTRYINDEX } from './wasm-layout.js'
import { lua_hasclose, lua_inloop, lua_leave, lua_mayleave, lua_takeclose } from './wasm-leave.js'
import {
  callC,
  cstring,
  isIdle,
  LONGJMP,
  lastToClose,
  lua,
  out,
  outWord,
  roomOf,
  setMaxStack,
  slotOf,
  statusOf,
  topOf,
  u8,
  u32,
} from './wasm-load.js'
import { lua_close, lua_kill, lua_newstate, lua_newthread, lua_recover } from './wasm-newstate.js'
import { setPool, setReserved, total } from './wasm-pool.js'
import {
  lua_tryoptinteger,
  lua_trypushinteger,
  lua_trysettop,
  lua_trytointegerx,
  lua_trytolstring,
  lua_trytype,
} from './wasm-slots.js'
import {
  applyLimit,
  native,
  opaque,
  ptrOf,
  pushstring,
  restoreLimit,
  type State,
  setLimit,
  stateOf,
  used,
} from './wasm-state.js'
import {
  lua_getiuservalue,
  lua_getupvalue,
  lua_setiuservalue,
  lua_setupvalue,
  lua_upvalueid,
  lua_upvaluejoin,
} from './wasm-upvalues.js'
import {
  checkTable,
  lua_lookup,
  lua_newuserdatauv,
  lua_ownfunction,
  lua_pushcclosure,
  lua_pushfast,
  lua_pushlightuserdata,
  lua_rawgetp,
  lua_rawsetp,
  lua_setwindow,
  lua_touserdata,
  lua_upvalueindex,
  pushPlain,
} from './wasm-values.js'
import { lua_freewindow, lua_lookat, lua_newwindow, lua_openwindow } from './wasm-windows.js'

const LUA_OK = 0
const LUA_YIELD = 1
const LUA_TNIL = 0
const LUA_TNUMBER = 3
const LUA_TSTRING = 4

function lua_pushinteger(L: lua_State, n: number | bigint): void {
  const { ptr } = native(L)
  if (typeof n === 'number') pushinteger(ptr, n)
  else lua.lua_pushinteger(ptr, BigInt.asIntN(64, n))
}

function lua_tointegerx(L: lua_State, idx: number): number | bigint | null {
  const ptr = ptrOf(L)
  const number = tointeger(ptr, idx)
  if (Number.isSafeInteger(number)) return number
  return wideInteger(ptr, idx)
}

function wideInteger(ptr: number, idx: number): number | bigint | null {
  if (lua.lua_isinteger(ptr, idx) !== 0) return narrow(lua.lua_tointegerx(ptr, idx, 0))
  if (lua.lua_type(ptr, idx) !== LUA_TSTRING) return null
  const integer = l_str2int(latin1(ptr, idx))
  return integer === null ? null : narrow(integer)
}

function lua_tonumberx(L: lua_State, idx: number): number | null {
  const integer = lua_tointegerx(L, idx)
  return integer === null ? null : Number(integer)
}

function lua_tolstring(L: lua_State, idx: number): Uint8Array | null {
  const pointer = lua.lua_tolstring(native(L).ptr, idx, out)
  return pointer === 0 ? null : u8.subarray(pointer, pointer + outWord(0))
}

/** A continuation finds error objects named, as whoever calls lua_pcall does. */
const named =
  (k: lua_KFunction): lua_KFunction =>
  (L, status) =>
    k(L, finish(native(L), status))

/**
 * Calls `f` with a context for `k`. Where a coroutine leaves `f` by a yield, or by an error that a call further in
 * catches, the continuation is still to come.
 */
function withK(L: State, k: lua_KFunction, f: (ctx: number) => number): number {
  const goesOn = lua.lua_isyieldable(L.ptr) !== 0
  const ctx = addK(L, k)
  try {
    const result = f(ctx)
    takeK(L, ctx)
    return result
  } catch (e) {
    if (!goesOn) takeK(L, ctx)
    throw e
  }
}

function lua_trypcall(L: lua_State, nargs: number, nresults: number): number {
  const state = native(L)
  const { G } = state
  const outer = applyLimit(G)
  const status = checked.pcall(state.ptr, nargs, nresults)
  restoreLimit(G, outer)
  return status === REFUSED ? REFUSED : finish(state, status)
}

function lua_pcall(L: lua_State, nargs: number, nresults: number, msgh: number): number {
  const state = native(L)
  const { G, ptr } = state
  const outer = applyLimit(G)
  const status = lua.lua_pcallk(ptr, nargs, nresults, msgh, 0, 0)
  restoreLimit(G, outer)
  return finish(state, status)
}

function lua_resume(L: lua_State, from: lua_State | null, nargs: number): number {
  const co = native(L)
  const { G, ptr, ks } = co
  const outer = applyLimit(G)
  const status = lua.lua_resume(ptr, from === null ? 0 : ptrOf(from), nargs, out)
  restoreLimit(G, outer)
  if (status === LUA_YIELD) return status
  // No call is left that could go on, unless it was one that can't be resumed now.
  if (ks.length > 0 && (status === LUA_OK || lua.lua_status(ptr) > LUA_YIELD)) ks.length = 0
  return finish(co, status)
}

function lua_closethread(L: lua_State): number {
  const co = native(L)
  const status = lua.lua_resetthread(co.ptr)
  co.ks.length = 0
  return finish(co, status)
}

function lua_yieldk(L: lua_State, nresults: number, k: lua_KFunction | null): never {
  const { ptr } = native(L)
  if (k === null) lua.lua_yieldk(ptr, nresults, 0, 0)
  else withK(native(L), k, (ctx) => lua.lua_yieldk(ptr, nresults, ctx, kSlot))
  throw LONGJMP
}

function lua_error(L: lua_State): never {
  const { ptr } = native(L)
  if (lua.lua_type(ptr, -1) === LUA_TNIL) nameErrorObject(native(L))
  lua.lua_error(ptr)
  throw LONGJMP
}

/** C functions of Lua as functions of JavaScript, by their place in Lua's function table. */
const cfunctions = new Map<number, lua_CFunction>()

/** The other way around. */
const slots = new WeakMap<lua_CFunction, number>()

/** A C function that runs as the one that runs already: it finds the same arguments. */
function cfunction(slot: number): lua_CFunction {
  let f = cfunctions.get(slot)
  if (f === undefined) {
    f = (L) => callC(slot, ptrOf(L))
    cfunctions.set(slot, f)
    slots.set(f, slot)
  }
  return f
}

function lua_tocfunction(L: lua_State, idx: number): lua_CFunction | null {
  const slot = lua.lua_tocfunction(native(L).ptr, idx)
  return slot === 0 ? null : cfunction(slot)
}

function lua_setmetatable(L: lua_State, idx: number): void {
  const { ptr } = native(L)
  if (lua.lua_type(ptr, -1) !== LUA_TNIL) checkTable(ptr, -1)
  lua.lua_setmetatable(ptr, idx)
}

/** Whether a call runs, also one that an error is on its way through. */
function lua_isrunning(L: lua_State): boolean {
  const { G, withheld } = L as unknown as State
  if (withheld === 0) ptrOf(L)
  return [...G.threads.keys()].some((ptr) => !isIdle(ptr) && statusOf(ptr) === LUA_OK)
}

/** The engine's functions, as api.ts describes them. */
export const engine: LuaEngine = {
  name: 'wasm',
  release: 'Lua 5.4 in WebAssembly (wasmoon 1.16)',
  version: 504,
  integerBits: 64,
  latin1: true,
  collects: true,
  LUA_REGISTRYINDEX,
  lua_upvalueindex,
  lua_newstate,
  lua_close,
  lua_kill,
  lua_setwarnf: (L, f) => {
    native(L).G.warnf = f
  },
  lua_getextraspace: (L) => native(L).G.space,
  lua_recover,
  lua_setmaxstack: setMaxStack,
  lua_setlimit: setLimit,
  lua_setpool: setPool,
  lua_setreserved: setReserved,
  lua_used: used,
  lua_total: total,
  lua_newbuffer: newBuffer,
  lua_newwindow,
  lua_freewindow,
  lua_lookat,
  lua_lookup,
  lua_openwindow,
  lua_setwindow,
  lua_pushfast,
  lua_gc,
  lua_trypushinteger,
  lua_trygetglobal: (L, name) => checked.getglobal(ptrOf(L), cstring(name)),
  lua_trytype,
  lua_trytolstring,
  lua_trytointegerx,
  lua_tryoptinteger,
  lua_trysettop,
  lua_trypcall,
  lua_absindex: (L, idx) => lua.lua_absindex(ptrOf(L), idx),
  lua_gettop: (L) => topOf(ptrOf(L)),
  lua_room: (L) => roomOf(ptrOf(L)),
  lua_settop: (L, idx) => void lua.lua_settop(ptrOf(L), idx),
  lua_pushvalue: (L, idx) => void lua.lua_pushvalue(ptrOf(L), idx),
  lua_rotate: (L, idx, n) => void lua.lua_rotate(ptrOf(L), idx, n),
  lua_copy: (L, fromidx, toidx) => void lua.lua_copy(ptrOf(L), fromidx, toidx),
  lua_checkstack: (L, n) => lua.lua_checkstack(ptrOf(L), n) !== 0,
  lua_xmove: (from, to, n) => void lua.lua_xmove(ptrOf(from), ptrOf(to), n),
  lua_type: (L, idx) => lua.lua_type(ptrOf(L), idx),
  lua_isinteger: (L, idx) => lua.lua_isinteger(ptrOf(L), idx) !== 0,
  lua_isnumber: (L, idx) => lua.lua_type(ptrOf(L), idx) === LUA_TNUMBER || lua_tointegerx(L, idx) !== null,
  lua_isstring: (L, idx) => {
    const type = lua.lua_type(ptrOf(L), idx)
    return type === LUA_TSTRING || type === LUA_TNUMBER
  },
  lua_iscfunction: (L, idx) => lua.lua_iscfunction(ptrOf(L), idx) !== 0,
  lua_rawequal: (L, idx1, idx2) => lua.lua_rawequal(ptrOf(L), idx1, idx2) !== 0,
  lua_rawlen: (L, idx) => Number(lua.lua_rawlen(ptrOf(L), idx)),
  lua_toboolean: (L, idx) => lua.lua_toboolean(ptrOf(L), idx) !== 0,
  lua_tointegerx,
  lua_tonumberx,
  lua_tolstring,
  lua_tocfunction,
  lua_ownfunction,
  lua_touserdata,
  lua_topointer: (L, idx) => lua.lua_topointer(ptrOf(L), idx) >>> 0 || null,
  lua_pushnil: (L) => void lua.lua_pushnil(ptrOf(L)),
  lua_pushboolean: (L, b) => void lua.lua_pushboolean(ptrOf(L), b ? 1 : 0),
  lua_pushinteger,
  lua_pushnumber: (L, n) => pushinteger(ptrOf(L), n),
  lua_pushlstring,
  lua_pushstring: (L, s) => pushstring(ptrOf(L), s),
  lua_pushcclosure,
  lua_pushplain: (L, fn, original, plain) => pushPlain(L, fn, slots.get(original) as number, plain),
  lua_pushlightuserdata,
  lua_pushthread: (L) => lua.lua_pushthread(ptrOf(L)) !== 0,
  lua_createtable: (L, narr, nrec) => void lua.lua_createtable(ptrOf(L), narr, nrec),
  lua_newuserdatauv,
  lua_getglobal: (L, k) => lua.lua_getglobal(ptrOf(L), cstring(k)),
  lua_setglobal: (L, k) => void lua.lua_setglobal(ptrOf(L), cstring(k)),
  lua_gettable: (L, idx) => lua.lua_gettable(ptrOf(L), idx),
  lua_settable: (L, idx) => void lua.lua_settable(ptrOf(L), idx),
  lua_getfield: (L, idx, k) => lua.lua_getfield(ptrOf(L), idx, cstring(k)),
  lua_setfield: (L, idx, k) => void lua.lua_setfield(ptrOf(L), idx, cstring(k)),
  lua_rawget: (L, idx) => {
    checkTable(ptrOf(L), idx)
    return lua.lua_rawget(ptrOf(L), idx)
  },
  lua_rawset: (L, idx) => {
    checkTable(ptrOf(L), idx)
    lua.lua_rawset(ptrOf(L), idx)
  },
  lua_rawgeti: (L, idx, n) => {
    checkTable(ptrOf(L), idx)
    return lua.lua_rawgeti(ptrOf(L), idx, BigInt(n))
  },
  lua_rawseti: (L, idx, n) => {
    checkTable(ptrOf(L), idx)
    lua.lua_rawseti(ptrOf(L), idx, BigInt(n))
  },
  lua_rawgetp,
  lua_rawsetp,
  lua_getmetatable: (L, idx) => lua.lua_getmetatable(ptrOf(L), idx) !== 0,
  lua_setmetatable,
  lua_next: (L, idx) => {
    checkTable(ptrOf(L), idx)
    return lua.lua_next(ptrOf(L), idx) !== 0
  },
  lua_getupvalue,
  lua_setupvalue,
  lua_upvalueid,
  lua_upvaluejoin,
  lua_getiuservalue,
  lua_setiuservalue,
  lua_geti: (L, idx, n) => lua.lua_geti(ptrOf(L), idx, BigInt(n)),
  lua_seti: (L, idx, n) => void lua.lua_seti(ptrOf(L), idx, BigInt(n)),
  lua_arith: (L, op) => void lua.lua_arith(ptrOf(L), op),
  lua_compare: (L, idx1, idx2, op) => lua.lua_compare(ptrOf(L), idx1, idx2, op) !== 0,
  lua_len: (L, idx) => void lua.lua_len(ptrOf(L), idx),
  lua_concat: (L, n) => void lua.lua_concat(ptrOf(L), n),
  lua_call: (L, nargs, nresults) => void lua.lua_callk(ptrOf(L), nargs, nresults, 0, 0),
  lua_callk: (L, nargs, nresults, k) =>
    void withK(native(L), k, (ctx) => lua.lua_callk(ptrOf(L), nargs, nresults, ctx, kSlot)),
  lua_pcall,
  lua_pcallk: (L, nargs, nresults, msgh, k) =>
    finish(
      native(L),
      withK(native(L), named(k), (ctx) => lua.lua_pcallk(ptrOf(L), nargs, nresults, msgh, ctx, kSlot)),
    ),
  lua_newthread,
  lua_tothread: (L, idx) => {
    const ptr = lua.lua_tothread(ptrOf(L), idx)
    return ptr === 0 ? null : opaque(stateOf(ptr))
  },
  lua_status: (L) => statusOf(ptrOf(L)),
  lua_isrunning,
  lua_isidle: (L) => isIdle(ptrOf(L)),
  lua_isyieldable: (L) => lua.lua_isyieldable(ptrOf(L)) !== 0,
  lua_mayleave,
  lua_leave,
  lua_inloop,
  lua_takeclose,
  lua_hasclose,
  lua_closethread,
  lua_resume,
  lua_yieldhook: (L) => lua.lua_yieldk(ptrOf(L), 0, 0, 0),
  lua_yieldk,
  lua_error,
  lua_throw: (L) => {
    u32[(ptrOf(L) + LAYOUT.ERRFUNC) >> 2] = 0
    return lua_error(L)
  },
  luaL_loadbufferx,
  lua_load,
  lua_dump,
  lua_toclose: (L, idx) => void lua.lua_toclose(ptrOf(L), idx),
  lua_maytoclose: (L, idx) => lastToClose(ptrOf(L)) < slotOf(ptrOf(L), idx),
  lua_istoclose: (L, idx) => lastToClose(ptrOf(L)) === slotOf(ptrOf(L), idx),
  lua_closeslot: (L, idx) => void lua.lua_closeslot(ptrOf(L), idx),
  lua_warning: (L, msg, tocont) => void lua.lua_warning(ptrOf(L), cstring(msg), tocont ? 1 : 0),
  lua_atpanic: (L, panicf) => {
    const { G } = native(L)
    const old = G.panicf
    G.panicf = panicf
    return old
  },
  lua_sethook,
  lua_gethook,
  lua_gethookmask: (L) => lua_gethookmask(ptrOf(L)),
  lua_gethookcount: (L) => lua.lua_gethookcount(ptrOf(L)),
  lua_getstack,
  lua_iscalling,
  lua_getinfo,
  lua_getlocal,
  lua_setlocal,
  luaopen_base: (L) => lua.luaopen_base(ptrOf(L)),
  luaopen_package: (L) => {
    const ptr = ptrOf(L)
    const results = lua.luaopen_package(ptr)
    // Its finalizer trusts that it gets its own table. There are no C libraries that would have to be closed.
    lua.lua_pushnil(ptr)
    lua.lua_setfield(ptr, LUA_REGISTRYINDEX, cstring('_CLIBS'))
    return results
  },
  luaopen_table: (L) => lua.luaopen_table(ptrOf(L)),
  luaopen_string,
  luaopen_utf8: (L) => lua.luaopen_utf8(ptrOf(L)),
  luaopen_math: (L) => lua.luaopen_math(ptrOf(L)),
  luaopen_debug: (L) => lua.luaopen_debug(ptrOf(L)),
}
