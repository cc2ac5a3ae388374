// lunatik.h's lunatik_try for an operation that may sleep, as lunatik_run does.
import { EIO } from '../errno.js'
import type { lua_State } from '../lua/lua.js'
import { describe, pr_fmt } from '../printk.js'
import { lunatik_throw } from './lunatik_aux.js'
import { type lunatik_result, lunatik_waitpromise } from './lunatik_wait.js'

const { pr_err } = pr_fmt('lunatik')

/** What came of a promise that must not fail. */
async function settled(promise: Promise<number>): Promise<number> {
  try {
    return await promise
  } catch (e) {
    pr_err(describe(e))
    return -EIO
  }
}

/**
 * Calls `op(...args)`, which may sleep, for a C function, and goes on with `k`: at once where it doesn't sleep, else
 * what runs in L sleeps until it is over. Raises as {@link lunatik_throw} if the result is negative. It is how a C
 * function runs another runtime: [-?, +?, v]
 *
 * ```ts
 * const forward = (L: lua_State) =>
 *   lunatik_tryk(L, (L, ret) => {
 *     lua_pushinteger(L, ret)
 *     return 1
 *   }, lunatik_run, other, handler, luaL_checkinteger(L, 1))
 * ```
 *
 * C's lunatik_try waits. A C function ends with `return lunatik_tryk(...)`: where it sleeps it never returns.
 * @param k takes the C function's place, with the result, which isn't negative: pushes its results and returns their
 *   number
 * @returns what `k` returns. Raises where L can't sleep, as lunatik_waitk, and `EINTR` where the program has gone
 */
export function lunatik_tryk<A extends unknown[]>(
  L: lua_State,
  k: (L: lua_State, ret: number) => number,
  op: (...args: A) => lunatik_result,
  ...args: A
): number {
  const goOn = (L: lua_State, ret: number): number => (ret < 0 ? lunatik_throw(L, ret) : k(L, ret))
  const ret = op(...args)
  if (!(ret instanceof Promise)) return goOn(L, ret)
  return lunatik_waitpromise(L, settled(ret), goOn)
}
