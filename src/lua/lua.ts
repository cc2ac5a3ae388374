// lua.h: the core of the Lua C API under its C names, on the engine of this process. api.ts holds the contract.
import type { lua_CFunction, lua_KFunction, lua_State } from './api.js'
import { engine } from './engine.js'

export {
  LuaError,
  type lua_CFunction,
  type lua_Debug,
  type lua_Hook,
  type lua_KFunction,
  type lua_State,
  type lua_Udata,
  type lua_WarnFunction,
} from './api.js'

/** The engine's name and release, for example `"Fengari 0.1.5 (Lua 5.3)"`. */
export const LUA_RELEASE = engine.release
/** How wide the engine's integers are, in bits. Wider ones travel as floats in an engine of 32, exact to 2^53. */
export const LUA_INTEGER_BITS = engine.integerBits

/** Whether the engine has a collector and an allocator of its own. */
export const LUA_COLLECTS = engine.collects

export const LUA_MULTRET = -1
export const { LUA_REGISTRYINDEX } = engine

export const LUA_OK = 0
export const LUA_YIELD = 1
export const LUA_ERRRUN = 2
export const LUA_ERRSYNTAX = 3
export const LUA_ERRMEM = 4

export const LUA_TNONE = -1
export const LUA_TNIL = 0
export const LUA_TBOOLEAN = 1
export const LUA_TLIGHTUSERDATA = 2
export const LUA_TNUMBER = 3
export const LUA_TSTRING = 4
export const LUA_TTABLE = 5
export const LUA_TFUNCTION = 6
export const LUA_TUSERDATA = 7
export const LUA_TTHREAD = 8

export const LUA_MASKCOUNT = 8

export const LUA_GCSTOP = 0
export const LUA_GCRESTART = 1
export const LUA_GCCOLLECT = 2
export const LUA_GCCOUNT = 3
export const LUA_GCCOUNTB = 4
export const LUA_GCSTEP = 5
export const LUA_GCSETPAUSE = 6
export const LUA_GCSETSTEPMUL = 7
export const LUA_GCISRUNNING = 9
export const LUA_GCGEN = 10
export const LUA_GCINC = 11

export const {
  lua_newstate,
  lua_close,
  lua_setwarnf,
  lua_getextraspace,
  lua_recover,
  lua_setlimit,
  lua_used,
  lua_gc,
  lua_upvalueindex,
  lua_absindex,
  lua_gettop,
  lua_settop,
  lua_pushvalue,
  lua_rotate,
  lua_copy,
  lua_checkstack,
  lua_xmove,
  lua_type,
  lua_isinteger,
  lua_isnumber,
  lua_isstring,
  lua_iscfunction,
  lua_rawequal,
  lua_rawlen,
  lua_toboolean,
  lua_tointegerx,
  lua_tonumberx,
  lua_tolstring,
  lua_tocfunction,
  lua_touserdata,
  lua_topointer,
  lua_pushnil,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushnumber,
  lua_pushlstring,
  lua_pushstring,
  lua_pushcclosure,
  lua_pushlightuserdata,
  lua_pushthread,
  lua_createtable,
  lua_newuserdatauv,
  lua_getglobal,
  lua_setglobal,
  lua_gettable,
  lua_settable,
  lua_getfield,
  lua_setfield,
  lua_rawget,
  lua_rawset,
  lua_rawgeti,
  lua_rawseti,
  lua_rawgetp,
  lua_rawsetp,
  lua_getmetatable,
  lua_setmetatable,
  lua_next,
  lua_setupvalue,
  lua_concat,
  lua_call,
  lua_callk,
  lua_pcall,
  lua_pcallk,
  lua_newthread,
  lua_tothread,
  lua_status,
  lua_isyieldable,
  lua_closethread,
  lua_resume,
  lua_sethook,
  lua_getstack,
  lua_getinfo,
} = engine

/** Raises the value on the top of the stack. It never returns: the exception passes to the next protected call. */
export const lua_error: (L: lua_State) => never = engine.lua_error

/** Ends the running C function until the coroutine is resumed. It never returns, as lua_error. */
export const lua_yieldk: (L: lua_State, nresults: number, k: lua_KFunction | null) => never = engine.lua_yieldk
export const lua_yield = (L: lua_State, nresults: number): never => lua_yieldk(L, nresults, null)

export const lua_pop = (L: lua_State, n: number) => lua_settop(L, -n - 1)
export const lua_newtable = (L: lua_State) => lua_createtable(L, 0, 0)
export const lua_insert = (L: lua_State, idx: number) => lua_rotate(L, idx, 1)
export const lua_pushcfunction = (L: lua_State, fn: lua_CFunction) => lua_pushcclosure(L, fn, 0)

export function lua_remove(L: lua_State, idx: number): void {
  lua_rotate(L, idx, -1)
  lua_pop(L, 1)
}

export function lua_replace(L: lua_State, idx: number): void {
  lua_copy(L, -1, idx)
  lua_pop(L, 1)
}

export const lua_isnil = (L: lua_State, idx: number) => lua_type(L, idx) === LUA_TNIL
export const lua_isnone = (L: lua_State, idx: number) => lua_type(L, idx) === LUA_TNONE
export const lua_isnoneornil = (L: lua_State, idx: number) => lua_type(L, idx) <= LUA_TNIL
export const lua_isboolean = (L: lua_State, idx: number) => lua_type(L, idx) === LUA_TBOOLEAN
export const lua_istable = (L: lua_State, idx: number) => lua_type(L, idx) === LUA_TTABLE
export const lua_isfunction = (L: lua_State, idx: number) => lua_type(L, idx) === LUA_TFUNCTION

export function lua_isuserdata(L: lua_State, idx: number): boolean {
  const type = lua_type(L, idx)
  return type === LUA_TUSERDATA || type === LUA_TLIGHTUSERDATA
}

/** The integer at `idx`, 0 for what is none. Beyond 2^53 it is the nearest number; lua_tointegerx is exact. */
export const lua_tointeger = (L: lua_State, idx: number) => Number(lua_tointegerx(L, idx) ?? 0)

/** The number at `idx`, 0 for what is none. */
export const lua_tonumber = (L: lua_State, idx: number) => lua_tonumberx(L, idx) ?? 0

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** lua_tolstring's bytes as UTF-8 text, wrong bytes as U+FFFD; null for what is no string or number. */
export function lua_tostring(L: lua_State, idx: number): string | null {
  const bytes = lua_tolstring(L, idx)
  return bytes === null ? null : decoder.decode(bytes)
}

const typenames = [
  'no value',
  'nil',
  'boolean',
  'userdata',
  'number',
  'string',
  'table',
  'function',
  'userdata',
  'thread',
]

/** The name of the type `t`, one of the LUA_T numbers. */
export const lua_typename = (_L: lua_State, t: number) => typenames[t + 1] ?? '?'
