// lua.h: upvalues of functions, user values of userdata. The notation [-n, +n, e] is explained in lua_stack.ts.
import type { lua_State, lua_Udata } from './api.js'
import { checkInt, checkRoom1, checkValid, checkValues, misuse, show } from './border.js'
import { engine } from './engine.js'
import { LUA_TFUNCTION, LUA_TUSERDATA } from './lua_numbers.js'
import { lua_newuserdatauv } from './lua_tables.js'

/**
 * Pushes the `n`-th upvalue, from 1, of the function at `funcindex`. [-0, +(0|1), -]
 * @returns its name, `""` in a C function; null, with nothing pushed, for none
 */
export function lua_getupvalue(L: lua_State, funcindex: number, n: number): string | null {
  checkValid(L, funcindex)
  checkInt('n', n)
  checkRoom1(L)
  return engine.lua_getupvalue(L, funcindex, n)
}

/**
 * Pops a value into the `n`-th upvalue of the function at `funcindex`. [-(0|1), +0, -]
 * @returns the upvalue's name; null, with nothing popped, for none
 */
export function lua_setupvalue(L: lua_State, funcindex: number, n: number): string | null {
  checkValid(L, funcindex)
  checkInt('n', n)
  checkValues(L, 1)
  return engine.lua_setupvalue(L, funcindex, n)
}

/** What is the same for closures that share their `n`-th upvalue; null for none. [-0, +0, -] */
export function lua_upvalueid(L: lua_State, fidx: number, n: number): unknown {
  checkValid(L, fidx)
  checkInt('n', n)
  checkRoom1(L)
  if (engine.lua_type(L, fidx) !== LUA_TFUNCTION) misuse(`no function is at ${fidx}`)
  return engine.lua_upvalueid(L, fidx, n)
}

function checkLuaUpvalue(L: lua_State, fidx: number, n: number): void {
  checkValid(L, fidx)
  checkInt('n', n)
  if (engine.lua_type(L, fidx) !== LUA_TFUNCTION || engine.lua_iscfunction(L, fidx))
    misuse(`no function of Lua's is at ${fidx}`)
  if (engine.lua_upvalueid(L, fidx, n) === null) misuse(`the function at ${fidx} has no upvalue ${show(n)}`)
}

/** Has the Lua function at `fidx1` share its upvalue `n1` with the one at `fidx2`, whose `n2`-th it is. [-0, +0, -] */
export function lua_upvaluejoin(L: lua_State, fidx1: number, n1: number, fidx2: number, n2: number): void {
  checkRoom1(L)
  checkLuaUpvalue(L, fidx1, n1)
  checkLuaUpvalue(L, fidx2, n2)
  engine.lua_upvaluejoin(L, fidx1, n1, fidx2, n2)
}

function checkUserdata(L: lua_State, idx: number): void {
  checkValid(L, idx)
  if (engine.lua_type(L, idx) !== LUA_TUSERDATA) misuse(`no full userdata is at ${idx}`)
}

/**
 * Pushes the `n`-th user value, from 1, of the full userdata at `idx`, nil where it hasn't so many. [-0, +1, -]
 * @returns its type; LUA_TNONE where it hasn't so many
 */
export function lua_getiuservalue(L: lua_State, idx: number, n: number): number {
  checkUserdata(L, idx)
  checkInt('n', n)
  checkRoom1(L)
  return engine.lua_getiuservalue(L, idx, n)
}

/**
 * Pops a value, which becomes the `n`-th user value of the full userdata at `idx`. [-1, +0, -]
 * @returns whether it has so many
 */
export function lua_setiuservalue(L: lua_State, idx: number, n: number): boolean {
  checkUserdata(L, idx)
  checkInt('n', n)
  checkValues(L, 1)
  return engine.lua_setiuservalue(L, idx, n)
}

/** lua_newuserdatauv with one user value: a cell is its block, whatever C's size. [-0, +1, m] */
export const lua_newuserdata = (L: lua_State): lua_Udata => lua_newuserdatauv(L, 1)

/** lua_getiuservalue of the first user value. [-0, +1, -] */
export const lua_getuservalue = (L: lua_State, idx: number): number => lua_getiuservalue(L, idx, 1)

/** lua_setiuservalue of the first user value. [-1, +0, -] */
export const lua_setuservalue = (L: lua_State, idx: number): boolean => lua_setiuservalue(L, idx, 1)
