// The Lua module `lunatik.clock`: how a test moves the time of scripts (`mount --clock manual`). The kernel has no such
// module.
import { luaL_argcheck, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import type { lua_State } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { lunatik_waitpromise } from '../lunatik/lunatik_wait.js'
import { int64_check } from './int64.js'
import { clock_advance, clock_ismanual } from './timekeeping.js'

/** The longest step, in milliseconds: what a sleep may take at most. */
const advanceMax = 2n ** 31n

/**
 * `clock.advance(ms)`: moves the time by ms milliseconds. What is due on the way happens, each at its time; it returns
 * once all that were woken have run.
 * @throws raises `the clock isn't manual`, `out of range` for a negative number and for 2^31 and more
 */
function clock_ladvance(L: lua_State): number {
  const ms = int64_check(L, 1)
  luaL_argcheck(L, ms >= 0n && ms < advanceMax, 1, 'out of range')
  if (!clock_ismanual()) return luaL_error(L, "the clock isn't manual: mount with --clock manual")
  return lunatik_waitpromise(
    L,
    clock_advance(Number(ms)).then(() => 0),
    () => 0,
  )
}

const clock_lib: readonly luaL_Reg[] = [{ name: 'advance', func: clock_ladvance }]

LUNATIK_NEWLIB('lunatik.clock', clock_lib, null)
