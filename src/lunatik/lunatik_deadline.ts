// Watches over the Lua that runs, by its count hook. What runs for longer than a slice is suspended, as a kernel's
// scheduler does, and goes on when others have had their turn. What runs past the deadline is ended: a kernel has none,
// there it would be a soft lockup. The hook looks at the memory as well.
//
// The deadline counts the time that the thread has a processor, which takes long to read. So the hook looks at the time
// that passes, and only where that is up at the other; what is left of it can't be over before as much time has passed.
import { type CpuClock, threadCpuClock } from '../cputime.js'
import { lua_resumer } from '../lua/lcorolib.js'
import {
  LUA_COLLECTS,
  LUA_MASKCOUNT,
  lua_error,
  lua_getinfo,
  lua_getstack,
  lua_pushstring,
  type lua_State,
  lua_sethook,
  lua_throw,
  lua_used,
} from '../lua/lua.js'
import { lua_atticks } from '../lua/lua_ticks.js'
import { is_awaited, need_resched } from '../runqueue.js'
import { current } from '../sched.js'
import { lunatik_conf, lunatik_limit } from './lunatik_conf.js'
import { NOT_ENOUGH_MEMORY } from './lunatik_enomem.js'
import { collectEarly, outOfMemory } from './lunatik_oom.js'
import { runningIn, type runtime_t } from './lunatik_private.js'
import { lunatik_preempt } from './lunatik_wait.js'

/**
 * Jumps, calls and returns between two calls of the count hook, with fengari instructions: few, as a single one may
 * call what takes long.
 */
const tickInstructions = 200
/** Every so many ticks, and every so many calls, the memory is looked at. */
const ticksPerMemoryCheck = 40
const callsPerMemoryCheck = 256
let ticks = 0
let calls = 0

/** How long a call computes before it is looked whether somebody waits, who comes before it; in milliseconds. */
const awaitedMs = 1
/** The time after which a call is one that takes long, whose processor time counts from then on; in milliseconds. */
const longMs = 10
/** The processor time of this thread. It is there before any deadline needs it, as descriptors may run out. */
let clock: CpuClock | null = null

/** A message with the place of what runs in L before it. */
function placed(L: lua_State, message: string): string {
  const ar = lua_getstack(L, 0)
  if (ar !== null) lua_getinfo(L, 'Sl', ar)
  return ar === null ? message : `${ar.short_src}:${ar.currentline}: ${message}`
}

/** Raises `not enough memory` where L is. */
function endForMemory(L: lua_State): never {
  lua_pushstring(L, placed(L, NOT_ENOUGH_MEMORY))
  return lua_error(L)
}

/**
 * The count hook: suspends what has used up its slice, ends what runs past the deadline, and what has nearly filled the
 * memory, which would end the process.
 */
function tick(L: lua_State): void {
  const runtime = runningIn(L)
  if (runtime === null) return
  if (lua_used(L) > runtime.collectsAt) collectEarly(L, runtime)
  if (++ticks % ticksPerMemoryCheck === 0 && outOfMemory(L, runtime)) endForMemory(L)
  const { deadline, slice } = lunatik_conf
  if (deadline === 0 && slice === 0) return
  const now = performance.now()
  if (runtime.look === 0) begin(runtime, now)
  else if (now >= runtime.look) look(L, runtime, now)
}

/** The count hook where a library's function has worked longer than the slice: looks at the next instruction. */
function tickSoon(L: lua_State): void {
  lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)
  tick(L)
}

/**
 * What a library's function calls while it works for long, which no hook reaches: ends what runs past the deadline. It
 * can't be suspended, but its caller can, as soon as it returns.
 */
function tickBelow(L: lua_State): void {
  const runtime = runningIn(L)
  if (runtime === null || (lunatik_conf.deadline === 0 && lunatik_conf.slice === 0)) return
  const now = performance.now()
  if (runtime.look === 0) begin(runtime, now)
  else if (now >= runtime.look) look(L, runtime, now, false)
}
lua_atticks(tickBelow)

/** The first tick of a call, or after it was suspended or has slept. */
function begin(runtime: runtime_t, now: number): void {
  const { slice } = lunatik_conf
  runtime.slice = slice === 0 ? Number.POSITIVE_INFINITY : now + slice
  lookAt(runtime, now, Math.min(runtime.slice, now + longMs))
  runtime.used = runtime.spent < 0 ? Number.NaN : cpu()
  // What runs to its end without a pause can't be overtaken by a microtask; what sleeps in between is not late.
  queueMicrotask(() => {
    if (runtime.expired === null) runtime.look = 0
  })
}

/** The next look is at `full`; before, now and then, whether somebody waits. */
function lookAt(runtime: runtime_t, now: number, full: number): void {
  runtime.full = full
  runtime.look = lunatik_conf.slice === 0 ? full : Math.min(full, now + awaitedMs)
}

/** The processor time of this thread. */
function cpu(): number {
  clock ??= threadCpuClock()
  return clock.now()
}

/** Looks at a call that runs for long: whether it is late, and whether others have their turn. */
function look(L: lua_State, runtime: runtime_t, now: number, mayLeave = true): void {
  const awaited = mayLeave && now < runtime.full && is_awaited()
  if (now < runtime.full && !awaited) {
    lookAt(runtime, now, runtime.full)
    return
  }
  const used = cpu()
  if (Number.isNaN(runtime.used)) runtime.used = used
  const spent = Math.max(0, runtime.spent) + used - runtime.used
  const { deadline } = lunatik_conf
  const left = deadline === 0 ? Number.POSITIVE_INFINITY : deadline - spent
  if (left <= 0) expire(L)
  const over = awaited || now >= runtime.slice
  if (over) current.slices++
  // Who has gone has few slices left, and a thread that ends meanwhile asks for none.
  if (over && mayLeave && (awaited || current.aborted || need_resched()) && lunatik_preempt(L, runtime)) {
    runtime.spent = spent
    return
  }
  // Where nobody else could go on, or it can't be suspended now, that may be so soon.
  if (over && mayLeave) runtime.slice = now + lunatik_conf.slice
  else if (over) lua_sethook(L, tickSoon, LUA_MASKCOUNT, 1)
  // Nobody else can go on meanwhile.
  if (used - runtime.used > lunatik_limit()) expire(L)
  lookAt(runtime, now, Math.min(now + left, runtime.slice))
}

/**
 * The count hook after the deadline: raises at every instruction, so that no pcall can go on.
 */
function expire(L: lua_State): void {
  const runtime = runningIn(L)
  if (runtime === null || runtime.look === 0) {
    // A coroutine that lived on into a later call.
    lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)
    return
  }
  // Who has resumed it would resume another one.
  for (let at: lua_State | undefined = L; at !== undefined; at = lua_resumer(at))
    lua_sethook(at, expire, LUA_MASKCOUNT, 1)
  lua_sethook(runtime.L, expire, LUA_MASKCOUNT, 1)
  const message = placed(L, `no return within ${lunatik_limit()} ms`)
  runtime.expired ??= message
  lua_pushstring(L, message)
  // A message handler would be called without a hook.
  lua_throw(L)
}

/** Ends the deadline of one call. Returns where Lua was ended, or null. */
export function disarm(runtime: runtime_t): string | null {
  const { expired } = runtime
  runtime.look = 0
  runtime.spent = -1
  runtime.expired = null
  if (expired !== null) watch(runtime.L)
  return expired
}

/**
 * Watches a state's main thread, and the coroutines that are made of it from now on. Where there are neither slices nor
 * a deadline, nor memory of JavaScript's to watch, nothing slows Lua down.
 */
export function watch(L: lua_State): void {
  const { deadline, slice } = lunatik_conf
  if (deadline !== 0 || slice !== 0) clock ??= threadCpuClock()
  if (LUA_COLLECTS && deadline === 0 && slice === 0) lua_sethook(L, null, 0, 0)
  else lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)
}

/**
 * For callbacks too short for a tick, which fill the memory as well: now and then looks at it before a call. Returns
 * whether it is short; then the first instruction of the call is its last, and {@link unwatchMemory} ends that.
 */
export function watchMemory(runtime: runtime_t): boolean {
  runtime.ran = true
  if (lua_used(runtime.L) > runtime.collectsAt) collectEarly(runtime.L, runtime)
  if (++calls % callsPerMemoryCheck !== 0 || !outOfMemory(runtime.L, runtime)) return false
  lua_sethook(runtime.L, endForMemory, LUA_MASKCOUNT, 1)
  runtime.idle = null // the next thread inherits the hook
  return true
}

export function unwatchMemory(runtime: runtime_t): void {
  watch(runtime.L)
  runtime.idle = null
}
