// lunatik/runner.lua: the scripts that run, by name. It is one list for the process, whichever runtime asks; the
// command and the server use it too.
import { errname } from '../errname.js'
import { EINVAL } from '../errno.js'
import { luaL_checkstring, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_error, lua_pop, lua_pushstring, type lua_State, lua_toboolean } from '../lua/lua.js'
import { lunatik_checkoption } from '../lunatik/lunatik_aux.js'
import { lunatik_limit } from '../lunatik/lunatik_conf.js'
import {
  lunatik_isready,
  lunatik_newruntime,
  type lunatik_newruntime_t,
  lunatik_run,
  lunatik_stop,
} from '../lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  lunatik_getobject,
  lunatik_isirq,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import { lunatik_pushobject } from '../lunatik/lunatik_userdata.js'
import { lunatik_maywait, preemptibleBelow } from '../lunatik/lunatik_wait.js'
import { current, set_current, task_struct } from '../sched.js'
import {
  luathread_hangs,
  luathread_new,
  luathread_stopk,
  luathread_stopnow,
  type luathread_t,
  luathread_warnrunning,
} from './luathread.js'
import { awaitRuntime, checkProcess, contexts, raiseRuntime } from './lunatik.js'

/** A script that was started. */
interface Started {
  /** Null while it is loading. */
  runtime: lunatik_object_t | null
  /** The runtime of one that sleeps while it is loading. */
  loading: lunatik_object_t | null
  readonly opt: lunatik_opt_t
  /** Null for one that was not spawned. */
  thread: lunatik_object_t<luathread_t> | null
}

/** The scripts that run, oldest first. */
const scripts = new Map<string, Started>()

/** Told whenever another set of scripts runs. */
let changed = () => {}

/** Has `tell` told whenever another set of scripts runs. */
export function onChanged(tell: () => void): void {
  changed = tell
}

/** What becomes of a script: it begins to load, then it runs or fails; and somebody stops it, whether it ran or not. */
export type script_event = 'starts' | 'runs' | 'fails' | 'stopped'

/** Told what becomes of each script. */
let became = (_name: string, _event: script_event) => {}

/** Has `tell` told what becomes of each script. */
export function onScript(tell: (name: string, event: script_event) => void): void {
  became = tell
}

const nameOf = (script: string) => script.replace(/\.lua$/, '')

const refused = (message: string): lunatik_newruntime_t => ({ ret: -EINVAL, runtime: null, message })

/** Enters what was made under its name, or takes the name away. */
function enter(name: string, started: Started, made: lunatik_newruntime_t): lunatik_newruntime_t {
  // Shut down, or stopped, while it was loading; by now the name may be another's.
  if (scripts.get(name) !== started) {
    if (made.runtime !== null) lunatik_stop(made.runtime)
    return refused(`${name} was stopped while it was loading`)
  }
  if (made.runtime === null) scripts.delete(name)
  else started.runtime = made.runtime
  became(name, made.runtime === null ? 'fails' : 'runs')
  changed()
  return made
}

/**
 * Runs a script under its name.
 * @returns the runtime or why there is none, for example `NAME is already running`; a promise of it where it sleeps
 */
function start(script: string, opt: lunatik_opt_t): lunatik_newruntime_t | Promise<lunatik_newruntime_t> {
  const name = nameOf(script)
  if (scripts.has(name)) return refused(`${name} is already running`)
  const started: Started = { runtime: null, loading: null, opt, thread: null }
  scripts.set(name, started)
  became(name, 'starts')
  const made = lunatik_newruntime(name, opt, name, (runtime) => {
    started.loading = runtime
  })
  return made instanceof Promise ? made.then((made) => enter(name, started, made)) : enter(name, started, made)
}

/** The outcome of a command. */
export type runner_result = { readonly ok: true } | { readonly ok: false; readonly error: string }

/** Runs a script for the process itself. */
export async function runner_run(script: string, context: string): Promise<runner_result> {
  const opt = Object.hasOwn(contexts, context) ? contexts[context] : undefined
  if (opt === undefined) return { ok: false, error: `invalid context '${context}': give process, softirq or hardirq` }
  const outer = current
  // A task of its own: it may wait for others.
  set_current(new task_struct())
  const made = start(script, opt)
  set_current(outer)
  const { runtime, message } = await made
  return runtime === null ? { ok: false, error: message ?? '<no error object>' } : { ok: true }
}

/** Runs a script for the process itself, and what it returns as a thread. */
export async function runner_spawn(script: string, context: string): Promise<runner_result> {
  const result = await runner_run(script, context)
  const runtime = scripts.get(nameOf(script))?.runtime ?? null
  if (!result.ok || runtime === null) return result
  const ret = await lunatik_run(runtime, (L) => {
    startThread(L, script, runtime)
    lua_pop(L, 1)
    return 0
  })
  return ret < 0 ? { ok: false, error: `its thread can't be made (${errname(ret) ?? ret})` } : result
}

/** Makes the thread of a script that runs, and pushes it. */
function startThread(L: lua_State, script: string, runtime: lunatik_object_t): void {
  const thread = luathread_new(L, runtime, threadName(script))
  const started = scripts.get(nameOf(script))
  // The thread may have run already, and stopped what it is entered in.
  if (started?.runtime !== runtime) return
  lunatik_getobject(thread as lunatik_object_t)
  started.thread = thread
  changed()
}

/** Takes a script away, whose thread is over or nobody waits for. */
function remove(name: string, { runtime, loading, thread }: Started): void {
  scripts.delete(name)
  changed()
  if (runtime === null && loading !== null && loading.private !== null) lunatik_stop(loading)
  if (runtime !== null && runtime.private !== null) lunatik_stop(runtime)
  else if (runtime !== null) lunatik_putobject(runtime)
  if (thread !== null) lunatik_putobject(thread as lunatik_object_t)
}

/** How scripts ran that don't run since they were to run again. */
const ran = new Map<string, { readonly context: string; readonly spawned: boolean }>()

/** Stops a script that is to run again; see {@link runner_stop}. */
function stopNow(name: string): boolean {
  const started = scripts.get(name)
  if (started === undefined) return true
  const { runtime, thread } = started
  if (runtime !== null && runtime.private !== null && runtime.lock.running) return false
  const priv = thread?.private ?? null
  if (priv !== null && !luathread_stopnow(priv)) luathread_warnrunning(priv)
  // The thread may have stopped the script with its last steps.
  if (scripts.get(name) === started) remove(name, started)
  return true
}

/**
 * Stops a script and its thread, if it has one. Does nothing where none of this name runs. It doesn't wait: a thread
 * that doesn't end when it is woken ends with its runtime.
 * @returns false if it can't be stopped now: by itself
 */
export function runner_stop(script: string): boolean {
  const name = nameOf(script)
  const stopped = stopNow(name)
  if (!stopped) return false
  ran.delete(name)
  became(name, 'stopped')
  return true
}

/** Stops every script, the newest first. It doesn't wait for their threads. */
export function runner_shutdown(): void {
  for (const name of [...scripts.keys()].reverse()) runner_stop(name)
}

/** Stops a script and runs it again in the context that it had, as a thread where it was spawned. */
export async function runner_restart(script: string): Promise<runner_result> {
  const name = nameOf(script)
  const started = scripts.get(name)
  const { context, spawned } =
    started === undefined
      ? (ran.get(name) ?? { context: 'process', spawned: false })
      : { context: contextOf(started.opt), spawned: started.thread !== null }
  ran.set(name, { context, spawned })
  stopNow(name)
  const result = await (spawned ? runner_spawn : runner_run)(name, context)
  if (result.ok) ran.delete(name)
  return result
}

const contextOf = (opt: lunatik_opt_t) => Object.keys(contexts).find((name) => contexts[name] === opt) ?? 'process'

/** The scripts that run, their contexts and whether each was spawned, the oldest first. */
export const runner_running = () =>
  [...scripts]
    .filter(([, { runtime }]) => runtime !== null)
    .map(([name, { opt, thread }]) => ({ name, context: contextOf(opt), spawned: thread !== null }))

/** The names of the scripts that run, the newest first: not of those that are loading. */
export const runner_list = (): string[] =>
  [...scripts].flatMap(([name, { runtime }]) => (runtime === null ? [] : [name])).reverse()

/** Whether a script runs or is loading. */
export const runner_has = (script: string): boolean => scripts.has(nameOf(script))

/** Pushes a handle of the runtime that was made, or raises why there is none. */
function push(L: lua_State, made: lunatik_newruntime_t): number {
  if (made.runtime === null) return raiseRuntime(L, made)
  lunatik_pushobject(L, made.runtime)
  return 1
}

/**
 * `runner.run(script [, context])`: runs a script; `.lua` at its name's end is dropped.
 * @returns its runtime
 * @throws raises `NAME is already running`, and as lunatik.runtime does; for a third argument, a kernel's `percpu`
 */
function runner_lrun(L: lua_State): number {
  const script = luaL_checkstring(L, 1)
  const opt = lunatik_checkoption(L, 2, 'process', contexts)
  if (lua_toboolean(L, 3)) luaL_error(L, 'percpu is not supported: leave the third argument out, one runtime will do')
  checkProcess(L)
  return awaitRuntime(
    L,
    preemptibleBelow(L, () => start(script, opt)),
    push,
    () => void runner_stop(script),
  )
}

/** The name of a script's thread, its last two words, as upstream's runner cuts it out. */
const threadName = (script: string) => /[0-9A-Za-z]*\/*[0-9A-Za-z]*$/.exec(nameOf(script))?.[0] ?? ''

/**
 * `runner.spawn(script [, context])`: like run; the function that the script returns then runs as a thread.
 *
 * On a kernel the script runs on where the thread can't be made; here it isn't run.
 * @returns the thread
 * @throws raises `bad argument #1 to 'run' (not allowed during module load)`, also with `(IRQ runtime cannot spawn
 *   threads)`, and as run does
 */
function runner_lspawn(L: lua_State): number {
  const script = luaL_checkstring(L, 1)
  const opt = lunatik_checkoption(L, 2, 'process', contexts)
  if (lua_toboolean(L, 3)) luaL_error(L, 'spawn does not support percpu scripts')
  checkProcess(L)
  if (!lunatik_isready(L)) luaL_error(L, "bad argument #1 to 'run' (not allowed during module load)")
  if (lunatik_isirq(opt)) luaL_error(L, "bad argument #1 to 'run' (IRQ runtime cannot spawn threads)")
  const spawned = (L: lua_State, made: lunatik_newruntime_t) => {
    if (made.runtime === null) return raiseRuntime(L, made)
    startThread(L, script, made.runtime)
    return 1
  }
  return awaitRuntime(
    L,
    preemptibleBelow(L, () => start(script, opt)),
    spawned,
    () => void runner_stop(script),
  )
}

/**
 * Stops a script, waits for its thread where that is possible, and goes on with `k`, which is told whether it could.
 */
function stopk(L: lua_State, name: string, k: (L: lua_State, stopped: boolean) => number): number {
  const started = scripts.get(name)
  const thread = started?.thread?.private ?? null
  const running = thread !== null && thread.task !== null
  if (started === undefined || !running || luathread_hangs(thread) || !lunatik_maywait(L))
    return k(L, runner_stop(name))
  return luathread_stopk(L, thread, lunatik_limit(), (L, ended) => {
    if (!ended) luathread_warnrunning(thread)
    if (scripts.get(name) === started) remove(name, started)
    became(name, 'stopped')
    return k(L, true)
  })
}

/**
 * `runner.stop(script)`: stops a script, if it runs. Its thread is stopped first and waited for, as long as a callback
 * may take; then it ends with the runtime, where a kernel would wait on.
 * @throws raises where a script stops itself, which on a kernel hangs
 */
function runner_lstop(L: lua_State): number {
  const name = nameOf(luaL_checkstring(L, 1))
  return stopk(L, name, (L, stopped) => {
    if (stopped) return 0
    lua_pushstring(L, `${name} can't stop itself: on a kernel this call would never return`)
    return lua_error(L)
  })
}

/** `runner.list()`: the names of the scripts that run, joined by `, `, the newest first. */
function runner_llist(L: lua_State): number {
  lua_pushstring(L, runner_list().join(', '))
  return 1
}

/** `runner.shutdown()`: stops every script but the one that calls, the newest first, as `stop` does. */
function runner_lshutdown(L: lua_State): number {
  const names = [...scripts.keys()]
  const next = (L: lua_State): number => {
    const name = names.pop()
    return name === undefined ? 0 : stopk(L, name, next)
  }
  return next(L)
}

/** `runner.startup()`: makes the list ready, which it is. */
const runner_lstartup = () => 0

const runner_lib: luaL_Reg[] = [
  { name: 'run', func: runner_lrun },
  { name: 'spawn', func: runner_lspawn },
  { name: 'stop', func: runner_lstop },
  { name: 'list', func: runner_llist },
  { name: 'startup', func: runner_lstartup },
  { name: 'shutdown', func: runner_lshutdown },
]

export const luaopen_lunatik_runner = LUNATIK_NEWLIB('lunatik.runner', runner_lib, null)
