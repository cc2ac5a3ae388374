// lualinux.c: what a kernel offers every script: time, sleep, random numbers, names and numbers of what there is.
//
// linux.random stays in its range, which upstream's may leave. Numbers beyond 2^53 are the nearest (int64.ts).
import { randomBytes } from 'node:crypto'
import {
  luaL_argcheck,
  luaL_argerror,
  luaL_checkinteger,
  luaL_checkstring,
  luaL_error,
  luaL_optinteger,
  type luaL_Reg,
} from '../lua/lauxlib.js'
import {
  LUA_INTEGER_BITS,
  lua_gettop,
  lua_isnoneornil,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushlstring,
  type lua_State,
  lua_toboolean,
} from '../lua/lua.js'
import { lunatik_pusherrname } from '../lunatik/lunatik_aux.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { lunatik_waitk } from '../lunatik/lunatik_wait.js'
import { nr_cpu_ids } from './cpumask.js'
import { int64_check, int64_opt, int64_push } from './int64.js'
import { dev_get_by_index, dev_get_by_name } from './netdevice.js'
import { ktime_get_real_ns } from './timekeeping.js'
import { MAX_JIFFY_OFFSET, msecs_to_jiffies, schedule_timeout } from './timeout.js'

const maxinteger = 2n ** 63n - 1n

/** A random integer from 0 to `range` - 1, each as likely as the others. */
function random(range: bigint): bigint {
  const limit = 2n ** 64n - (2n ** 64n % range)
  for (;;) {
    const n = randomBytes(8).readBigUInt64LE()
    if (n < limit) return n % range
  }
}

/**
 * linux.random([m [,] n]): an integer from m to n, m being 1 by default; without arguments any integer that the engine
 * has, of 64 bits or 32.
 * @throws raises `interval is empty`, `interval too large` beyond 2^63 - 1, `wrong number of arguments` for more than
 *   two
 */
function lualinux_random(L: lua_State): number {
  const n = lua_gettop(L)
  if (n === 0) {
    if (LUA_INTEGER_BITS === 64) int64_push(L, randomBytes(8).readBigInt64LE())
    else lua_pushinteger(L, randomBytes(4).readInt32LE())
    return 1
  }
  if (n > 2) return luaL_error(L, 'wrong number of arguments')
  const low = n === 1 ? 1n : int64_check(L, 1)
  const up = int64_check(L, n)
  luaL_argcheck(L, low <= up, 1, 'interval is empty')
  luaL_argcheck(L, low >= 0n || up <= maxinteger + low, 1, 'interval too large')
  int64_push(L, low + random(up - low + 1n))
  return 1
}

/** linux/sched.h: the states in which a task may wait. */
const TASK_INTERRUPTIBLE = 0x0001
const sleeping = [TASK_INTERRUPTIBLE, 0x0002 /* UNINTERRUPTIBLE */, 0x0102 /* KILLABLE */, 0x0402 /* IDLE */]

/**
 * linux.schedule([ms [, state]]): sleeps. Without ms, or for a negative one, until something else wakes the task. As on
 * a kernel only ms modulo 2^32 counts. The state is one of linux.task's INTERRUPTIBLE (the default), UNINTERRUPTIBLE,
 * KILLABLE and IDLE. A signal to the program wakes from INTERRUPTIBLE; otherwise it ends the whole call with EINTR. On
 * a mount where signals do no more than on a kernel, it wakes from the default as well and does nothing to the others.
 * @returns in Lua, the milliseconds that remained where the task was woken early, else 0
 * @throws raises `invalid task state`; and where the runtime may not sleep
 */
function lualinux_schedule(L: lua_State): number {
  const timeout = msecs_to_jiffies(int64_opt(L, 1, MAX_JIFFY_OFFSET))
  const given = !lua_isnoneornil(L, 2)
  const state = Number(luaL_optinteger(L, 2, TASK_INTERRUPTIBLE))
  luaL_argcheck(L, sleeping.includes(state), 2, 'invalid task state')
  return lunatik_waitk<number>(
    L,
    (wake) => schedule_timeout(timeout, wake),
    (L, remaining) => {
      lua_pushinteger(L, remaining)
      return 1
    },
    given ? state === TASK_INTERRUPTIBLE : 'as on a kernel',
  )
}

/** Whether a kernel would trace. Nothing here does: the flag is kept for the scripts. */
let tracing = true

/** linux.tracing([on]): sets the flag, by on's truth, and gives it. */
function lualinux_tracing(L: lua_State): number {
  if (lua_gettop(L) > 0) tracing = lua_toboolean(L, 1)
  lua_pushboolean(L, tracing)
  return 1
}

/** linux.time(): nanoseconds since 1970. In this engine a multiple of 256. */
function lualinux_time(L: lua_State): number {
  int64_push(L, ktime_get_real_ns())
  return 1
}

/** linux.difftime(t2, t1): t2 - t1. */
function lualinux_difftime(L: lua_State): number {
  int64_push(L, int64_check(L, 1) - int64_check(L, 2))
  return 1
}

/** What a kernel gives for a symbol that it hasn't. */
const NULL = Object.freeze({})

/** linux.lookup(symbol): NULL as a light userdata, whatever the symbol: no kernel's symbols are in reach. */
function lualinux_lookup(L: lua_State): number {
  luaL_checkstring(L, 1)
  lua_pushlightuserdata(L, NULL)
  return 1
}

/** linux.ifindex(name): the index of a network device. Raises `device not found`. */
function lualinux_ifindex(L: lua_State): number {
  const dev = dev_get_by_name(luaL_checkstring(L, 1))
  if (dev === null) return luaL_argerror(L, 1, 'device not found')
  lua_pushinteger(L, dev.ifindex)
  return 1
}

/** linux.ifaddr(index): the hardware address of a network device, its bytes. Raises `device not found`. */
function lualinux_ifaddr(L: lua_State): number {
  const dev = dev_get_by_index(Number(luaL_checkinteger(L, 1)))
  if (dev === null) return luaL_argerror(L, 1, 'device not found')
  lua_pushlstring(L, dev.addr)
  return 1
}

/** linux.errname(err): the name of an errno of either sign, `"unknown"` for none. */
function lualinux_errname(L: lua_State): number {
  lunatik_pusherrname(L, Number(luaL_checkinteger(L, 1)) | 0)
  return 1
}

/** linux.numcpus(): one more than the highest number of a CPU. */
function lualinux_numcpus(L: lua_State): number {
  lua_pushinteger(L, nr_cpu_ids())
  return 1
}

const lualinux_lib: luaL_Reg[] = [
  { name: 'random', func: lualinux_random },
  { name: 'schedule', func: lualinux_schedule },
  { name: 'tracing', func: lualinux_tracing },
  { name: 'time', func: lualinux_time },
  { name: 'difftime', func: lualinux_difftime },
  { name: 'lookup', func: lualinux_lookup },
  { name: 'ifindex', func: lualinux_ifindex },
  { name: 'ifaddr', func: lualinux_ifaddr },
  { name: 'errname', func: lualinux_errname },
  { name: 'numcpus', func: lualinux_numcpus },
]

LUNATIK_NEWLIB('linux', lualinux_lib, null)
