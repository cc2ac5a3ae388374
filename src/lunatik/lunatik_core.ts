// lunatik_core.c: runtimes. A runtime is an object whose private data is a Lua state.
//
// Beyond the kernel: Lua that runs too long is ended by the count hook (lunatik_conf.deadline), and what would crash
// or hang a machine is an errno and a line in the log.
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { ECANCELED, EINVAL, EIO, ENOMEM, ENXIO, ETIMEDOUT } from '../errno.js'
import { luaL_newstate, luaL_traceback } from '../lua/lauxlib.js'
import {
  LUA_MASKCOUNT,
  LUA_OK,
  LuaError,
  lua_close,
  lua_error,
  lua_getextraspace,
  lua_getinfo,
  lua_getstack,
  lua_gettop,
  lua_pcall,
  lua_pushcfunction,
  lua_pushstring,
  lua_recover,
  type lua_State,
  lua_sethook,
  lua_settop,
  lua_setwarnf,
  lua_tostring,
} from '../lua/lua.js'
import { describe, pr_fmt, stackOf } from '../printk.js'
import { lunatik_conf } from './lunatik_conf.js'
import { lunatik_enomem, NOT_ENOUGH_MEMORY } from './lunatik_enomem.js'
import { lunatik_openlibs } from './lunatik_lib.js'
import { lunatik_loadscript } from './lunatik_load.js'
import {
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_initobject,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
} from './lunatik_obj.js'

const { pr_err, pr_warn, pr_debug } = pr_fmt('lunatik')

/** A runtime's private data. */
interface runtime_t {
  readonly L: lua_State
  /** Whether the script has finished loading. */
  ready: boolean
  /** When the count hook first ran in the call that runs now, in performance.now()'s milliseconds; 0 before. */
  started: number
  /** Where Lua was when the deadline ended it; null while it has not. */
  expired: string | null
  /** Each answers one sleeping handler's caller when the runtime stops. */
  readonly sleepers: Set<() => void>
}

/** What a handler or lunatik_run gives: a number, or a promise of one where it slept or waited. */
export type lunatik_result = number | Promise<number>

/** A function that runs with a runtime's state: the second argument of lunatik_run. */
export type lunatik_handler<A extends unknown[]> = (L: lua_State, ...args: A) => lunatik_result

/** VM instructions between two calls of the count hook. */
const tickInstructions = 1000
/** Every so many ticks, and every so many calls, the memory is looked at. */
const ticksPerMemoryCheck = 8
const callsPerMemoryCheck = 256
let ticks = 0
let calls = 0

/** How much of what lies outside of the heap, strings above all, the process may hold: a quarter of the machine's. */
const externalMax = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 4

/** Whether so little memory is left that the process itself is in danger. */
function memoryShort(): boolean {
  const { used_heap_size, heap_size_limit, external_memory } = getHeapStatistics()
  return used_heap_size > heap_size_limit * 0.9 || external_memory > externalMax
}

function raiseAt(L: lua_State, message: string): never {
  const ar = lua_getstack(L, 0)
  if (ar !== null) lua_getinfo(L, 'Sl', ar)
  lua_pushstring(L, ar === null ? message : `${ar.short_src}:${ar.currentline}: ${message}`)
  return lua_error(L)
}

/** The runtime whose Lua runs in L, also while its state is being closed; null for none. */
const runningIn = (L: lua_State) => (lunatik_toruntime(L).private as runtime_t | null) ?? closing

/**
 * The count hook: ends what runs past the deadline, and what has nearly filled the memory, which would end the process.
 */
function tick(L: lua_State): void {
  const runtime = runningIn(L)
  if (runtime === null) return
  if (++ticks % ticksPerMemoryCheck === 0 && memoryShort()) lunatik_enomem(L)
  if (lunatik_conf.deadline === 0) return
  const now = performance.now()
  if (runtime.started === 0) {
    runtime.started = now
    // What runs to its end without a pause can't be overtaken by a microtask; what sleeps in between is not late.
    queueMicrotask(() => {
      if (runtime.expired === null) runtime.started = 0
    })
  } else if (now - runtime.started >= lunatik_conf.deadline) expire(L)
}

/**
 * The count hook after the deadline: raises at every instruction, so that no pcall can go on.
 */
function expire(L: lua_State): void {
  const runtime = runningIn(L)
  if (runtime === null || runtime.started === 0) {
    // A coroutine that lived on into a later call.
    lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)
    return
  }
  lua_sethook(L, expire, LUA_MASKCOUNT, 1)
  lua_sethook(runtime.L, expire, LUA_MASKCOUNT, 1)
  try {
    raiseAt(L, `no return within ${lunatik_conf.deadline} ms`)
  } finally {
    runtime.expired ??= lua_tostring(L, -1)
  }
}

/** Ends the deadline of one call. Returns where Lua was ended, or null. */
function disarm(runtime: runtime_t): string | null {
  const { expired } = runtime
  runtime.started = 0
  runtime.expired = null
  if (expired !== null) lua_sethook(runtime.L, tick, LUA_MASKCOUNT, tickInstructions)
  return expired
}

/** The state of the runtime in interrupt context that runs now, if one does. */
let atomic: lua_State | null = null

/** The runtime whose state is being closed: its finalizers have a deadline too. */
let closing: runtime_t | null = null

function closeState(runtime: runtime_t): void {
  const outer = closing
  closing = runtime
  try {
    lua_close(runtime.L)
  } finally {
    closing = outer
    for (const wake of runtime.sleepers) wake()
  }
}

/** The class of runtimes. */
const lunatik_class: lunatik_class_t<runtime_t> = {
  name: 'lunatik',
  release: closeState,
  opt: LUNATIK_OPT_MONITOR | LUNATIK_OPT_EXTERNAL,
}

/** Runs the script in a new state. Returns 0, or -EINVAL or -ENOMEM with the reason logged. */
function runScript(runtime: runtime_t, script: string): number {
  const { L } = runtime
  lua_pushcfunction(L, lunatik_openlibs)
  let status = lua_pcall(L, 0, 0, 0)
  if (status === LUA_OK) status = lunatik_loadscript(L, script)
  if (status === LUA_OK) status = lua_pcall(L, 0, 1, 0)
  disarm(runtime)
  if (status === LUA_OK) return 0
  const message = lua_tostring(L, -1)
  pr_err(message)
  return message === NOT_ENOUGH_MEMORY ? -ENOMEM : -EINVAL
}

/**
 * Creates a runtime environment, then loads and runs `<script>.lua` of lunatik_conf.root as its entry point.
 *
 * Document: "lunatik_runtime". Later kernel code takes an opt bitmask for `sleep`, which serves here as well (it alone can
 * ask for HARDIRQ), and returns -ENOEXEC for -EINVAL.
 * @param pruntime its `value` is set to the new runtime, whose reference counter is 1; untouched on an error
 * @param script the script's name without `.lua`, relative to a folder of lunatik_conf.root
 * @param sleep whether the runtime is locked by a mutex, so that handlers may sleep; if false, by a spinlock, as with
 *   LUNATIK_OPT_SOFTIRQ
 * @returns 0; -ENOMEM if memory is insufficient, also where the script fails with `not enough memory`; -EINVAL if the script fails to load or to run (the log has
 *   `lunatik: ` and Lua's message, with file and line)
 */
export function lunatik_runtime(
  pruntime: { value: lunatik_object_t | null },
  script: string,
  sleep: boolean | lunatik_opt_t,
): number {
  if (atomic !== null) {
    pr_err(`lunatik_runtime("${script}") in interrupt context: it must be called from process context`)
    return -EINVAL
  }
  const L = luaL_newstate()
  if (L === null) return -ENOMEM
  const runtime: runtime_t = { L, ready: false, started: 0, expired: null, sleepers: new Set() }
  const opt = typeof sleep === 'number' ? sleep : sleep ? LUNATIK_OPT_NONE : LUNATIK_OPT_SOFTIRQ
  const object = lunatik_initobject(lunatik_class, runtime, opt) as lunatik_object_t
  lua_getextraspace(L).value = object
  lua_setwarnf(L, (message) => {
    pr_warn(message)
    // A finalizer that was ended must not end the others: short ones still run, long ones have had their time.
    if (runtime.expired === null) return
    runtime.expired = null
    lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)
  })
  lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)

  const ret = runScript(runtime, script)
  if (ret < 0) {
    lunatik_putobject(object)
    return ret
  }
  runtime.ready = true
  pruntime.value = object
  return 0
}

/**
 * Closes the Lua state of `runtime` and decrements its reference counter. Who sleeps in it or waits for it is
 * answered with -ENXIO; on a kernel, stopping would wait for them.
 *
 * Document: "lunatik_stop".
 * @returns 1 if the runtime environment has been released, otherwise 0; 0 and nothing done where one of its own
 *   handlers (before it sleeps) or its loading script calls it, which on a kernel would never return
 */
export function lunatik_stop(runtime: lunatik_object_t): number {
  const priv = runtime.private as runtime_t | null
  if (runtime.lock.running || priv?.ready === false) {
    pr_err('a runtime is stopped by its own handler or script: on a kernel this call would never return')
    return 0
  }
  if (priv !== null) {
    runtime.private = null
    closeState(priv)
  }
  return lunatik_putobject(runtime)
}

/** An exception that left a handler, as an errno: the log gets its message. */
function fault(e: unknown): number {
  if (e instanceof LuaError) {
    pr_err(`${e.message}: raised outside a protected call, which on a kernel is a crash`)
    return -ECANCELED
  }
  pr_err(e instanceof Error ? describe(e) : `a handler threw ${describe(e)}`)
  const stack = stackOf(e)
  if (stack !== null) pr_debug(stack)
  return -EIO
}

function checkResult(ret: unknown): number {
  if (typeof ret === 'number' && Number.isInteger(ret)) return ret
  pr_err(`a handler returned ${describe(ret)}, which is no integer`)
  return -EIO
}

/** The sleeping half of a call: keeps the lock's section open until `promise` settles or the runtime stops. */
async function sleep(object: lunatik_object_t, runtime: runtime_t, top: number, promise: Promise<number>) {
  let wake = () => {}
  const stopped = new Promise<number>((resolve) => {
    wake = () => resolve(-ENXIO)
    runtime.sleepers.add(wake)
  })
  const ret = await Promise.race([promise.then(checkResult, fault), stopped])
  runtime.sleepers.delete(wake)
  if (object.private !== runtime) return -ENXIO
  const expired = disarm(runtime)
  lua_recover(runtime.L, top)
  return expired === null ? ret : -ETIMEDOUT
}

/**
 * Reports a wait for a lock in interrupt context, which crashes a kernel, with the Lua traceback; does nothing in
 * process context.
 * @param L the state whose traceback tells where; by default that of the runtime that runs
 * @returns whether it was reported
 */
export function lunatik_reportatomic(L: lua_State | null = atomic): boolean {
  if (atomic === null || L === null) return false
  luaL_traceback(L, L, 'scheduling while atomic: a wait for a lock in a runtime that may not sleep', 0)
  pr_err(lua_tostring(L, -1))
  lua_settop(L, -2)
  return true
}

/** Calls a handler with the lock held. Whatever the handler does, the result is an errno and the state is usable. */
function call<A extends unknown[]>(object: lunatik_object_t, handler: lunatik_handler<A>, args: A): lunatik_result {
  const runtime = object.private as runtime_t | null
  if (runtime === null || !runtime.ready) return -ENXIO
  const { L } = runtime
  const top = lua_gettop(L)
  const outer = atomic
  if (!object.lock.sleep) atomic = L
  // Callbacks too short for a tick fill the memory as well: the first instruction of one is then its last.
  const poor = ++calls % callsPerMemoryCheck === 0 && memoryShort()
  if (poor) lua_sethook(L, lunatik_enomem, LUA_MASKCOUNT, 1)
  let ret: lunatik_result
  try {
    ret = handler(L, ...args)
  } catch (e) {
    ret = fault(e)
  }
  atomic = outer
  if (poor) lua_sethook(L, tick, LUA_MASKCOUNT, tickInstructions)
  if (ret instanceof Promise) {
    if (object.lock.sleep) return sleep(object, runtime, top, ret)
    pr_err('scheduling while atomic: a handler sleeps in a runtime that may not')
    ret.catch(() => {})
    ret = -EIO
  } else if (typeof ret !== 'number' || !Number.isInteger(ret)) ret = checkResult(ret)
  if (runtime.started !== 0) {
    const expired = disarm(runtime)
    if (expired !== null) {
      if (ret >= 0) pr_err(expired)
      ret = -ETIMEDOUT
    }
  }
  // After an exception, also one that the handler has caught itself, calls may be left.
  lua_recover(L, top)
  return ret
}

/**
 * Locks `runtime` and calls `handler(L, ...args)`; then restores the Lua stack and unlocks it. On a free lock a
 * handler that returns a number is all over when this returns; the caller waits for nothing.
 *
 * Document: "lunatik_run", whose `ret` is the result here.
 * @param handler returns the result, or a promise of it: then it sleeps, and holds the lock until the promise settles
 * @returns handler's result, or a promise of it where the handler sleeps or the lock is taken. -ENXIO if the Lua state
 *   has been closed; -ETIMEDOUT if Lua ran past lunatik_conf.deadline; -EDEADLK where a handler runs its own runtime
 *   again; -EIO where a handler threw, or slept in a runtime that may not; -ECANCELED for a Lua error outside a
 *   protected call. All but the first are logged.
 */
export function lunatik_run<A extends unknown[]>(
  runtime: lunatik_object_t,
  handler: lunatik_handler<A>,
  ...args: A
): lunatik_result {
  const { lock } = runtime
  if (!lock.trylock()) {
    if (!lock.running && lunatik_reportatomic()) return -EIO
    return lock.lock(() => call(runtime, handler, args))
  }
  let ret: lunatik_result | null = null
  try {
    ret = call(runtime, handler, args)
  } finally {
    if (!(ret instanceof Promise)) lock.unlock()
  }
  return ret instanceof Promise ? lock.unlockAfter(ret) : ret
}

/**
 * Like {@link lunatik_run}, without acquiring the lock: for who holds it, as a handler does. What the handler throws
 * passes to the caller.
 *
 * Document: "lunatik_handle".
 * @returns handler's result; -ENXIO if the Lua state has been closed
 */
export function lunatik_handle<A extends unknown[]>(
  runtime: lunatik_object_t,
  handler: lunatik_handler<A>,
  ...args: A
): lunatik_result {
  const priv = runtime.private as runtime_t | null
  if (priv === null) return -ENXIO
  const { L } = priv
  const top = lua_gettop(L)
  const outermost = lua_getstack(L, 0) === null
  try {
    const ret = handler(L, ...args)
    if (!(ret instanceof Promise)) lua_settop(L, top)
    return ret
  } catch (e) {
    // Below a call its protected call, or lunatik_run, restores the frame.
    if (outermost) lua_recover(L, top)
    throw e
  }
}

/**
 * The runtime environment that L belongs to.
 *
 * Document: "lunatik_toruntime".
 */
export const lunatik_toruntime = (L: lua_State) => lua_getextraspace(L).value as lunatik_object_t

/** The state of a runtime, or null once it is stopped. Upstream: `lunatik_getstate`. */
export const lunatik_getstate = (runtime: lunatik_object_t) => (runtime.private as runtime_t | null)?.L ?? null

/**
 * Whether the script associated with L has finished loading, that is, its top-level chunk has returned.
 *
 * Document: "lunatik_isready". Later kernel code takes the runtime.
 */
export const lunatik_isready = (L: lua_State) => (lunatik_toruntime(L).private as runtime_t | null)?.ready ?? false
