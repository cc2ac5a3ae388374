// lauxlib.h: modules and their functions, and what else is put into tables.
import { luaL_error } from './lauxlib_errors.js'
import { LUA_LOADED_TABLE } from './lauxlib_numbers.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TTABLE,
  lua_absindex,
  type lua_CFunction,
  lua_call,
  lua_createtable,
  lua_getfield,
  lua_newtable,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushstring,
  lua_pushvalue,
  lua_remove,
  type lua_State,
  lua_setfield,
  lua_setglobal,
  lua_toboolean,
  lua_tolstring,
} from './lua.js'

/** A function with its name; C's terminating `{NULL, NULL}` isn't needed. A null function makes a placeholder. */
export interface luaL_Reg {
  readonly name: string
  readonly func: lua_CFunction | null
}

/** Pushes the value at `idx` as tostring() shows it and returns its bytes. */
export function luaL_tolstring(L: lua_State, idx: number): Uint8Array {
  const index = lua_absindex(L, idx)
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, -1, '_G')
  lua_getfield(L, -1, 'tostring')
  lua_remove(L, -2)
  lua_remove(L, -2)
  lua_pushvalue(L, index)
  lua_call(L, 1, 1)
  return lua_tolstring(L, -1) ?? luaL_error(L, "'tostring' must return a string")
}

/** Puts each function of `l` into the table below its `nup` shared upvalues, which are popped. */
export function luaL_setfuncs(L: lua_State, l: readonly luaL_Reg[], nup: number): void {
  for (const { name, func } of l) {
    if (func === null) lua_pushboolean(L, false)
    else {
      for (let i = 0; i < nup; i++) lua_pushvalue(L, -nup)
      lua_pushcclosure(L, func, nup)
    }
    lua_setfield(L, -(nup + 2), name)
  }
  lua_pop(L, nup)
}

export function luaL_newlib(L: lua_State, l: readonly luaL_Reg[]): void {
  lua_createtable(L, 0, l.length)
  luaL_setfuncs(L, l, 0)
}

/** Pushes t[fname], t at `idx`, a new table if there was none. Returns whether there was one. */
export function luaL_getsubtable(L: lua_State, idx: number, fname: string): boolean {
  if (lua_getfield(L, idx, fname) === LUA_TTABLE) return true
  lua_pop(L, 1)
  const t = lua_absindex(L, idx)
  lua_newtable(L)
  lua_pushvalue(L, -1)
  lua_setfield(L, t, fname)
  return false
}

/** Opens a module unless package.loaded has it, pushes it, and sets the global where `glb` says so. */
export function luaL_requiref(L: lua_State, modname: string, openf: lua_CFunction, glb: boolean): void {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, -1, modname)
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1)
    lua_pushcfunction(L, openf)
    lua_pushstring(L, modname)
    lua_call(L, 1, 1)
    lua_pushvalue(L, -1)
    lua_setfield(L, -3, modname)
  }
  lua_remove(L, -2)
  if (glb) {
    lua_pushvalue(L, -1)
    lua_setglobal(L, modname)
  }
}
