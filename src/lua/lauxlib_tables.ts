// lauxlib.h: modules and their functions, and what else is put into tables.
import { luaL_checkstack, luaL_checkversion, luaL_error, luaL_typename } from './lauxlib_errors.js'
import { luaL_callmeta, luaL_getmetafield } from './lauxlib_metatables.js'
import { LUA_LOADED_TABLE } from './lauxlib_numbers.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TBOOLEAN,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_absindex,
  type lua_CFunction,
  lua_call,
  lua_createtable,
  lua_getfield,
  lua_isstring,
  lua_len,
  lua_newtable,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushfstring,
  lua_pushstring,
  lua_pushvalue,
  lua_remove,
  type lua_State,
  lua_setfield,
  lua_setglobal,
  lua_toboolean,
  lua_tointegerx,
  lua_tolstring,
  lua_topointer,
  lua_tostring,
  lua_type,
} from './lua.js'
import { type FastKind, lua_pushfast } from './lua_windows.js'

/**
 * A function with its name; a null function makes a placeholder. C's `{NULL, NULL}` may end an array of them, and isn't
 * needed.
 */
export type luaL_Reg =
  | {
      readonly name: string
      readonly func: lua_CFunction | null
      /** Not in C: what the engine may do in the function's place. */
      readonly fast?: FastKind
    }
  | { readonly name: null; readonly func: null }

/**
 * Pushes the value at `idx` as a string, as `tostring` shows it, and returns its bytes. [-0, +1, e]
 * @throws raises `'__tostring' must return a string`
 */
export function luaL_tolstring(L: lua_State, idx: number): Uint8Array {
  const index = lua_absindex(L, idx)
  if (luaL_callmeta(L, index, '__tostring')) {
    if (!lua_isstring(L, -1)) luaL_error(L, "'__tostring' must return a string")
  } else {
    switch (lua_type(L, index)) {
      case LUA_TNUMBER:
      case LUA_TSTRING:
        lua_pushvalue(L, index)
        break
      case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? 'true' : 'false')
        break
      case LUA_TNIL:
        lua_pushstring(L, 'nil')
        break
      default:
        pushPlace(L, index)
    }
  }
  return lua_tolstring(L, -1) as Uint8Array
}

/** Pushes a value's kind and its place. */
function pushPlace(L: lua_State, index: number): void {
  const type = luaL_getmetafield(L, index, '__name')
  const kind = type === LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, index)
  lua_pushfstring(L, '%s: %p', kind, lua_topointer(L, index))
  if (type !== LUA_TNIL) lua_remove(L, -2)
}

/** The length of the value at `idx`, as `#` gives it. Raises `object length is not an integer`. [-0, +0, e] */
export function luaL_len(L: lua_State, idx: number): number {
  lua_len(L, idx)
  const l = lua_tointegerx(L, -1) ?? luaL_error(L, 'object length is not an integer')
  lua_pop(L, 1)
  return Number(l)
}

/** Puts each function of `l` into the table below its `nup` shared upvalues, which are popped. [-nup, +0, m] */
export function luaL_setfuncs(L: lua_State, l: readonly luaL_Reg[], nup: number): void {
  luaL_checkstack(L, nup, 'too many upvalues')
  for (const reg of l) {
    const { name, func } = reg
    if (name === null) break
    if (func === null) lua_pushboolean(L, false)
    else if (reg.fast !== undefined && nup === 0) lua_pushfast(L, func, reg.fast)
    else {
      for (let i = 0; i < nup; i++) lua_pushvalue(L, -nup)
      lua_pushcclosure(L, func, nup)
    }
    lua_setfield(L, -(nup + 2), name)
  }
  lua_pop(L, nup)
}

/** Pushes a new table with room for the functions of `l`. [-0, +1, m] */
export const luaL_newlibtable = (L: lua_State, l: readonly luaL_Reg[]): void => lua_createtable(L, 0, l.length)

/** Pushes a new table with the functions of `l`. [-0, +1, m] */
export function luaL_newlib(L: lua_State, l: readonly luaL_Reg[]): void {
  luaL_checkversion(L)
  luaL_newlibtable(L, l)
  luaL_setfuncs(L, l, 0)
}

/** Pushes t[fname], t at `idx`, a new table if there was none. Returns whether there was one. [-0, +1, e] */
export function luaL_getsubtable(L: lua_State, idx: number, fname: string): boolean {
  if (lua_getfield(L, idx, fname) === LUA_TTABLE) return true
  lua_pop(L, 1)
  const t = lua_absindex(L, idx)
  lua_newtable(L)
  lua_pushvalue(L, -1)
  lua_setfield(L, t, fname)
  return false
}

/**
 * Opens a module unless package.loaded has it, by calling `openf` with its name, and pushes it. [-0, +1, e]
 * @param glb whether it becomes a global as well
 */
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
