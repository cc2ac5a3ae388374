// lunatik_core.c: runtimes. A runtime is an object whose private data is a Lua state.
//
// Beyond the kernel: Lua that runs too long is ended by the count hook (lunatik_conf.deadline), and what would crash
// or hang a machine is an errno and a line in the log.
import './lunatik_v8inlining.js'
import { ECANCELED, EINVAL, EIO, ENOMEM, ENXIO, ETIMEDOUT } from '../errno.js'
import { isA } from '../lua/describe.js'
import { engine } from '../lua/engine.js'
import { luaL_newstate, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LuaError,
  lua_callk,
  lua_getextraspace,
  lua_getstack,
  lua_gettop,
  lua_insert,
  lua_isnil,
  lua_pcall,
  lua_pushcfunction,
  lua_recover,
  type lua_State,
  lua_setcloser,
  lua_setlimit,
  lua_settop,
  lua_setwarnf,
  lua_tostring,
} from '../lua/lua.js'
import { panicOn } from '../panic.js'
import { describe, pr_fmt, stackOf } from '../printk.js'
import { set_need_resched } from '../runqueue.js'
import { current, set_current } from '../sched.js'
import { inAtomic, isAtomic, lunatik_reportatomic } from './lunatik_atomic.js'
import { lunatik_conf } from './lunatik_conf.js'
import { disarm, unwatchMemory, watch, watchMemory } from './lunatik_deadline.js'
import { isNoMemory, NOT_ENOUGH_MEMORY } from './lunatik_enomem.js'
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
  lunatik_place,
  lunatik_putobject,
} from './lunatik_obj.js'
import { joinPool, leavePool } from './lunatik_oom.js'
import { lunatik_toruntime, newRuntime, type runtime_t, whileClosing } from './lunatik_private.js'
import { bodyOf } from './lunatik_threads.js'
import { lunatik_pcall, type lunatik_result, unpreempted } from './lunatik_wait.js'

export { lunatik_getstate, lunatik_toruntime } from './lunatik_private.js'
export type { lunatik_result } from './lunatik_wait.js'

const { pr_err, pr_warn, pr_debug } = pr_fmt('lunatik')

/** A function that runs with a runtime's state: the second argument of lunatik_run. */
export type lunatik_handler<A extends unknown[]> = (L: lua_State, ...args: A) => lunatik_result

function closeState(runtime: runtime_t): void {
  leavePool(runtime)
  for (const wake of [...runtime.sleepers]) wake()
  for (const lock of runtime.holds) lock.unlock()
  const close = () => whileClosing(runtime, () => engine.lua_close(runtime.L))
  if (engine.lua_isrunning(runtime.L)) {
    // A C function that ends its own runtime would return into what is freed.
    engine.lua_kill(runtime.L)
    queueMicrotask(close)
  } else close()
}

/** The class of runtimes. Its methods are src/lib/lunatik.ts's. */
export const lunatik_class: lunatik_class_t<runtime_t> & { readonly methods: luaL_Reg[] } = {
  name: 'lunatik',
  methods: [],
  release: closeState,
  opt: LUNATIK_OPT_MONITOR | LUNATIK_OPT_EXTERNAL,
}

/** What lunatik_newruntime gives. */
export interface lunatik_newruntime_t {
  /** 0, -ENOMEM or -EINVAL. */
  readonly ret: number
  /** The runtime; null on an error. */
  readonly runtime: lunatik_object_t | null
  /** Lua's message on an error, with file and line. */
  readonly message: string | null
}

const failed = (message: string | null): lunatik_newruntime_t => ({
  ret: isNoMemory(message) ? -ENOMEM : -EINVAL,
  runtime: null,
  message,
})

function makeRuntime(opt: lunatik_opt_t, user: string | null, cpu: number | null): lunatik_object_t<runtime_t> | null {
  const L = luaL_newstate()
  if (L === null) return null
  lua_setlimit(L, lunatik_conf.memory)
  const runtime = newRuntime(L, user, cpu)
  joinPool(runtime)
  const object = lunatik_initobject(lunatik_class, runtime, opt)
  lua_getextraspace(L).value = object
  lua_setcloser(L, 'lunatik_stop')
  lua_setwarnf(L, (message) => {
    pr_warn(message)
    // A finalizer that was ended must not end the others: short ones still run, long ones have had their time.
    if (runtime.expired === null) return
    runtime.expired = null
    watch(L)
  })
  watch(L)
  return object
}

/** Runs a script's chunk: the C function that a kernel's traceback ends in. */
function runScript(L: lua_State): number {
  lua_callk(L, 0, 1, () => 1)
  return 1
}

/**
 * Like {@link lunatik_runtime}, for a script that may sleep while it loads. Upstream: `lunatik_newruntime`.
 * @param opt LUNATIK_OPT flags
 * @param user the runner's script that the runtime belongs to, if it does
 * @param loading gets the runtime where the script sleeps: lunatik_stop ends it then
 * @param cpu whose the runtime is, of a script that has one for each; null for none
 * @returns the new runtime or why there is none, or a promise of it where the script sleeps. Nothing is logged.
 */
export function lunatik_newruntime(
  script: string,
  opt: lunatik_opt_t,
  user: string | null = null,
  loading: (runtime: lunatik_object_t) => void = () => {},
  cpu: number | null = null,
): lunatik_newruntime_t | Promise<lunatik_newruntime_t> {
  const object = makeRuntime(opt, user, cpu)
  if (object === null) return failed(NOT_ENOUGH_MEMORY)
  const runtime = object.private as runtime_t
  const { L } = runtime
  const end = (status: number): lunatik_newruntime_t => {
    if (object.private === null) return failed('the runtime was stopped while its script was loading')
    disarm(runtime)
    if (status === LUA_OK) {
      // An error that nobody catches would clear it off the stack.
      if (!lua_isnil(L, -1)) bodyOf(runtime)
      runtime.ready = true
      return { ret: 0, runtime: object as lunatik_object_t, message: null }
    }
    const result = failed(lua_tostring(L, -1))
    // Hooks that it has registered before it failed hold the runtime: they go with the state.
    object.private = null
    closeState(runtime)
    lunatik_putobject(object as lunatik_object_t)
    return result
  }
  try {
    lua_pushcfunction(L, lunatik_openlibs)
    let status = lua_pcall(L, 0, 0, 0)
    if (status === LUA_OK) status = lunatik_loadscript(L, script)
    if (status !== LUA_OK) return end(status)
    lua_pushcfunction(L, runScript)
    lua_insert(L, -2)
    const ret = lunatik_pcall(L, 1, 1, (_, status) => status)
    if (!(ret instanceof Promise)) return end(ret)
    loading(object as lunatik_object_t)
    return ret.then(end)
  } catch (e) {
    panicOn(e)
    // An error of the engine's, whose state is left as it is.
    fault(e)
    leavePool(runtime)
    object.private = null
    lunatik_putobject(object as lunatik_object_t)
    return failed(`the engine failed while '${script}' was loading: ${describe(e)}`)
  }
}

/**
 * Creates a runtime environment, then loads and runs `<script>.lua` of lunatik_conf.root as its entry point.
 *
 * Document: "lunatik_runtime". Later kernel code takes an opt bitmask for `sleep`, which serves here as well (it alone
 * can ask for HARDIRQ), and returns -ENOEXEC for -EINVAL.
 * @param pruntime its `value` is set to the new runtime, whose reference counter is 1; untouched on an error
 * @param script the script's name without `.lua`, relative to a folder of lunatik_conf.root
 * @param sleep whether the runtime is locked by a mutex, so that handlers may sleep; if false, by a spinlock, as with
 *   LUNATIK_OPT_SOFTIRQ
 * @returns 0; -ENOMEM if memory is insufficient, also where the script fails with `not enough memory`; -EINVAL if the
 *   script fails to load or to run (the log has `lunatik: ` and Lua's message, with file and line), also where it
 *   sleeps while it loads: {@link lunatik_newruntime} can wait for that
 */
export function lunatik_runtime(
  pruntime: { value: lunatik_object_t | null },
  script: string,
  sleep: boolean | lunatik_opt_t,
): number {
  if (isAtomic()) {
    pr_err(`lunatik_runtime("${script}") in interrupt context: it must be called from process context`)
    return -EINVAL
  }
  const opt = typeof sleep === 'number' ? sleep : sleep ? LUNATIK_OPT_NONE : LUNATIK_OPT_SOFTIRQ
  const made = unpreempted(() => lunatik_newruntime(script, opt))
  if (made instanceof Promise) {
    pr_err(`lunatik_runtime("${script}"): the script sleeps while it loads: use lunatik_newruntime, which waits for it`)
    void made.then(({ runtime }) => runtime !== null && lunatik_stop(runtime))
    return -EINVAL
  }
  if (made.ret < 0) pr_err(made.message)
  else pruntime.value = made.runtime
  return made.ret
}

/**
 * Closes the Lua state of `runtime` and decrements its reference counter. Who sleeps in it or waits for it is
 * answered with -ENXIO; on a kernel, stopping would wait for them.
 *
 * Document: "lunatik_stop".
 * @returns 1 if the runtime environment has been released, otherwise 0; 0 and nothing done where one of its own
 *   handlers (before it sleeps) or its loading script calls it, which on a kernel would never return, and where it was
 *   stopped before: other references are put with `lunatik_putobject`. Both are logged
 */
export function lunatik_stop(runtime: lunatik_object_t): number {
  const priv = runtime.private as runtime_t | null
  // A script that sleeps while it loads is not the one that calls.
  if (runtime.lock.running || (priv?.ready === false && priv.abandon === null)) {
    pr_err('a runtime is stopped by its own handler or script: on a kernel this call would never return')
    return 0
  }
  if (stopped.has(runtime) && runtime.kref > 0) {
    pr_err(`a runtime is stopped a second time, whose reference is somebody else's: ${lunatik_place()}`)
    return 0
  }
  stopped.add(runtime)
  if (priv !== null) {
    runtime.private = null
    closeState(priv)
  }
  return lunatik_putobject(runtime)
}

/** Those that {@link lunatik_stop} has put its reference of. */
const stopped = new WeakSet<lunatik_object_t>()

/** An exception that left a handler, as an errno: the log gets its message. */
function fault(e: unknown): number {
  panicOn(e)
  if (isA(e, LuaError)) {
    pr_err(`${e.message}: raised outside a protected call, which on a kernel is a crash`)
    return -ECANCELED
  }
  pr_err(isA(e, Error) ? describe(e) : `a handler threw ${describe(e)}`)
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
    wake = () => {
      resolve(-ENXIO)
      set_need_resched()
    }
    runtime.sleepers.add(wake)
  })
  const ret = await Promise.race([promise.then(checkResult, fault), stopped])
  runtime.sleepers.delete(wake)
  if (object.private !== runtime) return -ENXIO
  const expired = disarm(runtime)
  lua_recover(runtime.L, top)
  return expired === null ? ret : -ETIMEDOUT
}

// A function with a closure in it makes an object for what that takes, each time: what every call runs has none.

/** Calls a handler with the lock held. Whatever the handler does, the result is an errno and the state is usable. */
function call<A extends unknown[]>(object: lunatik_object_t, handler: lunatik_handler<A>, args: A): lunatik_result {
  const runtime = object.private as runtime_t | null
  if (runtime === null || !runtime.ready) return -ENXIO
  const { L } = runtime
  const top = lua_gettop(L)
  const poor = watchMemory(runtime)
  let ret: lunatik_result
  try {
    ret = object.lock.sleep ? handler(L, ...args) : inAtomic(L, handler, args)
  } catch (e) {
    ret = fault(e)
  }
  // The handler has put its own runtime's last reference.
  if (object.private !== runtime) return ret instanceof Promise ? ret.then(checkResult, fault) : checkResult(ret)
  if (poor) unwatchMemory(runtime)
  if (ret instanceof Promise) {
    if (object.lock.sleep) return sleep(object, runtime, top, ret)
    pr_err('scheduling while atomic: a handler sleeps in a runtime that may not')
    ret.catch(() => {})
    ret = -EIO
  } else if (typeof ret !== 'number' || !Number.isInteger(ret)) ret = checkResult(ret)
  if (runtime.look !== 0) {
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

/** Calls a handler with the lock held, and gives the lock back when it is over. */
function locked<A extends unknown[]>(object: lunatik_object_t, handler: lunatik_handler<A>, args: A): lunatik_result {
  const { lock } = object
  let ret: lunatik_result | null = null
  try {
    ret = call(object, handler, args)
  } finally {
    if (!(ret instanceof Promise)) lock.unlock()
  }
  if (!(ret instanceof Promise)) return ret
  lock.sleeps()
  return unlockAfter(object, ret)
}

const unlockAfter = ({ lock }: lunatik_object_t, ret: Promise<number>) => ret.finally(() => lock.unlock())

/**
 * Locks `runtime` and calls `handler(L, ...args)`; then restores the Lua stack and unlocks it. On a free lock a
 * handler that returns a number is all over when this returns; the caller waits for nothing.
 *
 * Document: "lunatik_run", whose `ret` is the result here.
 * @param handler returns the result, or a promise of it: then it sleeps, and holds the lock until the promise settles
 * @returns handler's result, or a promise of it where the handler sleeps or the lock is taken. -ENXIO if the Lua state
 *   has been closed; -ETIMEDOUT if Lua ran past lunatik_conf.deadline; -EDEADLK where a handler runs its own runtime
 *   again; -EINTR where the program has gone before its turn came; -EIO where a handler threw, or slept in a runtime
 *   that may not; -ECANCELED for a Lua error outside a protected call. All but the first and -EINTR are logged.
 */
export function lunatik_run<A extends unknown[]>(
  runtime: lunatik_object_t,
  handler: lunatik_handler<A>,
  ...args: A
): lunatik_result {
  const { lock } = runtime
  if (lock.trylock()) return locked(runtime, handler, args)
  if (!lock.running && lunatik_reportatomic()) return -EIO
  const wait = lock.lock()
  return wait instanceof Promise ? runAfter(wait, runtime, handler, args) : wait
}

/** Runs a handler when the lock has been waited for. */
function runAfter<A extends unknown[]>(
  wait: Promise<number>,
  runtime: lunatik_object_t,
  handler: lunatik_handler<A>,
  args: A,
): Promise<number> {
  const task = current
  return wait.then((ret) => {
    if (ret < 0) return ret
    const outer = current
    set_current(task)
    try {
      return locked(runtime, handler, args)
    } finally {
      set_current(outer)
    }
  })
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
 * Whether the script associated with L has finished loading, that is, its top-level chunk has returned. [-0, +0, -]
 *
 * Document: "lunatik_isready". Later kernel code takes the runtime.
 */
export const lunatik_isready = (L: lua_State) => (lunatik_toruntime(L).private as runtime_t | null)?.ready ?? false
