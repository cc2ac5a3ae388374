// In what the engines differ, for tests whose expectation depends on it.
import { LUA_COLLECTS, LUA_GCCOLLECT, LUA_INTEGER_BITS, lua_gc, type lua_State, lua_used } from '../src/lua/lua.js'
import { lunatik_conf } from '../src/lunatik/lunatik_conf.js'

/** Whether integers have 64 bits, as the kernel's do. Else they are exact to 2^53, and the nearest number beyond. */
export const wide = LUA_INTEGER_BITS === 64

/**
 * Whether Lua has a collector and an allocator of its own: garbage is finalized when Lua collects it, and what Lua
 * uses counts against a limit.
 */
export const collects = LUA_COLLECTS

/** The lines that only an engine with integers of 64 bits answers as the kernel does. */
export const onlyWide = (lines: string) => (wide ? lines : '')

/** Limits a runtime to so many bytes beside those that its Lua uses now; not restored. */
export function limitMemory(L: lua_State, bytes: number): void {
  // What a first collection only finalizes, a second one frees.
  for (let i = 0; i < 3; i++) lua_gc(L, LUA_GCCOLLECT)
  lunatik_conf.memory = bytes + lua_used(L)
}
