// Upvalues and user values of the engine wasm. It keeps some of its own among them: the first upvalue of a C function
// says which function of JavaScript it is, and the last user value gives a block's number back.
import type { lua_State } from './api.js'
import { callSlot } from './wasm-calls.js'
import { lua, text } from './wasm-load.js'
import { ptrOf } from './wasm-state.js'
import { isOwnUservalue } from './wasm-values.js'

const LUA_TNONE = -1

/** C's number of an upvalue. What has none at `n` has none at C's either. */
const upvalue = (ptr: number, funcindex: number, n: number) =>
  n > 0 && lua.lua_tocfunction(ptr, funcindex) === callSlot ? n + 1 : n

export function lua_getupvalue(L: lua_State, funcindex: number, n: number): string | null {
  const ptr = ptrOf(L)
  return text(lua.lua_getupvalue(ptr, funcindex, upvalue(ptr, funcindex, n)))
}

export function lua_setupvalue(L: lua_State, funcindex: number, n: number): string | null {
  const ptr = ptrOf(L)
  return text(lua.lua_setupvalue(ptr, funcindex, upvalue(ptr, funcindex, n)))
}

export function lua_upvalueid(L: lua_State, funcindex: number, n: number): unknown {
  const ptr = ptrOf(L)
  return lua.lua_upvalueid(ptr, funcindex, upvalue(ptr, funcindex, n)) || null
}

export function lua_upvaluejoin(L: lua_State, fidx1: number, n1: number, fidx2: number, n2: number): void {
  lua.lua_upvaluejoin(ptrOf(L), fidx1, n1, fidx2, n2)
}

export function lua_getiuservalue(L: lua_State, idx: number, n: number): number {
  const ptr = ptrOf(L)
  const type = lua.lua_getiuservalue(ptr, idx, n)
  if (!isOwnUservalue(ptr, -1)) return type
  lua.lua_settop(ptr, -2)
  lua.lua_pushnil(ptr)
  return LUA_TNONE
}

export function lua_setiuservalue(L: lua_State, idx: number, n: number): boolean {
  const ptr = ptrOf(L)
  const u = lua.lua_absindex(ptr, idx)
  // What is there now takes a slot of the stack, which any C function has beyond what it may use.
  lua.lua_getiuservalue(ptr, u, n)
  const own = isOwnUservalue(ptr, -1)
  lua.lua_settop(ptr, -2)
  if (!own) return lua.lua_setiuservalue(ptr, u, n) !== 0
  lua.lua_settop(ptr, -2)
  return false
}
