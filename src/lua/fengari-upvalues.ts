// Upvalues and user values of fengari, which has one user value for each userdata where Lua 5.4 has any number.
import type { lua_State, lua_Udata } from './api.js'
import { LUA_TNIL, lua, native, type TValue, text } from './fengari-load.js'

const LUA_TNONE = -1

/** A userdata's user values, by its block. */
const uservalues = new WeakMap<object, TValue[]>()

export function lua_newuserdatauv(L: lua_State, nuvalue: number): lua_Udata {
  const block = lua.lua_newuserdata(native(L), 0)
  block.value = undefined
  if (nuvalue > 0) {
    uservalues.set(
      block,
      Array.from({ length: nuvalue }, () => ({ type: LUA_TNIL, value: null })),
    )
  }
  return block as lua_Udata
}

/** The `n`-th user value of the userdata at `idx`; undefined for none. */
const uservalue = (L: lua_State, idx: number, n: number): TValue | undefined =>
  uservalues.get(lua.lua_touserdata(native(L), idx) as object)?.[n - 1]

export function lua_getiuservalue(L: lua_State, idx: number, n: number): number {
  const state = native(L)
  const found = uservalue(L, idx, n)
  // The first is fengari's own, which Lua's debug.getuservalue shows.
  if (found !== undefined && n === 1) return lua.lua_getuservalue(state, idx)
  lua.lua_pushnil(state)
  if (found === undefined) return LUA_TNONE
  Object.assign(state.stack[state.top - 1] as TValue, found)
  return lua.lua_type(state, -1)
}

export function lua_setiuservalue(L: lua_State, idx: number, n: number): boolean {
  const state = native(L)
  const found = uservalue(L, idx, n)
  if (found !== undefined && n === 1) {
    lua.lua_setuservalue(state, idx)
    return true
  }
  if (found !== undefined) {
    const { type, value } = state.stack[state.top - 1] as TValue
    found.type = type
    found.value = value
  }
  lua.lua_settop(state, -2)
  return found !== undefined
}

export const lua_getupvalue = (L: lua_State, funcindex: number, n: number): string | null =>
  named(text(lua.lua_getupvalue(native(L), funcindex, n)))

export const lua_setupvalue = (L: lua_State, funcindex: number, n: number): string | null =>
  named(text(lua.lua_setupvalue(native(L), funcindex, n)))

/** Lua 5.3 has another word for the name that was stripped. */
const named = (name: string | null) => (name === '(*no name)' ? '(no name)' : name)

export function lua_upvalueid(L: lua_State, funcindex: number, n: number): unknown {
  const state = native(L)
  // It checks nothing.
  if (lua.lua_getupvalue(state, funcindex, n) === null) return null
  lua.lua_settop(state, -2)
  return lua.lua_upvalueid(state, funcindex, n)
}

export function lua_upvaluejoin(L: lua_State, fidx1: number, n1: number, fidx2: number, n2: number): void {
  lua.lua_upvaluejoin(native(L), fidx1, n1, fidx2, n2)
}
