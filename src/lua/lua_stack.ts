// lua.h: the stack, and what is pushed onto it. Each function's [-n, +n, e] is as in Lua's manual: how many values it
// takes from the stack, how many it pushes, and whether it may raise an error (-: never; m: of memory; e: of any kind).
//
// An argument that is wrong in C as well is an error here, as border.ts says.
import type { lua_CFunction, lua_State } from './api.js'
import {
  checkAcceptable,
  checkCount,
  checkFunction,
  checkInt,
  checkInteger,
  checkOnStack,
  checkRoom,
  checkRoom1,
  checkValid,
  checkValues,
  misuse,
  show,
  upvaluesMax,
} from './border.js'
import { engine } from './engine.js'

const { LUA_REGISTRYINDEX, lua_trypushinteger, lua_trysettop } = engine

/** The pseudo-index of the running C function's `i`-th upvalue, from 1. [-0, +0, -] */
export function lua_upvalueindex(i: number): number {
  if ((i | 0) !== i || i < 0 || i > upvaluesMax + 1) misuse(`${show(i)} is no number of an upvalue`)
  return i === 0 ? LUA_REGISTRYINDEX : engine.lua_upvalueindex(i)
}

/** The index of the same value that doesn't depend on the top. [-0, +0, -] */
export function lua_absindex(L: lua_State, idx: number): number {
  checkAcceptable(L, idx)
  return engine.lua_absindex(L, idx)
}

/** How many values are on the stack, which is the index of the top. [-0, +0, -] */
export const lua_gettop: (L: lua_State) => number = engine.lua_gettop

/** Makes `idx` the top: drops values, or fills up with nils. 0 empties the stack. [-?, +?, e] */
export function lua_settop(L: lua_State, idx: number): void {
  if ((idx | 0) === idx && lua_trysettop(L, idx)) return
  const n = engine.lua_gettop(L)
  if ((idx | 0) !== idx || idx < -n - 1) misuse(`${show(idx)} is no top: ${n} on the stack`)
  if (idx > n) checkRoom(L, idx - n)
  engine.lua_settop(L, idx)
}

/** Pops `n` values. [-n, +0, e] */
export function lua_pop(L: lua_State, n: number): void {
  if ((n | 0) === n && n >= 0 && lua_trysettop(L, -n - 1)) return
  checkCount('n', n)
  checkValues(L, n)
  engine.lua_settop(L, -n - 1)
}

/** Pushes a copy of the value at `idx`. [-0, +1, -] */
export function lua_pushvalue(L: lua_State, idx: number): void {
  checkAcceptable(L, idx)
  checkRoom1(L)
  engine.lua_pushvalue(L, idx)
}

/** Rotates the values from `idx` to the top by `n` positions towards the top. [-0, +0, -] */
export function lua_rotate(L: lua_State, idx: number, n: number): void {
  checkOnStack(L, idx)
  checkInt('n', n)
  const top = engine.lua_gettop(L)
  if (Math.abs(n) > top - (idx > 0 ? idx : top + 1 + idx) + 1)
    misuse(`n is ${n}: fewer values are there from ${idx} on`)
  engine.lua_rotate(L, idx, n)
}

/** Moves the top value to `idx`, and what is above up. [-1, +1, -] */
export function lua_insert(L: lua_State, idx: number): void {
  checkOnStack(L, idx)
  engine.lua_rotate(L, idx, 1)
}

/** Takes the value at `idx` out of the stack. [-1, +0, -] */
export function lua_remove(L: lua_State, idx: number): void {
  checkOnStack(L, idx)
  engine.lua_rotate(L, idx, -1)
  engine.lua_settop(L, -2)
}

/** Pops a value to `idx`, in the place of what is there. [-1, +0, -] */
export function lua_replace(L: lua_State, idx: number): void {
  checkValues(L, 1)
  checkValid(L, idx)
  engine.lua_copy(L, -1, idx)
  engine.lua_settop(L, -2)
}

/** Copies the value at `fromidx` to `toidx`, in the place of what is there. [-0, +0, -] */
export function lua_copy(L: lua_State, fromidx: number, toidx: number): void {
  checkAcceptable(L, fromidx)
  checkValid(L, toidx)
  engine.lua_copy(L, fromidx, toidx)
}

/** Makes room for `n` more values. Returns false where there is none. [-0, +0, -] */
export function lua_checkstack(L: lua_State, n: number): boolean {
  if ((n | 0) !== n || n < 0) checkCount('n', n)
  engine.lua_gettop(L)
  return engine.lua_checkstack(L, n)
}

/** Pops `n` values from one thread and pushes them onto another of the same state. [-?, +?, -] */
export function lua_xmove(from: lua_State, to: lua_State, n: number): void {
  checkCount('n', n)
  checkValues(from, n)
  if (from === to) return
  if (engine.lua_getextraspace(from) !== engine.lua_getextraspace(to)) misuse('two states share no values')
  checkRoom(to, n)
  engine.lua_xmove(from, to, n)
}

/** Pushes a nil. [-0, +1, -] */
export function lua_pushnil(L: lua_State): void {
  checkRoom1(L)
  engine.lua_pushnil(L)
}

/** Pushes true or false. [-0, +1, -] */
export function lua_pushboolean(L: lua_State, b: boolean): void {
  checkRoom1(L)
  engine.lua_pushboolean(L, b)
}

/**
 * Pushes an integer of 64 bits. [-0, +1, -]
 * @throws an Error for what is none (1.5, NaN, 2 ** 64); raises `integer overflow` for what the engine can't hold
 *   exactly
 *   (fengari: beyond 2^53)
 */
export function lua_pushinteger(L: lua_State, n: number | bigint): void {
  if (typeof n === 'number' && (n | 0) === n && lua_trypushinteger(L, n)) return
  checkRoom1(L)
  checkInteger(n)
  engine.lua_pushinteger(L, n)
}

/**
 * Pushes a number. The kernel's Lua has integers only: with wasm a fraction is cut off. [-0, +1, -]
 * @throws an Error for what is no number within 64 bits
 */
export function lua_pushnumber(L: lua_State, n: number): void {
  checkRoom1(L)
  checkInteger(typeof n === 'number' ? Math.trunc(n) : n)
  if (typeof n === 'bigint') engine.lua_pushinteger(L, n)
  else engine.lua_pushnumber(L, n)
}

/**
 * Pushes a string that is a copy of the bytes. [-0, +1, m]
 * @param s bytes, or text, which becomes UTF-8
 * @param len how many of the bytes; by default all
 */
export function lua_pushlstring(L: lua_State, s: Uint8Array | ArrayBufferLike | string, len?: number): void {
  checkRoom1(L)
  let bytes = s instanceof Uint8Array ? s : bytesOf(s)
  if (len !== undefined) {
    checkCount('len', len, bytes.length)
    bytes = bytes.subarray(0, len)
  }
  if (bytes.length === 0) checkAttached(bytes)
  engine.lua_pushlstring(L, bytes)
}

/** Bytes that were given to another thread have become none: that is a mistake, and no empty string. */
function checkAttached({ buffer }: Uint8Array): void {
  try {
    new Uint8Array(buffer, 0, 0)
  } catch {
    misuse('its bytes are gone: the ArrayBuffer is detached')
  }
}

/** What else may be taken for bytes. */
export function bytesOf(s: unknown): Uint8Array {
  if (s instanceof Uint8Array) return s
  if (typeof s === 'string') return Buffer.from(s)
  if (s instanceof ArrayBuffer || s instanceof SharedArrayBuffer) return new Uint8Array(s)
  if (ArrayBuffer.isView(s)) return new Uint8Array(s.buffer, s.byteOffset, s.byteLength)
  return misuse(`${show(s)} has no bytes`)
}

/** Pushes text as UTF-8; null, C's NULL, as nil. [-0, +1, m] */
export function lua_pushstring(L: lua_State, s: string | null): void {
  checkRoom1(L)
  if (typeof s === 'string') engine.lua_pushstring(L, s)
  else if (s === null) engine.lua_pushnil(L)
  else misuse(`${show(s)} is no string`)
}

/** lua_pushstring of a literal. [-0, +1, m] */
export const lua_pushliteral = (L: lua_State, s: string): void => lua_pushstring(L, s)

/** Pushes a C function with `n` upvalues, which are popped. [-n, +1, m] */
export function lua_pushcclosure(L: lua_State, fn: lua_CFunction, n: number): void {
  checkFunction(fn)
  checkCount('n', n, upvaluesMax)
  if (n === 0) checkRoom1(L)
  else checkValues(L, n)
  engine.lua_pushcclosure(L, fn, n)
}

/** Pushes a C function. [-0, +1, -] */
export const lua_pushcfunction = (L: lua_State, fn: lua_CFunction): void => lua_pushcclosure(L, fn, 0)

/** Pushes a light userdata: any JavaScript value serves as a pointer, and is equal only to itself. [-0, +1, -] */
export function lua_pushlightuserdata(L: lua_State, p: unknown): void {
  checkRoom1(L)
  engine.lua_pushlightuserdata(L, p)
}

/** Pushes the thread L. Returns whether it is the main thread of its state. [-0, +1, -] */
export function lua_pushthread(L: lua_State): boolean {
  checkRoom1(L)
  return engine.lua_pushthread(L)
}
