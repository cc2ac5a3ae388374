// ldblib.c, the kernel's: no `debug.debug`, which reads a terminal. The upvalues of C functions are not shown: they are
// what the engine finds its functions by.
import { engine } from './engine.js'
import { LUA_LOADED_TABLE, luaL_optinteger, luaL_traceback } from './lauxlib.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  type lua_CFunction,
  lua_call,
  lua_getfield,
  lua_getinfo,
  lua_getstack,
  lua_gettop,
  lua_iscfunction,
  lua_isnil,
  lua_isnoneornil,
  lua_pop,
  lua_pushinteger,
  lua_pushnil,
  lua_pushvalue,
  type lua_State,
  lua_setfield,
  lua_settop,
  lua_tointeger,
  lua_tostring,
  lua_tothread,
  lua_type,
} from './lua.js'
import { override, withhold } from './override.js'

/** `debug.getupvalue` and `setupvalue`: C functions have none. */
const hideOfC =
  (original: lua_CFunction): lua_CFunction =>
  (L) =>
    lua_iscfunction(L, 1) ? 0 : original(L)

/** `debug.setlocal`: what a C function has on its stack is its own, which it may take for what it has put there. */
const db_setlocal =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    const L1 = lua_tothread(L, 1)
    const ar = lua_getstack(L1 ?? L, lua_tointeger(L, L1 === null ? 1 : 2))
    if (ar !== null) lua_getinfo(L1 ?? L, 'S', ar)
    if (ar?.what !== 'C') return original(L)
    lua_pushnil(L)
    return 1
  }

/** `debug.traceback`, in Lua 5.5's words. */
function db_traceback(L: lua_State): number {
  const L1 = lua_tothread(L, 1)
  const arg = L1 === null ? 0 : 1
  const type = lua_type(L, arg + 1)
  // Another message is returned as it is.
  if (type > LUA_TNIL && type !== LUA_TSTRING && type !== LUA_TNUMBER) {
    lua_pushvalue(L, arg + 1)
    return 1
  }
  const text = lua_isnoneornil(L, arg + 1) ? null : lua_tostring(L, arg + 1)
  // As a message handler it is given a nil on the kernel, which gets its name only afterwards.
  const message = text === '<no error object>' ? null : text
  const level = Number(luaL_optinteger(L, arg + 2, L1 === null || L1 === L ? 1 : 0))
  luaL_traceback(L, L1 ?? L, message, level)
  return 1
}

/**
 * How many arguments the function at `level` has beyond its parameters: debug.getlocal counts them down from -1. Only a
 * vararg function keeps any.
 */
function extraargs(L: lua_State, level: number): number {
  const top = lua_gettop(L)
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, -1, 'debug')
  lua_getfield(L, -1, 'getlocal')
  let n = 0
  for (;;) {
    lua_pushvalue(L, top + 3)
    // Called from here, getlocal is a level of its own.
    lua_pushinteger(L, level + 1)
    lua_pushinteger(L, -n - 1)
    lua_call(L, 2, 1)
    if (lua_isnil(L, -1)) break
    lua_pop(L, 1)
    n++
  }
  lua_settop(L, top)
  return n
}

/** `debug.getinfo`, with Lua 5.5's `extraargs`; 0 for what is given by itself or runs in another coroutine. */
const db_getinfo =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    const arg = lua_tothread(L, 1) === null ? 0 : 1
    const level = arg === 0 && lua_type(L, 1) === LUA_TNUMBER ? lua_tointeger(L, 1) : null
    const asked = lua_isnoneornil(L, arg + 2) || (lua_tostring(L, arg + 2) ?? '').includes('t')
    const results = original(L)
    if (!asked || lua_type(L, -1) !== LUA_TTABLE) return results
    lua_pushinteger(L, level !== null && level > 0 ? extraargs(L, level) : 0)
    lua_setfield(L, -2, 'extraargs')
    return results
  }

/** Opens the debug library, and pushes its table. [-0, +1, e] */
export function luaopen_debug(L: lua_State): number {
  const results = engine.luaopen_debug(L)
  override(L, 'debug', 'getupvalue', hideOfC)
  override(L, 'debug', 'setupvalue', hideOfC)
  override(L, 'debug', 'setlocal', db_setlocal)
  override(L, 'debug', 'traceback', () => db_traceback)
  override(L, 'debug', 'getinfo', db_getinfo)
  withhold(L, ['debug', 'setcstacklimit'])
  return results
}
