// What Lua and Lunatik say when memory runs out.
import { lua_error, lua_pushstring, type lua_State } from '../lua/lua.js'

export const NOT_ENOUGH_MEMORY = 'not enough memory'

/** Raises `not enough memory`, without a place, as Lua itself does. Upstream: `lunatik_enomem`. */
export function lunatik_enomem(L: lua_State): never {
  lua_pushstring(L, NOT_ENOUGH_MEMORY)
  return lua_error(L)
}
