// lualib.h: the standard libraries that Lunatik has, as the kernel has them. os is not among them; io is Lunatik's own,
// which keeps off mounts of lunatik.
import type { lua_CFunction } from './api.js'
import { engine } from './engine.js'
import { lua_tointegerx } from './lua.js'
import { lua_ticklong, tickAfter } from './lua_ticks.js'
import { overrideUnlessPlain } from './override.js'

/** The name of the coroutine library. */
export const LUA_COLIBNAME = 'coroutine'
/** The name of the library of tables. */
export const LUA_TABLIBNAME = 'table'
/** The name of the library of files. */
export const LUA_IOLIBNAME = 'io'
/** The name of the library of strings. */
export const LUA_STRLIBNAME = 'string'
/** The name of the UTF-8 library. */
export const LUA_UTF8LIBNAME = 'utf8'
/** The name of the library of numbers. */
export const LUA_MATHLIBNAME = 'math'
/** The name of the debug library. */
export const LUA_DBLIBNAME = 'debug'
/** The name of the library of modules. */
export const LUA_LOADLIBNAME = 'package'

/** Opens the library of modules; a runtime's loads Lua and modules of this package. [-0, +1, e] */
export const luaopen_package: lua_CFunction = engine.luaopen_package
/** `utf8.offset`, which looks at the clock where it has gone far. */
const tickAfterFar =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    const n = Math.abs(Number(lua_tointegerx(L, 2) ?? 0))
    const results = original(L)
    lua_ticklong(L, n)
    return results
  }

/** Opens the UTF-8 library. [-0, +1, e] */
export const luaopen_utf8: lua_CFunction = (L) => {
  const results = engine.luaopen_utf8(L)
  overrideUnlessPlain(L, 'len', tickAfter, 'short')
  overrideUnlessPlain(L, 'offset', tickAfterFar, 'short')
  return results
}

export { luaopen_base } from './lbaselib.js'
export { luaopen_coroutine } from './lcorolib.js'
export { luaopen_debug } from './ldblib.js'
export { luaopen_math } from './lmathlib.js'
export { luaopen_string } from './lstrlib.js'
export { luaopen_table } from './ltablib.js'
