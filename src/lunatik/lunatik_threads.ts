// Lua's threads that a runtime keeps: calls run in them, as what sleeps must leave the call stack.
import {
  LUA_REGISTRYINDEX,
  lua_gettop,
  lua_newthread,
  lua_pushnil,
  lua_rawsetp,
  type lua_State,
  lua_xmove,
} from '../lua/lua.js'
import type { runtime_t } from './lunatik_private.js'

/** Makes a thread of L's state that lives until {@link dropThread}. */
export function newThread(L: lua_State, make: (L: lua_State) => lua_State): lua_State {
  const co = make(L)
  lua_rawsetp(L, LUA_REGISTRYINDEX, co)
  return co
}

/** Lets go of a thread that {@link newThread} made. */
export function dropThread(L: lua_State, co: lua_State): void {
  lua_pushnil(L)
  lua_rawsetp(L, LUA_REGISTRYINDEX, co)
}

/** The coroutine that a runtime's script has left to be resumed: what it returned. */
export function bodyOf(runtime: runtime_t): lua_State {
  if (runtime.body === null) {
    runtime.body = newThread(runtime.L, lua_newthread)
    lua_xmove(runtime.L, runtime.body, lua_gettop(runtime.L))
  }
  return runtime.body
}
