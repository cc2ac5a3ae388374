// lua_Integer as the kernel has it, for this layer's libraries.
import type { lua_State } from './api.js'
import { checkRoom1 } from './border.js'
import { engine } from './engine.js'
import { lua_pushinteger } from './lua_stack.js'

/** Pushes a lua_Integer of the kernel, which has 64 bits: in an engine of 32 the nearest number past 2^53. */
export function lua_pushint64(L: lua_State, n: bigint): void {
  const number = Number(n)
  if (Number.isSafeInteger(number)) lua_pushinteger(L, number)
  else if (engine.integerBits === 64) lua_pushinteger(L, n)
  else {
    // 2^63 itself is the nearest to the greatest integer, and none.
    checkRoom1(L)
    engine.lua_pushnumber(L, number)
  }
}
