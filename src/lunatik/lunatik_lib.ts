// The standard libraries of a runtime, and the few functions of theirs that differ from the engine's.

import {
  LUA_GNAME,
  luaL_checklstring,
  luaL_checkstring,
  luaL_error,
  luaL_requiref,
  luaL_tolstring,
} from '../lua/lauxlib.js'
import {
  type lua_CFunction,
  lua_getextraspace,
  lua_getglobal,
  lua_gettop,
  lua_pop,
  lua_pushcfunction,
  lua_pushstring,
  type lua_State,
  lua_setfield,
  lua_setglobal,
} from '../lua/lua.js'
import { hasTostring, stepTolstring } from '../lua/lua_metamethods.js'
import { type Steps, stepsOf, unyieldable } from '../lua/lua_steps.js'
import {
  LUA_COLIBNAME,
  LUA_DBLIBNAME,
  LUA_IOLIBNAME,
  LUA_LOADLIBNAME,
  LUA_MATHLIBNAME,
  LUA_STRLIBNAME,
  LUA_TABLIBNAME,
  LUA_UTF8LIBNAME,
  luaopen_base,
  luaopen_coroutine,
  luaopen_debug,
  luaopen_math,
  luaopen_package,
  luaopen_string,
  luaopen_table,
  luaopen_utf8,
} from '../lua/lualib.js'
import { LOG_TEXT_MAX, printk } from '../printk.js'
import { stringOf } from '../surrogateescape.js'
import { luaopen_io } from './liolib.js'
import { lunatik_openloaders } from './lunatik_load.js'
import { lunatik_isirq } from './lunatik_obj.js'
import { lunatik_testruntime } from './lunatik_private.js'
import { lunatik_require } from './lunatik_userdata.js'

/** Which Lunatik this is like. */
export const LUNATIK_VERSION = 'Lunatik 4.4'

/** More bytes are more characters than a record has. */
const shownMax = 4 * LOG_TEXT_MAX

/** A value's text, for a record: what is cut off there is only counted, by the byte. */
function shown(bytes: Uint8Array): string {
  if (bytes.length <= shownMax) return stringOf(bytes)
  return stringOf(bytes.subarray(0, shownMax)) + '?'.repeat(bytes.length - shownMax)
}

/** `print`: one record of the log, its arguments joined by tabs. The kernel's makes a record of each. */
const base_print = unyieldable((L: lua_State): number => {
  const n = lua_gettop(L)
  for (let i = 1; i <= n; i++) if (hasTostring(L, i)) return stepsOf(L, printed(L, n))
  const words = []
  for (let i = 1; i <= n; i++) {
    words.push(shown(luaL_tolstring(L, i)))
    lua_pop(L, 1)
  }
  printk('info', words.join('\t'))
  return 0
})

/** The same where metamethods are asked. */
function* printed(L: lua_State, n: number): Steps {
  const words = []
  for (let i = 1; i <= n; i++) {
    words.push(shown(yield* stepTolstring(L, i)))
    lua_pop(L, 1)
  }
  printk('info', words.join('\t'))
  return 0
}

/** The states whose script has switched warnings off. */
const quiet = new WeakSet<object>()

/** `warn`: one record, unless `warn("@off")` has switched warnings off. As in Lua 5.5 they are on at first. */
function base_warn(L: lua_State): number {
  const n = lua_gettop(L)
  luaL_checkstring(L, 1)
  const words = Array.from({ length: n }, (_, i) => stringOf(luaL_checklstring(L, i + 1)))
  const cell = lua_getextraspace(L)
  if (n === 1 && words[0] === '@on') quiet.delete(cell)
  else if (n === 1 && words[0] === '@off') quiet.add(cell)
  else if (!quiet.has(cell) && !(n === 1 && words[0]?.startsWith('@'))) printk('warn', `Lua warning: ${words.join('')}`)
  return 0
}

/** `debug.sethook`: the hook keeps the deadline. */
const db_sethook = (L: lua_State) => luaL_error(L, "'sethook' is not available: the hook keeps the deadline")

const libraries: readonly (readonly [string, lua_CFunction])[] = [
  [LUA_GNAME, luaopen_base],
  [LUA_LOADLIBNAME, luaopen_package],
  [LUA_COLIBNAME, luaopen_coroutine],
  [LUA_TABLIBNAME, luaopen_table],
  [LUA_STRLIBNAME, luaopen_string],
  [LUA_UTF8LIBNAME, luaopen_utf8],
  [LUA_MATHLIBNAME, luaopen_math],
  [LUA_DBLIBNAME, luaopen_debug],
]

/** Opened where the runtime may sleep. */
const processLibraries: typeof libraries = [...libraries, [LUA_IOLIBNAME, luaopen_io]]

/**
 * Opens the standard libraries present on Lunatik: no os, and io in process context alone. A runtime has them. A state
 * of luaL_newstate counts as one in process context. [-0, +0, e]
 */
export function luaL_openlibs(L: lua_State): void {
  const runtime = lunatik_testruntime(L)
  const atomic = runtime !== undefined && lunatik_isirq(runtime.opt)
  for (const [name, open] of atomic ? libraries : processLibraries) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  lua_pushcfunction(L, base_print)
  lua_setglobal(L, 'print')
  lua_pushcfunction(L, base_warn)
  lua_setglobal(L, 'warn')
  lua_getglobal(L, 'debug')
  lua_pushcfunction(L, db_sethook)
  lua_setfield(L, -2, 'sethook')
  lua_pop(L, 1)
  lunatik_openloaders(L)
}

/** Opens the standard libraries of a runtime, and what it has beside them. */
export function lunatik_openlibs(L: lua_State): number {
  luaL_openlibs(L)
  lua_pushstring(L, LUNATIK_VERSION)
  lua_setglobal(L, '_LUNATIK_VERSION')
  for (const name of ['lunatik', 'rcu']) lunatik_require(L, name)
  return 0
}
