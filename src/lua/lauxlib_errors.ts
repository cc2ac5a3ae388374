// lauxlib.h: errors, and where they come from.
import { luaL_getmetafield } from './lauxlib_metatables.js'
import { LUA_LOADED_TABLE } from './lauxlib_numbers.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TLIGHTUSERDATA,
  LUA_TSTRING,
  LUA_TTABLE,
  LUA_VERSION_NUM,
  LUAL_NUMSIZES,
  lua_checkstack,
  lua_concat,
  type lua_Debug,
  lua_error,
  type lua_FormatArg,
  lua_getfield,
  lua_getinfo,
  lua_getstack,
  lua_gettop,
  lua_next,
  lua_pop,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_rawequal,
  type lua_State,
  lua_settop,
  lua_tostring,
  lua_type,
  lua_typename,
  lua_version,
} from './lua.js'
import { luaO_fstring } from './lua_format.js'

/** Pushes `file:line: ` of the function at `level`, or an empty string where that is unknown. [-0, +1, m] */
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

/**
 * Raises a message with the place of the calling Lua function before it. [-0, +0, v]
 *
 * It never returns: the exception passes to the next protected call.
 * @param fmt with arguments, the format of lua_pushfstring; without, the message itself, of which only `%%` becomes `%`
 */
export function luaL_error(L: lua_State, fmt: string, ...args: lua_FormatArg[]): never {
  luaL_where(L, 1)
  if (args.length > 0) lua_pushlstring(L, luaO_fstring(L, fmt, args))
  else lua_pushstring(L, fmt.replaceAll('%%', '%'))
  lua_concat(L, 2)
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

/** Raises `bad argument #arg to 'function' (extramsg)`. [-0, +0, v] */
export function luaL_argerror(L: lua_State, arg: number, extramsg: string): never {
  const ar = lua_getstack(L, 0)
  if (ar === null) return luaL_error(L, 'bad argument #%d (%s)', arg, extramsg)
  lua_getinfo(L, 'n', ar)
  let n = arg
  if (ar.namewhat === 'method') {
    n--
    if (n === 0) return luaL_error(L, "calling '%s' on bad self (%s)", ar.name, extramsg)
  }
  // Lua 5.3 says `__newindex`, 5.4 and later `newindex`.
  const name = ar.namewhat === 'metamethod' ? ar.name?.replace(/^__/, '') : ar.name
  return luaL_error(L, "bad argument #%d to '%s' (%s)", n, name ?? globalfuncname(L, ar) ?? '?', extramsg)
}

/** Raises luaL_argerror with `extramsg` unless `cond` holds. [-0, +0, v] */
export function luaL_argcheck(L: lua_State, cond: boolean, arg: number, extramsg: string): asserts cond {
  if (!cond) luaL_argerror(L, arg, extramsg)
}

/** The name of the type of the value at `idx`. [-0, +0, -] */
export const luaL_typename = (L: lua_State, idx: number): string => lua_typename(L, lua_type(L, idx))

/** The type's name as messages give it: `__name` of the metatable where there is one. */
function typearg(L: lua_State, idx: number): string {
  if (luaL_getmetafield(L, idx, '__name') === LUA_TSTRING) {
    const name = lua_tostring(L, -1) as string
    lua_pop(L, 1)
    return name
  }
  return lua_type(L, idx) === LUA_TLIGHTUSERDATA ? 'light userdata' : luaL_typename(L, idx)
}

/** Raises `bad argument #arg to 'function' (tname expected, got …)`. [-0, +0, v] */
export function luaL_typeerror(L: lua_State, arg: number, tname: string): never {
  return luaL_argerror(L, arg, `${tname} expected, got ${typearg(L, arg)}`)
}

/** Raises luaL_typeerror with `tname` unless `cond` holds. [-0, +0, v] */
export function luaL_argexpected(L: lua_State, cond: boolean, arg: number, tname: string): asserts cond {
  if (!cond) luaL_typeerror(L, arg, tname)
}

/**
 * Makes room for `sz` more values. [-0, +0, v]
 * @param msg what they are for, or null
 * @throws raises `stack overflow (msg)` where there is none
 */
export function luaL_checkstack(L: lua_State, sz: number, msg: string | null): void {
  if (lua_checkstack(L, sz)) return
  if (msg === null) luaL_error(L, 'stack overflow')
  else luaL_error(L, 'stack overflow (%s)', msg)
}

/**
 * Raises where a binding was made for another Lua. [-0, +0, v]
 * @param ver its LUA_VERSION_NUM
 * @param sz its LUAL_NUMSIZES
 * @throws raises `core and library have incompatible numeric types`, `version mismatch: app. needs V, Lua core
 *   provides W`
 */
export function luaL_checkversion_(L: lua_State, ver: number, sz: number): void {
  if (sz !== LUAL_NUMSIZES) luaL_error(L, 'core and library have incompatible numeric types')
  if (ver !== lua_version(L))
    luaL_error(L, 'version mismatch: app. needs %f, Lua core provides %f', ver, lua_version(L))
}

/** luaL_checkversion_ with this Lua's own numbers, which are the binding's: it raises nothing. [-0, +0, -] */
export const luaL_checkversion = (L: lua_State): void => luaL_checkversion_(L, LUA_VERSION_NUM, LUAL_NUMSIZES)

/** Throws where `c` doesn't hold; C checks it only where it is built to. [-0, +0, -] */
export function lua_assert(c: boolean): asserts c {
  if (!c) throw new Error('a lua_assert does not hold')
}
