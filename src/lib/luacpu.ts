// luacpu.c: the machine's CPUs, of sysfs and /proc/stat.
import { readFileSync } from 'node:fs'
import { luaL_argcheck, luaL_checkinteger, luaL_checktype, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_TFUNCTION,
  type lua_CFunction,
  lua_createtable,
  lua_pushinteger,
  lua_pushvalue,
  type lua_State,
  lua_setfield,
} from '../lua/lua.js'
import { stepCall, stepwise } from '../lua/lua_steps.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { cpu_online, cpu_possible, cpu_present } from './cpumask.js'
import { int64_push } from './int64.js'

/** cpu.num_*(): how many CPUs a mask has. */
function num(cpus: () => number[]): lua_CFunction {
  return (L) => {
    lua_pushinteger(L, cpus().length)
    return 1
  }
}

/** cpu.foreach_*(f): calls f with the number of each CPU of a mask. */
function foreach(cpus: () => number[]): lua_CFunction {
  return stepwise(function* (L) {
    luaL_checktype(L, 1, LUA_TFUNCTION)
    for (const cpu of cpus()) {
      lua_pushvalue(L, 1)
      lua_pushinteger(L, cpu)
      yield* stepCall(1, 0)
    }
    return 0
  })
}

/** The fields of /proc/stat in their order. */
const fields = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice']

/** /proc/stat counts in hundredths of a second (USER_HZ), a kernel in nanoseconds. */
const nanosecondsPerTick = 10_000_000n

/**
 * cpu.stats(cpu): a table of the times that a CPU has spent, in nanoseconds. A kernel built for core scheduling has
 * `forceidle` as well, which /proc/stat hasn't.
 * @throws raises `CPU is offline` for the number of none
 */
function luacpu_stats(L: lua_State): number {
  const cpu = luaL_checkinteger(L, 1)
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((text) => text.startsWith(`cpu${cpu} `))
  luaL_argcheck(L, line !== undefined, 1, 'CPU is offline')
  const ticks = line.split(' ').slice(1)
  lua_createtable(L, 0, fields.length)
  for (const [i, field] of fields.entries()) {
    int64_push(L, BigInt(ticks[i] ?? 0) * nanosecondsPerTick)
    lua_setfield(L, -2, field)
  }
  return 1
}

const luacpu_lib: luaL_Reg[] = [
  { name: 'num_possible', func: num(cpu_possible) },
  { name: 'num_present', func: num(cpu_present) },
  { name: 'num_online', func: num(cpu_online) },
  { name: 'stats', func: luacpu_stats },
  { name: 'foreach_possible', func: foreach(cpu_possible) },
  { name: 'foreach_present', func: foreach(cpu_present) },
  { name: 'foreach_online', func: foreach(cpu_online) },
]

LUNATIK_NEWLIB('cpu', luacpu_lib, null)
