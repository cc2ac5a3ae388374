// What a protected call of a handler's needs beside the call: where an error was raised, for the debug log; and the
// call itself in interrupt context.
import { luaL_traceback } from '../lua/lauxlib.js'
import {
  lua_gettop,
  lua_insert,
  lua_pcall,
  lua_pop,
  lua_pushcfunction,
  lua_remove,
  type lua_State,
  lua_tostring,
} from '../lua/lua.js'
import { debug_kept, pr_fmt } from '../printk.js'
import { runningIn, type runtime_t } from './lunatik_private.js'
import { accounting, lunatik_charge } from './lunatik_stat.js'

const { pr_debug } = pr_fmt('lunatik')

/** Logs where an error was raised in `co`, if that is known. Returns 1: as a message handler it leaves the error. */
export function logTraceback(L: lua_State, co: lua_State = L): number {
  // A handler is on the stack itself.
  luaL_traceback(L, co, null, co === L ? 1 : 0)
  const traceback = lua_tostring(L, -1)
  lua_pop(L, 1)
  if (traceback?.includes('\n')) pr_debug(traceback)
  return 1
}

/** Interrupt context, where nothing sleeps: the call is C's own, and needs no thread. Returns its status. */
export function pcallAtomic(L: lua_State, nargs: number, nresults: number): number {
  if (accounting) return lunatik_charge(runningIn(L) as runtime_t, () => lua_pcall(L, nargs, nresults, 0))
  if (!debug_kept()) return lua_pcall(L, nargs, nresults, 0)
  const at = lua_gettop(L) - nargs
  lua_pushcfunction(L, logTraceback)
  lua_insert(L, at)
  const status = lua_pcall(L, nargs, nresults, at)
  lua_remove(L, at)
  return status
}
