// lua.h: what is on the stack. The notation [-n, +n, e] is explained in lua_stack.ts.
import { type lua_CFunction, type lua_State, REFUSED } from './api.js'
import { checkAcceptable, checkCount, checkRoom1, checkValues, misuse, show } from './border.js'
import { engine } from './engine.js'
import {
  LUA_TBOOLEAN,
  LUA_TFUNCTION,
  LUA_TLIGHTUSERDATA,
  LUA_TNIL,
  LUA_TNONE,
  LUA_TTABLE,
  LUA_TTHREAD,
  LUA_TUSERDATA,
} from './lua_numbers.js'

const { lua_trytointegerx, lua_trytolstring, lua_trytype } = engine

/** The type of the value at `idx`, one of the LUA_T numbers. [-0, +0, -] */
export function lua_type(L: lua_State, idx: number): number {
  if ((idx | 0) === idx) {
    const type = lua_trytype(L, idx)
    if (type !== REFUSED) return type
  }
  checkAcceptable(L, idx)
  return engine.lua_type(L, idx)
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

/** The name of the type `t`, one of the LUA_T numbers. [-0, +0, -] */
export const lua_typename = (_L: lua_State, t: number): string =>
  ((t | 0) === t ? typenames[t + 1] : undefined) ?? misuse(`${show(t)} is no type's number`)

/** Whether the value at `idx` is nil. [-0, +0, -] */
export const lua_isnil = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TNIL
/** Whether there is no value at `idx`. [-0, +0, -] */
export const lua_isnone = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TNONE
/** Whether there is no value at `idx`, or nil. [-0, +0, -] */
export const lua_isnoneornil = (L: lua_State, idx: number): boolean => lua_type(L, idx) <= LUA_TNIL
/** Whether the value at `idx` is a boolean. [-0, +0, -] */
export const lua_isboolean = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TBOOLEAN
/** Whether the value at `idx` is a table. [-0, +0, -] */
export const lua_istable = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TTABLE
/** Whether the value at `idx` is a function, Lua's or C's. [-0, +0, -] */
export const lua_isfunction = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TFUNCTION
/** Whether the value at `idx` is a coroutine. [-0, +0, -] */
export const lua_isthread = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TTHREAD
/** Whether the value at `idx` is a light userdata. [-0, +0, -] */
export const lua_islightuserdata = (L: lua_State, idx: number): boolean => lua_type(L, idx) === LUA_TLIGHTUSERDATA

/** Whether the value at `idx` is a userdata, full or light. [-0, +0, -] */
export function lua_isuserdata(L: lua_State, idx: number): boolean {
  const type = lua_type(L, idx)
  return type === LUA_TUSERDATA || type === LUA_TLIGHTUSERDATA
}

/** Whether the value at `idx` is an integer, and no string that holds one. [-0, +0, -] */
export function lua_isinteger(L: lua_State, idx: number): boolean {
  checkAcceptable(L, idx)
  return engine.lua_isinteger(L, idx)
}

/** Whether the value at `idx` is a number or a string that holds one. [-0, +0, -] */
export function lua_isnumber(L: lua_State, idx: number): boolean {
  checkAcceptable(L, idx)
  return engine.lua_isnumber(L, idx)
}

/** Whether the value at `idx` is a string or a number. [-0, +0, -] */
export function lua_isstring(L: lua_State, idx: number): boolean {
  checkAcceptable(L, idx)
  return engine.lua_isstring(L, idx)
}

/** Whether the value at `idx` is a C function. [-0, +0, -] */
export function lua_iscfunction(L: lua_State, idx: number): boolean {
  checkAcceptable(L, idx)
  return engine.lua_iscfunction(L, idx)
}

/** Whether two values are the same, without metamethods; false where there is none. [-0, +0, -] */
export function lua_rawequal(L: lua_State, idx1: number, idx2: number): boolean {
  checkAcceptable(L, idx1)
  checkAcceptable(L, idx2)
  return engine.lua_rawequal(L, idx1, idx2)
}

/** A string's or a block's bytes, a table's border, without metamethods; 0 for what is none of these. [-0, +0, -] */
export function lua_rawlen(L: lua_State, idx: number): number {
  checkAcceptable(L, idx)
  return engine.lua_rawlen(L, idx)
}

/** Whether the value at `idx` counts as true. [-0, +0, -] */
export function lua_toboolean(L: lua_State, idx: number): boolean {
  checkAcceptable(L, idx)
  return engine.lua_toboolean(L, idx)
}

/**
 * The integer at `idx`, also of a string that holds one. [-0, +0, -]
 * @returns the integer, a bigint beyond 2^53, where a number would not be exact; null for what is no integer
 */
export function lua_tointegerx(L: lua_State, idx: number): number | bigint | null {
  if ((idx | 0) === idx) {
    const integer = lua_trytointegerx(L, idx)
    if (integer !== undefined) return integer
  }
  checkAcceptable(L, idx)
  return engine.lua_tointegerx(L, idx)
}

/**
 * The integer at `idx`, 0 for what is none. [-0, +0, -]
 *
 * Beyond 2^53 it is the nearest number; lua_tointegerx is exact.
 */
export const lua_tointeger = (L: lua_State, idx: number): number => Number(lua_tointegerx(L, idx) ?? 0)

/** The number at `idx`, also of a string that holds one; null for what is none. [-0, +0, -] */
export function lua_tonumberx(L: lua_State, idx: number): number | null {
  checkAcceptable(L, idx)
  return engine.lua_tonumberx(L, idx)
}

/** The number at `idx`, 0 for what is none. [-0, +0, -] */
export const lua_tonumber = (L: lua_State, idx: number): number => lua_tonumberx(L, idx) ?? 0

/**
 * The bytes of the string at `idx`; a number there becomes a string. [-0, +0, m]
 * @returns the bytes, which are Lua's own: to be read only, and only while the string is on the stack or elsewhere in
 *   Lua. Null for what is no string or number
 */
export function lua_tolstring(L: lua_State, idx: number): Uint8Array | null {
  if ((idx | 0) === idx) {
    const bytes = lua_trytolstring(L, idx)
    if (bytes !== undefined) return bytes
  }
  checkAcceptable(L, idx)
  return engine.lua_tolstring(L, idx)
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** lua_tolstring's bytes as UTF-8 text, wrong bytes as U+FFFD; null for what is no string or number. [-0, +0, m] */
export function lua_tostring(L: lua_State, idx: number): string | null {
  const bytes = lua_tolstring(L, idx)
  return bytes === null ? null : decoder.decode(bytes)
}

/**
 * The C function at `idx`, or null. [-0, +0, -]
 *
 * Called by the C function that runs, it takes its place: it finds its arguments, and pushes its results.
 */
export function lua_tocfunction(L: lua_State, idx: number): lua_CFunction | null {
  checkAcceptable(L, idx)
  return engine.lua_tocfunction(L, idx)
}

/** A full userdata's cell (`lua_Udata`), a light userdata's value, or null. [-0, +0, -] */
export function lua_touserdata(L: lua_State, idx: number): unknown {
  checkAcceptable(L, idx)
  return engine.lua_touserdata(L, idx)
}

/** What tells the value at `idx` from others of its kind; null for what has no identity. [-0, +0, -] */
export function lua_topointer(L: lua_State, idx: number): unknown {
  checkAcceptable(L, idx)
  return engine.lua_topointer(L, idx)
}

/** The coroutine at `idx`, or null. [-0, +0, -] */
export function lua_tothread(L: lua_State, idx: number): lua_State | null {
  checkAcceptable(L, idx)
  return engine.lua_tothread(L, idx)
}

/** Joins the `n` values on the top, as `..` does; none are an empty string. [-n, +1, e] */
export function lua_concat(L: lua_State, n: number): void {
  checkCount('n', n)
  checkValues(L, n)
  if (n === 0) checkRoom1(L)
  engine.lua_concat(L, n)
}
