// Not on a kernel: `self.caller`, which tells a driver's callbacks whose call they serve.
import {
  LUA_TNIL,
  lua_newtable,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
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

/** `self.caller.uid`, `gid` and `pid` of the program whose call is served; nil where the transport doesn't tell. */
function caller_index(L: lua_State): number {
  const key = lua_tostring(L, 2)
  const value = key === 'uid' || key === 'gid' || key === 'pid' ? current[key] : -1
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
