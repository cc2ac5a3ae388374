// lunatik/runner.lua: the scripts that run, by name. It is one list for the process, whichever runtime asks; the command
// and the server use it too.
import { EINVAL } from '../errno.js'
import { luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import { LUA_OK, LUA_YIELD, lua_error, lua_pushstring, type lua_State, lua_tostring } from '../lua/lua.js'
import { lunatik_checkoption } from '../lunatik/lunatik_aux.js'
import { lunatik_newruntime, type lunatik_newruntime_t, lunatik_run, lunatik_stop } from '../lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  lunatik_getobject,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import type { runtime_t } from '../lunatik/lunatik_private.js'
import { lunatik_pushobject } from '../lunatik/lunatik_userdata.js'
import { LUNATIK_ABANDONED, lunatik_resumethread } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { current, set_current, task_struct } from '../sched.js'
import { awaitRuntime, bodyOf, checkProcess, contexts, killBody, raiseRuntime } from './lunatik.js'

const { pr_err } = pr_fmt('luathread')

/** A script that was started. */
interface Started {
  /** Null while it is loading. */
  runtime: lunatik_object_t | null
  readonly opt: lunatik_opt_t
}

/** The scripts that run, oldest first. */
const scripts = new Map<string, Started>()

/** Told whenever another set of scripts runs. */
let changed = () => {}

/** Has `tell` told whenever another set of scripts runs. */
export function onChanged(tell: () => void): void {
  changed = tell
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
  const started: Started = { runtime: null, opt }
  scripts.set(name, started)
  const made = lunatik_newruntime(name, opt)
  return made instanceof Promise ? made.then((made) => enter(name, started, made)) : enter(name, started, made)
}

/** Runs what the script returned in a task of its own, as a kernel thread would. */
function startThread(runtime: lunatik_object_t): void {
  const outer = current
  set_current(new task_struct())
  lunatik_getobject(runtime)
  const ret = lunatik_run(runtime, () => {
    const body = bodyOf(runtime.private as runtime_t)
    return lunatik_resumethread(runtime.private as runtime_t, body, 0, (status) => {
      if (status === LUNATIK_ABANDONED) killBody(runtime.private as runtime_t)
      else if (status !== LUA_OK && status !== LUA_YIELD) pr_err(lua_tostring(body, -1))
      return 0
    })
  })
  set_current(outer)
  if (ret instanceof Promise) void ret.finally(() => lunatik_putobject(runtime))
  else lunatik_putobject(runtime)
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
  return runtime === null ? { ok: false, error: message ?? 'not enough memory' } : { ok: true }
}

/** Stops a script. Does nothing where none of this name runs. Returns false where it can't be stopped now: by itself. */
export function runner_stop(script: string): boolean {
  const name = nameOf(script)
  const started = scripts.get(name)
  if (started === undefined) return true
  const { runtime } = started
  if (runtime !== null && runtime.private !== null) {
    if (runtime.lock.running) return false
    lunatik_stop(runtime)
  } else if (runtime !== null) lunatik_putobject(runtime)
  scripts.delete(name)
  changed()
  return true
}

/** Stops every script, the newest first. */
export function runner_shutdown(): void {
  for (const name of runner_list()) runner_stop(name)
}

/** Stops a script and runs it again in the context that it had. */
export async function runner_restart(script: string): Promise<runner_result> {
  const name = nameOf(script)
  const context = contextOf(scripts.get(name)?.opt ?? LUNATIK_OPT_NONE)
  runner_stop(name)
  return runner_run(name, context)
}

const contextOf = (opt: lunatik_opt_t) => Object.keys(contexts).find((name) => contexts[name] === opt) ?? 'process'

/** The scripts that run and their contexts, the oldest first. */
export const runner_running = () =>
  [...scripts]
    .filter(([, { runtime }]) => runtime !== null)
    .map(([name, { opt }]) => ({ name, context: contextOf(opt) }))

/** The names of the scripts that run, the newest first. */
export const runner_list = (): string[] => [...scripts.keys()].reverse()

/** Pushes a handle of the runtime that was made, or raises why there is none. */
function push(L: lua_State, made: lunatik_newruntime_t): number {
  if (made.runtime === null) return raiseRuntime(L, made)
  lunatik_pushobject(L, made.runtime)
  return 1
}

/**
 * `runner.run(script [, context])`: runs a script; `.lua` at its name's end is dropped.
 * @returns its runtime
 * @throws raises `NAME is already running`, and as lunatik.runtime does
 */
function runner_lrun(L: lua_State): number {
  const script = luaL_checkstring(L, 1)
  const opt = lunatik_checkoption(L, 2, 'process', contexts)
  checkProcess(L)
  return awaitRuntime(L, start(script, opt), push, () => void runner_stop(script))
}

/** `runner.spawn(script [, context])`: like run; the function that the script returns then runs as a thread. */
function runner_lspawn(L: lua_State): number {
  const script = luaL_checkstring(L, 1)
  const opt = lunatik_checkoption(L, 2, 'process', contexts)
  checkProcess(L)
  const spawned = (L: lua_State, made: lunatik_newruntime_t) => {
    if (made.runtime !== null) startThread(made.runtime)
    return push(L, made)
  }
  return awaitRuntime(L, start(script, opt), spawned, () => void runner_stop(script))
}

/** `runner.stop(script)`: stops a script, if it runs. On a kernel a script that stops itself hangs; here it raises. */
function runner_lstop(L: lua_State): number {
  const script = luaL_checkstring(L, 1)
  if (runner_stop(script)) return 0
  lua_pushstring(L, `${nameOf(script)} can't stop itself: on a kernel this call would never return`)
  return lua_error(L)
}

/** `runner.list()`: the names of the scripts that run, joined by `, `, the newest first. */
function runner_llist(L: lua_State): number {
  lua_pushstring(L, runner_list().join(', '))
  return 1
}

/** `runner.shutdown()`: stops every script but the one that calls. */
function runner_lshutdown(): number {
  runner_shutdown()
  return 0
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
