// lunatik_val.h: values that runtimes may hand to each other: nil, booleans, integers and objects.
import { lua_pushint64 } from '../lua/integers.js'
import { luaL_argerror } from '../lua/lauxlib.js'
import {
  LUA_TBOOLEAN,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TUSERDATA,
  type lua_Integer,
  lua_pushboolean,
  lua_pushnil,
  type lua_State,
  lua_toboolean,
  lua_tointegerx,
  lua_tonumber,
  lua_type,
} from '../lua/lua.js'
import { lunatik_issingle, type lunatik_object_t, lunatik_putobject } from './lunatik_obj.js'
import { lunatik_checkobject, lunatik_cloneobject } from './lunatik_userdata.js'

/** A value outside of Lua: C's struct and its union. */
export type lunatik_value_t =
  | { readonly type: typeof LUA_TNIL }
  | { readonly type: typeof LUA_TBOOLEAN; readonly boolean: boolean }
  | { readonly type: typeof LUA_TNUMBER; readonly integer: lua_Integer }
  | { readonly type: typeof LUA_TUSERDATA; readonly object: lunatik_object_t }

/** Whether a value is an object. Upstream: `lunatik_isuserdata`. */
export const lunatik_isuserdata = (value: lunatik_value_t): value is lunatik_value_t & { object: lunatik_object_t } =>
  value.type === LUA_TUSERDATA

/**
 * The value at `ix`. An object isn't counted: who keeps it calls lunatik_getobject. [-0, +0, v]
 *
 * Upstream: `lunatik_checkvalue`, whose `value` is the result here.
 * @throws raises `bad argument #ix to 'function'` with `(unsupported type)`, `(invalid object)` or `(cannot share
 *   SINGLE object)`
 */
export function lunatik_checkvalue(L: lua_State, ix: number): lunatik_value_t {
  const type = lua_type(L, ix)
  switch (type) {
    case LUA_TNIL:
      return { type }
    case LUA_TBOOLEAN:
      return { type, boolean: lua_toboolean(L, ix) }
    case LUA_TNUMBER:
      return { type, integer: lua_tointegerx(L, ix) ?? BigInt(Math.trunc(lua_tonumber(L, ix))) }
    case LUA_TUSERDATA: {
      const object = lunatik_checkobject(L, ix)
      if (lunatik_issingle(object.opt)) luaL_argerror(L, ix, 'cannot share SINGLE object')
      return { type, object }
    }
    default:
      return luaL_argerror(L, ix, 'unsupported type')
  }
}

/**
 * Pushes a value. For an object it is a new userdata, which takes over a reference that the caller has counted, also
 * where this raises. [-0, +1, e]
 *
 * Upstream: `lunatik_pushvalue`.
 * @throws raises as lunatik_cloneobject
 */
export function lunatik_pushvalue(L: lua_State, value: lunatik_value_t): void {
  switch (value.type) {
    case LUA_TNIL:
      lua_pushnil(L)
      break
    case LUA_TBOOLEAN:
      lua_pushboolean(L, value.boolean)
      break
    case LUA_TNUMBER:
      lua_pushint64(L, BigInt(value.integer))
      break
    case LUA_TUSERDATA:
      try {
        lunatik_cloneobject(L, value.object)
      } catch (e) {
        lunatik_putobject(value.object)
        throw e
      }
  }
}
