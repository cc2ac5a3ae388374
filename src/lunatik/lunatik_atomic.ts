// linux/preempt.h: interrupt context, in which a runtime that may not sleep runs.
import { luaL_traceback } from '../lua/lauxlib.js'
import { type lua_State, lua_settop, lua_tostring } from '../lua/lua.js'
import { pr_fmt } from '../printk.js'

const { pr_err } = pr_fmt('lunatik')
/** The state of the runtime in interrupt context that runs now, if one does. */
let atomic: lua_State | null = null

/** How many waits in interrupt context were reported. */
let reports = 0

/** How many waits in interrupt context were reported so far. */
export const lunatik_atomicreports = (): number => reports

/** Calls `f(L, ...args)` in interrupt context. */
export function inAtomic<A extends unknown[], T>(L: lua_State, f: (L: lua_State, ...args: A) => T, args: A): T {
  const outer = atomic
  atomic = L
  try {
    return f(L, ...args)
  } finally {
    atomic = outer
  }
}

/** Whether such a runtime runs now; where a state is given, whether it is that one's. */
export const isAtomic = (L: lua_State | null = atomic) => atomic !== null && atomic === L

/**
 * Reports a wait in interrupt context, which crashes a kernel, with the Lua traceback; does nothing in process context.
 * @param L the state whose traceback tells where; by default that of the runtime that runs
 * @returns whether it was reported
 */
export function lunatik_reportatomic(L: lua_State | null = atomic): boolean {
  if (atomic === null || L === null) return false
  reports++
  luaL_traceback(L, L, 'scheduling while atomic: a wait in a runtime that may not sleep', 0)
  pr_err(lua_tostring(L, -1))
  lua_settop(L, -2)
  return true
}
