// lua.h: tables, metatables, userdata. The notation [-n, +n, e] is explained in lua_stack.ts.
import { type lua_CFunction, type lua_State, type lua_Udata, REFUSED } from './api.js'
import { checkAcceptable, checkCount, checkInteger, checkName, checkRoom1, checkValid, checkValues } from './border.js'
import { engine } from './engine.js'
import { LUA_RIDX_GLOBALS } from './lua_numbers.js'
import { lua_pushcfunction } from './lua_stack.js'

const { lua_trygetglobal } = engine

/** The most slots that a table is made with: more than these no runtime has memory for. */
const slotsMax = 1 << 27
const userValuesMax = 0xfffe

/** Pushes a new table with room for `narr` elements and `nrec` other entries. [-0, +1, m] */
export function lua_createtable(L: lua_State, narr: number, nrec: number): void {
  checkCount('narr', narr, slotsMax)
  checkCount('nrec', nrec, slotsMax)
  checkRoom1(L)
  engine.lua_createtable(L, narr, nrec)
}

/** Pushes a new table. [-0, +1, m] */
export const lua_newtable = (L: lua_State): void => lua_createtable(L, 0, 0)

/**
 * Pushes a new full userdata with `nuvalue` user values. [-0, +1, m]
 * @returns its block, where C has bytes: a cell, whose `value` is undefined at first
 */
export function lua_newuserdatauv(L: lua_State, nuvalue: number): lua_Udata {
  checkCount('nuvalue', nuvalue, userValuesMax)
  checkRoom1(L)
  return engine.lua_newuserdatauv(L, nuvalue)
}

/** Pushes the global `name` and returns its type. [-0, +1, e] */
export function lua_getglobal(L: lua_State, name: string): number {
  if (typeof name === 'string') {
    const type = lua_trygetglobal(L, name)
    if (type !== REFUSED) return type
  }
  checkName(name)
  checkRoom1(L)
  return engine.lua_getglobal(L, name)
}

/** Makes a C function the global `name`. [-0, +0, e] */
export function lua_register(L: lua_State, name: string, f: lua_CFunction): void {
  lua_pushcfunction(L, f)
  lua_setglobal(L, name)
}

/** Pops a value into the global `name`. [-1, +0, e] */
export function lua_setglobal(L: lua_State, name: string): void {
  checkName(name)
  checkValues(L, 1)
  engine.lua_setglobal(L, name)
}

/** Pushes the table of globals. [-0, +1, -] */
export function lua_pushglobaltable(L: lua_State): void {
  lua_rawgeti(L, engine.LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS)
}

/** Pops a key, pushes t[key], t at `idx`, and returns its type. [-1, +1, e] */
export function lua_gettable(L: lua_State, idx: number): number {
  checkAcceptable(L, idx)
  checkValues(L, 1)
  return engine.lua_gettable(L, idx)
}

/** Pops a value and, below it, a key: t[key] = value, t at `idx`. [-2, +0, e] */
export function lua_settable(L: lua_State, idx: number): void {
  checkAcceptable(L, idx)
  checkValues(L, 2)
  engine.lua_settable(L, idx)
}

/** Pushes t[k], t at `idx`, and returns its type. [-0, +1, e] */
export function lua_getfield(L: lua_State, idx: number, k: string): number {
  checkAcceptable(L, idx)
  checkName(k)
  checkRoom1(L)
  return engine.lua_getfield(L, idx, k)
}

/** Pops a value: t[k] = value, t at `idx`. [-1, +0, e] */
export function lua_setfield(L: lua_State, idx: number, k: string): void {
  checkAcceptable(L, idx)
  checkName(k)
  checkValues(L, 1)
  engine.lua_setfield(L, idx, k)
}

/** Pushes t[n], t at `idx`, and returns its type. With fengari it raises for a key beyond 2^53. [-0, +1, e] */
export function lua_geti(L: lua_State, idx: number, n: number | bigint): number {
  checkValid(L, idx)
  checkInteger(n)
  checkRoom1(L)
  return engine.lua_geti(L, idx, n)
}

/** Pops a value: t[n] = value, t at `idx`. With fengari it raises for a key beyond 2^53. [-1, +0, e] */
export function lua_seti(L: lua_State, idx: number, n: number | bigint): void {
  checkValid(L, idx)
  checkInteger(n)
  checkValues(L, 1)
  engine.lua_seti(L, idx, n)
}

/** As lua_gettable, without metamethods; raises `not a table`. [-1, +1, -] */
export function lua_rawget(L: lua_State, idx: number): number {
  checkValid(L, idx)
  checkValues(L, 1)
  return engine.lua_rawget(L, idx)
}

/** As lua_settable, without metamethods; raises `not a table`. [-2, +0, m] */
export function lua_rawset(L: lua_State, idx: number): void {
  checkValid(L, idx)
  checkValues(L, 2)
  engine.lua_rawset(L, idx)
}

/** Pushes t[n], t at `idx`, without metamethods, and returns its type; raises `not a table`. [-0, +1, -] */
export function lua_rawgeti(L: lua_State, idx: number, n: number): number {
  checkValid(L, idx)
  checkInteger(n)
  checkRoom1(L)
  return engine.lua_rawgeti(L, idx, n)
}

/** Pops a value: t[n] = value, t at `idx`, without metamethods; raises `not a table`. [-1, +0, m] */
export function lua_rawseti(L: lua_State, idx: number, n: number): void {
  checkValid(L, idx)
  checkInteger(n)
  checkValues(L, 1)
  engine.lua_rawseti(L, idx, n)
}

/** Pushes t[p], t at `idx` and p as a light userdata, without metamethods, and returns its type. [-0, +1, -] */
export function lua_rawgetp(L: lua_State, idx: number, p: unknown): number {
  checkValid(L, idx)
  checkRoom1(L)
  return engine.lua_rawgetp(L, idx, p)
}

/** Pops a value: t[p] = value, t at `idx` and p as a light userdata, without metamethods. [-1, +0, m] */
export function lua_rawsetp(L: lua_State, idx: number, p: unknown): void {
  checkValid(L, idx)
  checkValues(L, 1)
  engine.lua_rawsetp(L, idx, p)
}

/**
 * Pushes the metatable of the value at `idx`. Returns false, and pushes nothing, where there is none. [-0, +(0|1), -]
 */
export function lua_getmetatable(L: lua_State, idx: number): boolean {
  checkAcceptable(L, idx)
  checkRoom1(L)
  return engine.lua_getmetatable(L, idx)
}

/** Pops a table, or nil, which becomes the metatable of the value at `idx`. [-1, +0, -] */
export function lua_setmetatable(L: lua_State, idx: number): void {
  checkValues(L, 1)
  checkValid(L, idx)
  engine.lua_setmetatable(L, idx)
}

/**
 * Pops a key and pushes the next key and its value of the table at `idx`; nil begins. Returns false, and pushes
 * nothing, at the end. [-1, +(2|0), e]
 */
export function lua_next(L: lua_State, idx: number): boolean {
  checkValid(L, idx)
  checkValues(L, 1)
  checkRoom1(L)
  return engine.lua_next(L, idx)
}
