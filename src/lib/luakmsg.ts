// The Lua module `kmsg`: syslog(2) for scripts, of which the command `lunatik dmesg` uses all. The kernel has no such
// module.
import type { luaL_Reg } from '../lua/lauxlib.js'
import { lua_pushstring, type lua_State } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { do_syslog, log_stream, SYSLOG_ACTION_CLEAR } from '../printk.js'

/** `kmsg.clear()`: hides the records so far from `lunatik dmesg`. The file kmsg still has them. */
function luakmsg_clear(_L: lua_State): number {
  do_syslog(SYSLOG_ACTION_CLEAR)
  return 0
}

/**
 * `kmsg.cleared()`: where in the file kmsg the first record begins that isn't hidden, in decimal digits: a text,
 * because an integer of the engine may be too small.
 */
function luakmsg_cleared(L: lua_State): number {
  lua_pushstring(L, String(log_stream.clear))
  return 1
}

const luakmsg_lib: readonly luaL_Reg[] = [
  { name: 'clear', func: luakmsg_clear },
  { name: 'cleared', func: luakmsg_cleared },
]

export const luaopen_kmsg = LUNATIK_NEWLIB('kmsg', luakmsg_lib, null)
