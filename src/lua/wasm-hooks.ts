// When the engine wasm's Lua calls a hook: wasm-patches.ts has luaV_execute count for those that are called only now
// and then. While it does, their mask is empty, so that C's own way, which is slower, is not taken.
import { LAYOUT, LUA_MASKCOUNT } from './wasm-layout.js'
import { lua, u32 } from './wasm-load.js'
import { placesPerLook } from './wasm-patches.js'

const { BASEHOOKCOUNT, HOOK, HOOKCOUNT, HOOKMASK } = LAYOUT

/** Has luaV_execute count for the hook of L, where that is a count hook called only now and then. */
export function countInline(L: number): void {
  const mask = (L + HOOKMASK) >> 2
  if (u32[mask] === LUA_MASKCOUNT && (u32[(L + BASEHOOKCOUNT) >> 2] as number) >= placesPerLook) u32[mask] = 0
}

/** Whether all of these are where they are expected to be, in a new state. */
export function hasHooks(L: number): boolean {
  const words = () => [HOOK, HOOKMASK, BASEHOOKCOUNT, HOOKCOUNT].map((at) => u32[(L + at) >> 2])
  const expected = [1, LUA_MASKCOUNT, placesPerLook, placesPerLook]
  const none = words()
  lua.lua_sethook(L, 1, LUA_MASKCOUNT, placesPerLook)
  const set = words()
  u32[(L + HOOKCOUNT) >> 2] = 0
  const hasBase = words()[2] === placesPerLook
  lua.lua_sethook(L, 0, 0, 0)
  return none.every((word) => word === 0) && set.every((word, i) => word === expected[i]) && hasBase
}

/** The mask of L's hook, whoever counts for it. */
export const lua_gethookmask = (L: number): number =>
  lua.lua_gethookmask(L) || (lua.lua_gethook(L) === 0 ? 0 : LUA_MASKCOUNT)
