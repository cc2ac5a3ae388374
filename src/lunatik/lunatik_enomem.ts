// What Lua and Lunatik say when memory runs out.
import { luaL_error } from '../lua/lauxlib.js'
import type { lua_State } from '../lua/lua.js'

export const NOT_ENOUGH_MEMORY = 'not enough memory'

/** Raises `not enough memory` with the place, as luaL_error does. Upstream: `lunatik_enomem`. [-0, +0, v] */
export function lunatik_enomem(L: lua_State): never {
  return luaL_error(L, NOT_ENOUGH_MEMORY)
}

/** Whether an error's message is Lua's own about memory, or {@link lunatik_enomem}'s. */
export const isNoMemory = (message: string | null): boolean =>
  message === NOT_ENOUGH_MEMORY || message?.endsWith(`: ${NOT_ENOUGH_MEMORY}`) === true
