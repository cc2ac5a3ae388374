// Not on a kernel: `self.caller`, which tells a driver's callbacks whose call they serve.
import { readFileSync } from 'node:fs'
import {
  LUA_TNIL,
  lua_newtable,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_rawget,
  lua_rawset,
  type lua_State,
  lua_setfield,
  lua_setmetatable,
  lua_tostring,
} from '../lua/lua.js'
import { current } from '../sched.js'

/** What linux/sched.h has as `comm`: the name of a task, of 15 bytes at most; null for one that has gone. */
function comm(pid: number): Buffer | null {
  try {
    return readFileSync(`/proc/${pid}/comm`).subarray(0, -1)
  } catch {
    return null
  }
}

const numbers = new Set(['uid', 'gid', 'pid', 'flags'] as const)
const isNumber = (key: string | null): key is 'uid' | 'gid' | 'pid' | 'flags' => (numbers as Set<unknown>).has(key)

/**
 * `self.caller.uid`, `gid` and `pid` of the program whose call is served, `comm`, its name, and `flags`, those of the
 * open file; nil where the transport doesn't tell.
 */
function caller_index(L: lua_State): number {
  const key = lua_tostring(L, 2)
  if (key === 'comm' && current.pid > 0) {
    const name = comm(current.pid)
    if (name === null) lua_pushnil(L)
    else lua_pushlstring(L, name)
    return 1
  }
  const value = isNumber(key) ? current[key] : -1
  if (value < 0) lua_pushnil(L)
  else lua_pushinteger(L, value)
  return 1
}

/** Gives the driver a field `caller`, unless it has one. */
export function setCaller(L: lua_State): void {
  lua_pushstring(L, 'caller')
  if (lua_rawget(L, 1) === LUA_TNIL) {
    lua_pushstring(L, 'caller')
    lua_newtable(L)
    lua_newtable(L)
    lua_pushcfunction(L, caller_index)
    lua_setfield(L, -2, '__index')
    lua_setmetatable(L, -2)
    lua_rawset(L, 1)
  }
  lua_pop(L, 1)
}
