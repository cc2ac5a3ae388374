// lunatik_core.c, the module `lunatik`: runtimes that a script makes, hands objects to and stops.
import { EINTR, ENXIO } from '../errno.js'
import { luaL_argcheck, luaL_checkstring, luaL_error, luaL_optinteger, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TBOOLEAN,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_YIELD,
  lua_checkstack,
  lua_error,
  lua_gettop,
  lua_newthread,
  lua_pcall,
  lua_pop,
  lua_pushboolean,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  lua_pushnumber,
  lua_pushstring,
  type lua_State,
  lua_setfield,
  lua_status,
  lua_toboolean,
  lua_tointegerx,
  lua_tolstring,
  lua_tonumber,
  lua_tostring,
  lua_type,
  lua_typename,
  lua_xmove,
} from '../lua/lua.js'
import { lua_tick } from '../lua/lua_ticks.js'
import { lunatik_checkoption, lunatik_throw } from '../lunatik/lunatik_aux.js'
import {
  lunatik_class,
  lunatik_newruntime,
  type lunatik_newruntime_t,
  lunatik_stop,
  lunatik_toruntime,
} from '../lunatik/lunatik_core.js'
import { disarm } from '../lunatik/lunatik_deadline.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_isirq,
  type lunatik_object_t,
  type lunatik_opt_t,
} from '../lunatik/lunatik_obj.js'
import { lunatik_setopener } from '../lunatik/lunatik_openers.js'
import { runningIn, type runtime_t } from '../lunatik/lunatik_private.js'
import { bodyOf, dropThread, newThread } from '../lunatik/lunatik_threads.js'
import {
  lunatik_checkobject,
  lunatik_cloneobject,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_pushobject,
  lunatik_testobject,
} from '../lunatik/lunatik_userdata.js'
import {
  LUNATIK_ABANDONED,
  lunatik_maywait,
  lunatik_resumethread,
  lunatik_waitk,
  preemptibleBelow,
} from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { nr_cpu_ids } from './cpumask.js'
import { luarcu_global } from './luarcu.js'

const { pr_warn } = pr_fmt('lunatik')

/** The contexts that a runtime may have, by the names that scripts give. */
export const contexts: Record<string, lunatik_opt_t> = {
  process: LUNATIK_OPT_NONE,
  softirq: LUNATIK_OPT_SOFTIRQ,
  hardirq: LUNATIK_OPT_HARDIRQ,
}

/**
 * Goes on with what `made` is, which the script waits for where it must.
 * @param drop gets a runtime that nobody waits for any more
 */
export function awaitRuntime(
  L: lua_State,
  made: lunatik_newruntime_t | Promise<lunatik_newruntime_t>,
  k: (L: lua_State, made: lunatik_newruntime_t) => number,
  drop: (runtime: lunatik_object_t) => void = lunatik_stop,
): number {
  if (!(made instanceof Promise)) return k(L, made)
  let wake: ((made: lunatik_newruntime_t) => void) | null = null
  void made.then((made) => {
    if (wake !== null) wake(made)
    else if (made.runtime !== null) drop(made.runtime)
  })
  return lunatik_waitk<lunatik_newruntime_t>(
    L,
    (woken) => {
      wake = woken
      return () => {
        wake = null
        return { ret: -EINTR, runtime: null, message: 'interrupted while the script was loading' }
      }
    },
    k,
  )
}

/** Raises why there is no runtime: Lua's message as it is, if it was one. */
export function raiseRuntime(L: lua_State, { message }: lunatik_newruntime_t): never {
  lua_pushstring(L, message ?? '<no error object>')
  return lua_error(L)
}

/** Raises in a runtime that can't have others. */
export function checkProcess(L: lua_State): void {
  if (lunatik_isirq(lunatik_toruntime(L).opt))
    luaL_error(L, "'lunatik': process-context class in interrupt-context runtime")
}

/** The CPU that argument `arg` names, which a script that runs once for each is for; null for none, as for -1. */
function checkCpu(L: lua_State, arg: number): number | null {
  const cpu = luaL_optinteger(L, arg, -1)
  luaL_argcheck(L, cpu >= -1 && cpu < nr_cpu_ids(), arg, 'invalid cpu')
  return cpu === -1 ? null : cpu
}

/**
 * `lunatik.runtime(script [, "process" | "softirq" | "hardirq" [, cpu]])`: a new runtime, in which the script has run.
 * A kernel of Lunatik 4.4 takes no CPU.
 * @throws raises what the script raised, `cannot open FILE`, `bad argument #2 to 'runtime' (invalid option 'o')`,
 *   `invalid cpu`
 */
function lunatik_lruntime(L: lua_State): number {
  const script = luaL_checkstring(L, 1)
  const opt = lunatik_checkoption(L, 2, 'process', contexts)
  const cpu = checkCpu(L, 3)
  checkProcess(L)
  const user = runningIn(L)?.user ?? null
  const made = preemptibleBelow(L, () => lunatik_newruntime(script, opt, user, undefined, cpu))
  return awaitRuntime(L, made, (L, made) => {
    if (made.runtime === null) return raiseRuntime(L, made)
    lunatik_cloneobject(L, made.runtime)
    // It takes as long as thousands of instructions.
    lua_tick(L)
    return 1
  })
}

/** The runtimes one of whose values has vanished. */
const vanished = new WeakSet<runtime_t>()

/**
 * Pushes a copy of the value at `idx` of the stack of `runtime`'s coroutine. What can't be shared arrives as nil, and
 * is logged, once a runtime.
 * @param dropsFunctions whether a function is dropped in silence: one that a body returns is for the next resume
 */
function copyValue(to: lua_State, runtime: runtime_t, from: lua_State, idx: number, dropsFunctions: boolean): void {
  const type = lua_type(from, idx)
  const object = lunatik_testobject(from, idx)
  if (object !== null) lunatik_pushobject(to, object)
  else if (type === LUA_TBOOLEAN) lua_pushboolean(to, lua_toboolean(from, idx))
  else if (type === LUA_TSTRING) lua_pushlstring(to, lua_tolstring(from, idx) as Uint8Array)
  else if (type === LUA_TNUMBER) {
    const integer = lua_tointegerx(from, idx)
    if (integer === null) lua_pushnumber(to, lua_tonumber(from, idx))
    else lua_pushinteger(to, integer)
  } else {
    if (type !== LUA_TNIL && !(type === LUA_TFUNCTION && dropsFunctions) && !vanished.has(runtime)) {
      vanished.add(runtime)
      pr_warn(`resume: a ${lua_typename(from, type)} can't be shared by runtimes: it becomes nil`)
    }
    lua_pushnil(to)
  }
}

/** Whether what {@link bodyOf} gives has something to be resumed: a call of what is no function raises as it runs. */
export const isResumable = (body: lua_State) => {
  const status = lua_status(body)
  return status === LUA_OK ? lua_gettop(body) > 0 : status === LUA_YIELD
}

/** Leaves nothing to be resumed, after a call that was given up while it slept. */
export function killBody(runtime: runtime_t): void {
  if (runtime.body !== null) dropThread(runtime.L, runtime.body)
  runtime.body = newThread(runtime.L, lua_newthread)
}

/** lua.h: slots that a function has without asking. */
const LUA_MINSTACK = 20

/** Clones objects for the coroutine that runs a runtime's body. Returns why that can't be; null where it is done. */
export function passObjects({ L }: runtime_t, body: lua_State, objects: readonly lunatik_object_t[]): string | null {
  const tooMany = 'too many arguments to resume'
  if (!lua_checkstack(L, objects.length + 1) || !lua_checkstack(body, objects.length)) return tooMany
  lua_pushcfunction(L, (L) => {
    if (!lua_checkstack(L, objects.length + LUA_MINSTACK)) luaL_error(L, tooMany)
    for (const object of objects) lunatik_pushobject(L, object)
    return objects.length
  })
  if (lua_pcall(L, 0, objects.length, 0) !== LUA_OK) {
    const message = lua_tostring(L, -1) ?? '(null)'
    lua_pop(L, 1)
    return message
  }
  lua_xmove(L, body, objects.length)
  return null
}

/** Ends a resume: pushes what the other runtime's coroutine has yielded or returned, or raises its error. */
function finishResume(L: lua_State, runtime: runtime_t, body: lua_State, status: number): number {
  if (status === -ENXIO) return lunatik_throw(L, -ENXIO)
  if (status === LUNATIK_ABANDONED) return lunatik_throw(L, -EINTR)
  if (status !== LUA_OK && status !== LUA_YIELD) {
    lua_pushstring(L, lua_tostring(body, -1) ?? '(null)')
    return lua_error(L)
  }
  const n = lua_gettop(body)
  // The engine lets indices reach only as far as a check has.
  if (!lua_checkstack(L, n + LUA_MINSTACK) || !lua_checkstack(body, 0))
    return luaL_error(L, 'too many results to resume')
  for (let i = 1; i <= n; i++) copyValue(L, runtime, body, i, status === LUA_OK)
  // What it has returned stays: a function among it is what the next resume calls.
  if (status === LUA_YIELD) lua_pop(body, n)
  return n
}

/**
 * `runtime:resume(obj...)`: calls the function that the script has returned, or goes on behind its coroutine.yield,
 * with objects. The method of a MONITOR class: the lock of the runtime is held.
 *
 * On a kernel nothing is returned, and errors end in a newline.
 * @returns what the coroutine yields or returns: booleans, numbers, strings and objects
 * @throws raises the coroutine's error, `cannot resume dead coroutine`, `ENXIO` for a runtime that is stopped, `bad
 *   argument #i to 'resume' (invalid object)`
 */
function lunatik_lresume(L: lua_State): number {
  const object = lunatik_checkobject(L, 1)
  luaL_argcheck(L, object.class.name === lunatik_class.name, 1, 'invalid object')
  const runtime = object.private as runtime_t | null
  if (runtime === null) return lunatik_throw(L, -ENXIO)
  const nargs = lua_gettop(L) - 1
  for (let i = 1; i <= nargs; i++) luaL_argcheck(L, lunatik_testobject(L, i + 1) !== null, i, 'invalid object')
  const body = bodyOf(runtime)
  if (!isResumable(body)) {
    lua_pushstring(L, 'cannot resume dead coroutine')
    return lua_error(L)
  }
  const objects = Array.from({ length: nargs }, (_, i) => lunatik_checkobject(L, i + 2))
  const failed = passObjects(runtime, body, objects)
  if (failed !== null) {
    lua_pushstring(L, failed)
    return lua_error(L)
  }
  const ret = preemptibleBelow(L, () =>
    lunatik_resumethread(runtime, body, nargs, (status) => {
      // The deadline is that of the call in L; this runtime has none to end.
      disarm(runtime)
      if (status === LUNATIK_ABANDONED) killBody(runtime)
      return status
    }),
  )
  if (!(ret instanceof Promise)) return finishResume(L, runtime, body, ret)
  if (!lunatik_maywait(L)) runtime.abandon?.()
  return lunatik_waitk<number>(
    L,
    (wake) => {
      void ret.then(wake)
      return () => {
        runtime.abandon?.()
        return -ENXIO
      }
    },
    (L, status) => finishResume(L, runtime, body, status),
  )
}

lunatik_class.methods.push(
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_deleteobject },
  { name: 'resume', func: lunatik_lresume },
  { name: 'stop', func: lunatik_closeobject },
)

/**
 * `lunatik.cpu()`: the CPU that the runtime is for, of a script that runs once for each; nil in any other. A kernel of
 * Lunatik 4.4 has no such function.
 */
function lunatik_lcpu(L: lua_State): number {
  const cpu = runningIn(L)?.cpu ?? null
  if (cpu === null) lua_pushnil(L)
  else lua_pushinteger(L, cpu)
  return 1
}

const lunatik_lib: luaL_Reg[] = [
  { name: 'runtime', func: lunatik_lruntime },
  { name: 'cpu', func: lunatik_lcpu },
]

/** `lunatik._ENV`: the rcu table that all runtimes share. Upstream: `lunatik_env`. */
export const lunatik_env: lunatik_object_t = luarcu_global()

const luaopen_lib = LUNATIK_NEWLIB('lunatik', lunatik_lib, LUNATIK_CLASSES('lunatik', lunatik_class))

/** `require("lunatik")`. */
function luaopen_lunatik(L: lua_State): number {
  luaopen_lib(L)
  lunatik_pushobject(L, lunatik_env)
  lua_setfield(L, -2, '_ENV')
  return 1
}

lunatik_setopener('lunatik', luaopen_lunatik)
