// lauxlib.h: errors, and where they come from.
import { luaL_getmetafield } from './lauxlib_metatables.js'
import { LUA_LOADED_TABLE } from './lauxlib_numbers.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TLIGHTUSERDATA,
  LUA_TSTRING,
  LUA_TTABLE,
  type lua_Debug,
  lua_error,
  lua_getfield,
  lua_getinfo,
  lua_getstack,
  lua_gettop,
  lua_next,
  lua_pop,
  lua_pushnil,
  lua_pushstring,
  lua_rawequal,
  type lua_State,
  lua_settop,
  lua_tostring,
  lua_type,
  lua_typename,
} from './lua.js'

/** Pushes `file:line: ` of the function at `level`, or an empty string where that is unknown. */
export function luaL_where(L: lua_State, level: number): void {
  const ar = lua_getstack(L, level)
  if (ar !== null) {
    lua_getinfo(L, 'Sl', ar)
    if (ar.currentline > 0) {
      lua_pushstring(L, `${ar.short_src}:${ar.currentline}: `)
      return
    }
  }
  lua_pushstring(L, '')
}

/** Raises `message` with the place of the calling Lua function before it. Formatting is the caller's. */
export function luaL_error(L: lua_State, message: string): never {
  luaL_where(L, 1)
  const where = lua_tostring(L, -1) ?? ''
  lua_pop(L, 1)
  lua_pushstring(L, where + message)
  return lua_error(L)
}

/**
 * The name under which package.loaded has the function of `ar`: `"module.name"`, or `"name"` for a global; null for
 * none. Helps where a function was called by C, which gives no name.
 */
export function globalfuncname(L: lua_State, ar: lua_Debug): string | null {
  const top = lua_gettop(L)
  lua_getinfo(L, 'f', ar)
  if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) !== LUA_TTABLE) {
    lua_settop(L, top)
    return null
  }
  let name: string | null = null
  lua_pushnil(L)
  while (name === null && lua_next(L, top + 2)) {
    if (lua_type(L, -2) === LUA_TSTRING && lua_type(L, -1) === LUA_TTABLE) {
      lua_pushnil(L)
      while (name === null && lua_next(L, -2)) {
        if (lua_type(L, -2) === LUA_TSTRING && lua_rawequal(L, -1, top + 1)) {
          name = `${lua_tostring(L, top + 3)}.${lua_tostring(L, -2)}`
        }
        lua_pop(L, 1)
      }
    }
    lua_settop(L, top + 3)
  }
  lua_settop(L, top)
  return name?.replace(/^_G\./, '') ?? null
}

/** Raises `bad argument #arg to 'function' (extramsg)`. */
export function luaL_argerror(L: lua_State, arg: number, extramsg: string): never {
  const ar = lua_getstack(L, 0)
  if (ar === null) return luaL_error(L, `bad argument #${arg} (${extramsg})`)
  lua_getinfo(L, 'n', ar)
  let n = arg
  if (ar.namewhat === 'method') {
    n--
    if (n === 0) return luaL_error(L, `calling '${ar.name}' on bad self (${extramsg})`)
  }
  // Lua 5.3 says `__newindex`, 5.4 and later `newindex`.
  const name = ar.namewhat === 'metamethod' ? ar.name?.replace(/^__/, '') : ar.name
  return luaL_error(L, `bad argument #${n} to '${name ?? globalfuncname(L, ar) ?? '?'}' (${extramsg})`)
}

/** Raises luaL_argerror with `extramsg` unless `cond` holds. */
export function luaL_argcheck(L: lua_State, cond: boolean, arg: number, extramsg: string): asserts cond {
  if (!cond) luaL_argerror(L, arg, extramsg)
}

/** The type's name as messages give it: `__name` of the metatable where there is one. */
export function luaL_typename(L: lua_State, idx: number): string {
  if (luaL_getmetafield(L, idx, '__name') === LUA_TSTRING) {
    const name = lua_tostring(L, -1) as string
    lua_pop(L, 1)
    return name
  }
  if (lua_type(L, idx) === LUA_TLIGHTUSERDATA) return 'light userdata'
  return lua_typename(L, lua_type(L, idx))
}

/** Raises `bad argument #arg to 'function' (tname expected, got …)`. */
export function luaL_typeerror(L: lua_State, arg: number, tname: string): never {
  return luaL_argerror(L, arg, `${tname} expected, got ${luaL_typename(L, arg)}`)
}
