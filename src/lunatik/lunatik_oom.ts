// mm/vmscan.c and mm/oom_kill.c: what happens when the runtimes together fill the memory that the process may have.
// First they give their garbage; then the one that wants more gets `not enough memory`, and the process lives on. A
// part is kept for the control device, and to start scripts.
//
// An engine with an allocator of its own refuses by itself what passes the limit. What lies in JavaScript's memory is
// looked at now and then, while Lua runs.
import { getHeapStatistics } from 'node:v8'
import {
  LUA_COLLECTS,
  LUA_GCCOLLECT,
  lua_gc,
  type lua_State,
  lua_setpool,
  lua_setreserved,
  lua_total,
  lua_used,
} from '../lua/lua.js'
import { lunatik_conf } from './lunatik_conf.js'
import type { lunatik_object_t } from './lunatik_obj.js'
import { lunatik_toruntime, type runtime_t } from './lunatik_private.js'
import { collectAll } from './lunatik_v8gc.js'

/** How much of V8's heap may be used. */
const heapShare = 0.9
/** What of the limit is kept, in bytes: 64 MiB, or a quarter of little. */
const reserveMax = 64 << 20
const reserveShare = 4
/** From which part of the limit on runtimes give their garbage, one at a time. */
const pressure = 7 / 8
/** From which part of its own limit on a runtime gives its garbage. */
const early = 3 / 4
/** Of less, in bytes, nothing worth the time can be garbage. */
const worthwhile = 1 << 20
/** As many times as a collection has taken pass before the next of the same garbage. */
const restFactor = 20

const reserve = () => Math.min(reserveMax, lunatik_conf.total / reserveShare)
const pool = () => lunatik_conf.total - reserve()

/** All runtimes, the one whose garbage was collected last at the end. */
const runtimes = new Set<runtime_t>()

/** Has a runtime be one of those that share the memory, until its end. */
export function joinPool(runtime: runtime_t): void {
  lua_setpool(pool(), reserve())
  runtime.collectsAt = early * lunatik_conf.memory
  if (LUA_COLLECTS) runtimes.add(runtime)
}

export function leavePool(runtime: runtime_t): void {
  runtimes.delete(runtime)
}

/** The runtimes that share the memory, where the engine has a collector of its own. */
export const pooled = (): Iterable<runtime_t> => runtimes

/** Has a runtime work on when all the others have used up the memory. */
export function lunatik_reserve(runtime: lunatik_object_t): void {
  const priv = runtime.private as runtime_t
  priv.reserved = true
  lua_setreserved(priv.L)
}

/**
 * Has a runtime that comes near its limit collect its garbage. Lua itself does so when it gets no memory, but for what
 * builds long strings, as string.rep and table.concat: those would fail however much is garbage.
 */
export function collectEarly(L: lua_State, runtime: runtime_t): void {
  lua_gc(L, LUA_GCCOLLECT)
  const { memory } = lunatik_conf
  runtime.collectsAt = Math.max(early * memory, (lua_used(L) + memory) / 2)
}

/**
 * Has one runtime give its garbage: the one that runs, in L, or an idle one, which by itself would collect it when it
 * runs again.
 */
function shrinkOne(L: lua_State, running: runtime_t): void {
  const now = performance.now()
  for (const runtime of runtimes) {
    const own = runtime === running
    // While a script loads nobody holds the lock.
    if (!own && !(runtime.ready && runtime.ran)) continue
    if (runtime.rests > now || lua_used(runtime.L) < worthwhile) continue
    const { lock } = lunatik_toruntime(runtime.L)
    if (!own && !lock.trylock()) continue
    runtimes.delete(runtime)
    runtimes.add(runtime)
    lua_gc(own ? L : runtime.L, LUA_GCCOLLECT)
    const end = performance.now()
    runtime.rests = end + restFactor * (end - now)
    runtime.ran = false
    if (own) return
    // Its finalizers have had a deadline of their own, and what they took is not the running call's.
    runtime.look = 0
    running.used = Number.NaN
    lock.unlock()
    return
  }
}

/** Before when what lies outside of the heap is not looked at again, as too much of it is no garbage. */
let shortUntil = 0

/**
 * Whether what lies outside of V8's heap is too much. Of the engine's memory, which V8 doesn't count, it is what Lua
 * uses, as what it has freed can be used again; and no more than Lua may use without the reserve.
 */
const overTotal = (external: number) => external + Math.min(lua_total(), pool()) > lunatik_conf.total

/** Whether so little memory is left that the process itself is in danger. */
function memoryShort(): boolean {
  const { used_heap_size, heap_size_limit, external_memory } = getHeapStatistics()
  if (used_heap_size > heap_size_limit * heapShare) return true
  if (!overTotal(external_memory)) return false
  const now = performance.now()
  if (now < shortUntil) return true
  collectAll()
  if (!overTotal(getHeapStatistics().external_memory)) return false
  const end = performance.now()
  shortUntil = end + restFactor * (end - now)
  return true
}

/** Whether what runs in L may not go on, as there is too little memory. To make room may take a while. */
export function outOfMemory(L: lua_State, runtime: runtime_t): boolean {
  if (lua_total() > pool() * pressure) shrinkOne(L, runtime)
  return !runtime.reserved && memoryShort()
}
