// The module `lunatik.scripts`, what lunatik/runner.lua can't do by itself: a name is taken while its script loads, a
// stop ends whatever the script does, and the process itself runs scripts as well. What runs is in the tables of
// lunatik._ENV alone, as on a kernel.
import { isAbsolute } from 'node:path'
import { errname } from '../errname.js'
import { EINVAL } from '../errno.js'
import { luaL_argcheck, luaL_checkinteger, luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_isnoneornil, lua_pop, lua_pushboolean, type lua_State } from '../lua/lua.js'
import { lunatik_checkoption } from '../lunatik/lunatik_aux.js'
import { lunatik_conf, lunatik_limit } from '../lunatik/lunatik_conf.js'
import {
  lunatik_class,
  lunatik_newruntime,
  type lunatik_newruntime_t,
  lunatik_run,
  lunatik_stop,
} from '../lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_CONTEXT,
  lunatik_getobject,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import { lunatik_look } from '../lunatik/lunatik_search.js'
import { lunatik_cloneobject } from '../lunatik/lunatik_userdata.js'
import { lunatik_maywait, preemptibleBelow } from '../lunatik/lunatik_wait.js'
import { current, set_current, task_struct } from '../sched.js'
import { nr_cpu_ids } from './cpumask.js'
import { luarcu_getobject, luarcu_global, luarcu_keys, luarcu_setobject, luarcu_watch } from './luarcu.js'
import {
  luathread_class,
  luathread_hangs,
  luathread_new,
  luathread_stopk,
  luathread_stopnow,
  type luathread_t,
  luathread_warnrunning,
} from './luathread.js'
import { awaitRuntime, checkProcess, contexts, lunatik_env, raiseRuntime } from './lunatik.js'

/** The tables of lunatik._ENV: what runs by name, the threads of what was spawned, what runs by name and CPU. */
const registries = ['runtimes', 'threads', 'percpu'] as const

/** A script that is loading. */
interface Loading {
  /** The runtime of one that sleeps as it loads. */
  runtime: lunatik_object_t | null
}

/** The scripts that are loading, by name: nobody else gets it meanwhile. */
const loading = new Map<string, Loading>()

/** Told whenever another set of scripts runs, or they are looked for elsewhere. */
let changed = () => {}

/** Has `tell` told whenever another set of scripts runs, or they are looked for elsewhere. */
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

/** A table of lunatik._ENV; null where a script has taken it away. */
function registry(name: (typeof registries)[number]): lunatik_object_t | null {
  const table = luarcu_getobject(lunatik_env, name)
  if (table !== null) luarcu_watch(table, () => changed())
  return table
}

/** Makes the tables that lunatik._ENV hasn't. */
function startup(): void {
  for (const name of registries) if (registry(name) === null) luarcu_setobject(lunatik_env, name, luarcu_global())
}

startup()

const nameOf = (script: string) => script.replace(/\.lua$/, '')

/** A name's bytes, as tables have them. */
const keyOf = (name: string, cpu: number | null = null) =>
  `${Buffer.from(name).toString('latin1')}${cpu === null ? '' : `:${cpu}`}`

const asRuntime = (object: lunatik_object_t | null) =>
  object !== null && object.class.name === lunatik_class.name ? object : null

/** Where a runtime is entered. */
interface Entry {
  readonly table: lunatik_object_t | null
  readonly key: string
  readonly runtime: lunatik_object_t
}

/** A script's runtimes. */
function entriesOf(name: string): Entry[] {
  const entry = (table: lunatik_object_t | null, key: string): Entry[] => {
    const runtime = asRuntime(luarcu_getobject(table, key))
    return runtime === null ? [] : [{ table, key, runtime }]
  }
  const percpu = registry('percpu')
  const cpus = entry(percpu, keyOf(name, 0)).length === 0 ? 0 : nr_cpu_ids()
  return [
    ...entry(registry('runtimes'), keyOf(name)),
    ...Array.from({ length: cpus }, (_, cpu) => entry(percpu, keyOf(name, cpu))).flat(),
  ]
}

/** The runtime of a script; with percpu, that of a CPU. Null where there is none. */
export const runner_runtime = (name: string, cpu: number): lunatik_object_t | null =>
  asRuntime(luarcu_getobject(registry('runtimes'), keyOf(name))) ??
  asRuntime(luarcu_getobject(registry('percpu'), keyOf(name, cpu)))

/** The thread of a script: one that is left of a script of this name before doesn't count. */
function threadOf(name: string): lunatik_object_t<luathread_t> | null {
  const thread = luarcu_getobject(registry('threads'), keyOf(name)) as lunatik_object_t<luathread_t> | null
  if (thread?.class.name !== luathread_class.name) return null
  const runs = thread.private?.runtime ?? null
  return runs !== null && runs === luarcu_getobject(registry('runtimes'), keyOf(name)) ? thread : null
}

/** The names of the scripts that run, the oldest first, those of one runtime for each CPU last. */
const names = () =>
  [
    ...luarcu_keys(registry('runtimes')),
    ...luarcu_keys(registry('percpu')).flatMap((key) => (key.endsWith(':0') ? [key.slice(0, -2)] : [])),
  ].map((key) => Buffer.from(key, 'latin1').toString())

const refused = (message: string): lunatik_newruntime_t => ({ ret: -EINVAL, runtime: null, message })

/** Enters what was made under its name, or gives the name back. */
function enter(name: string, entry: Loading, cpu: number | null, made: lunatik_newruntime_t): lunatik_newruntime_t {
  // Shut down, or stopped, while it was loading; by now the name may be another's.
  if (loading.get(name) !== entry) {
    if (made.runtime !== null) lunatik_stop(made.runtime)
    return refused(`${name} was stopped while it was loading`)
  }
  loading.delete(name)
  startup()
  if (made.runtime !== null)
    luarcu_setobject(registry(cpu === null ? 'runtimes' : 'percpu'), keyOf(name, cpu), made.runtime)
  became(name, made.runtime === null ? 'fails' : 'runs')
  return made
}

/**
 * Runs a script under its name, for a CPU where it runs once for each.
 * @returns the runtime, with a reference for who asks, or why there is none; a promise of it where it sleeps
 */
function start(
  name: string,
  opt: lunatik_opt_t,
  cpu: number | null,
): lunatik_newruntime_t | Promise<lunatik_newruntime_t> {
  // Another may have come first, since who asks has looked.
  const [running] = entriesOf(name)
  if (loading.has(name) || (running !== undefined && (cpu === null || running.key === keyOf(name, cpu))))
    return refused(`${name} is already running`)
  const entry: Loading = { runtime: null }
  loading.set(name, entry)
  became(name, 'starts')
  const loads = (runtime: lunatik_object_t) => {
    entry.runtime = runtime
  }
  const made = lunatik_newruntime(name, opt, name, loads, cpu)
  return made instanceof Promise ? made.then((made) => enter(name, entry, cpu, made)) : enter(name, entry, cpu, made)
}

/** The outcome of a command. */
export type runner_result = { readonly ok: true } | { readonly ok: false; readonly error: string }

/** Runs a script for the process itself, or an instance of it for a CPU. */
async function runOnce(name: string, opt: lunatik_opt_t, cpu: number | null): Promise<runner_result> {
  const outer = current
  // A task of its own: it may wait for others.
  set_current(new task_struct())
  const made = start(name, opt, cpu)
  set_current(outer)
  const { runtime, message } = await made
  if (runtime === null) return { ok: false, error: message ?? '<no error object>' }
  lunatik_putobject(runtime)
  return { ok: true }
}

/**
 * Runs a script for the process itself.
 * @param percpu whether once for each CPU; where one fails, the others are taken back
 */
export async function runner_run(script: string, context: string, percpu = false): Promise<runner_result> {
  const opt = Object.hasOwn(contexts, context) ? contexts[context] : undefined
  if (opt === undefined) return { ok: false, error: `invalid context '${context}': give process, softirq or hardirq` }
  const name = nameOf(script)
  if (runner_has(name)) return { ok: false, error: `${name} is already running` }
  if (!percpu) return runOnce(name, opt, null)
  for (let cpu = 0; cpu < nr_cpu_ids(); cpu++) {
    const result = await runOnce(name, opt, cpu)
    if (result.ok) continue
    stopNow(name)
    return result
  }
  return { ok: true }
}

/** Runs a script for the process itself, and what it returns as a thread. */
export async function runner_spawn(script: string, context: string): Promise<runner_result> {
  const result = await runner_run(script, context)
  const name = nameOf(script)
  const runtime = entriesOf(name)[0]?.runtime
  if (!result.ok || runtime === undefined) return result
  const ret = await lunatik_run(runtime, (L) => {
    const thread = luathread_new(L, runtime, threadName(name), [])
    // The thread may have run already, and stopped its script.
    if (entriesOf(name)[0]?.runtime === runtime)
      luarcu_setobject(registry('threads'), keyOf(name), thread as lunatik_object_t)
    lua_pop(L, 1)
    return 0
  })
  return ret < 0 ? { ok: false, error: `its thread can't be made (${errname(ret) ?? ret})` } : result
}

/** The name of a script's thread, its last two words, as lunatik/runner.lua cuts it out. */
const threadName = (name: string) => /[0-9A-Za-z]*\/*[0-9A-Za-z]*$/.exec(name)?.[0] ?? ''

/** Takes a script away, whose thread is over or nobody waits for. */
function remove(name: string, entries: readonly Entry[], thread: lunatik_object_t | null): void {
  const loads = loading.get(name)?.runtime ?? null
  loading.delete(name)
  if (loads !== null && loads.private !== null) lunatik_stop(loads)
  // Another of this name may run by now.
  const left = entries.filter(({ table, key, runtime }) => luarcu_getobject(table, key) === runtime)
  for (const { runtime } of left) lunatik_getobject(runtime)
  const threads = registry('threads')
  if (thread !== null && luarcu_getobject(threads, keyOf(name)) === thread) luarcu_setobject(threads, keyOf(name), null)
  for (const { table, key } of left) luarcu_setobject(table, key, null)
  for (const { runtime } of left.reverse()) {
    if (runtime.private === null) lunatik_putobject(runtime)
    else lunatik_stop(runtime)
  }
  changed()
}

/** How a script runs. */
interface Ran {
  readonly context: string
  readonly spawned: boolean
  readonly percpu: boolean
}

/** How scripts ran that don't run since they were to run again. */
const ran = new Map<string, Ran>()

/** Stops a script that is to run again; see {@link runner_stop}. */
function stopNow(name: string): boolean {
  const entries = entriesOf(name)
  const thread = threadOf(name)
  if (entries.some(({ runtime }) => runtime.private !== null && runtime.lock.running)) return false
  const priv = thread?.private ?? null
  if (priv !== null && !luathread_stopnow(priv)) luathread_warnrunning(priv)
  remove(name, entries, thread as lunatik_object_t | null)
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
  for (const name of [...names(), ...loading.keys()].reverse()) runner_stop(name)
}

/** How a script runs; null for one that doesn't. */
function howRuns(name: string): Ran | null {
  const [entry] = entriesOf(name)
  if (entry === undefined) return null
  const context = Object.keys(contexts).find(
    (context) => contexts[context] === (entry.runtime.opt & LUNATIK_OPT_CONTEXT),
  )
  return { context: context ?? 'process', spawned: threadOf(name) !== null, percpu: entry.key !== keyOf(name) }
}

/** Stops a script and runs it again as it ran: in its context, as a thread where it was spawned, for each CPU. */
export async function runner_restart(script: string): Promise<runner_result> {
  const name = nameOf(script)
  const how = howRuns(name) ?? ran.get(name) ?? { context: 'process', spawned: false, percpu: false }
  ran.set(name, how)
  stopNow(name)
  const result = await (how.spawned ? runner_spawn(name, how.context) : runner_run(name, how.context, how.percpu))
  if (result.ok) ran.delete(name)
  return result
}

/** The scripts that run and how, the oldest first. */
export const runner_running = () =>
  names().flatMap((name) => {
    const how = howRuns(name)
    return how === null ? [] : [{ name, ...how }]
  })

/** The names of the scripts that run, the newest first: not of those that are loading. */
export const runner_list = (): string[] => names().reverse()

/** Whether a script runs or is loading. */
export function runner_has(script: string): boolean {
  const name = nameOf(script)
  return loading.has(name) || entriesOf(name).length > 0
}

/**
 * `scripts.runtime(name [, context [, cpu]])`: a runtime in which a script has run, under its name, which is taken from
 * now on.
 * @throws raises as lunatik.runtime does
 */
function scripts_runtime(L: lua_State): number {
  const name = luaL_checkstring(L, 1)
  const opt = lunatik_checkoption(L, 2, 'process', contexts)
  const cpu = lua_isnoneornil(L, 3) ? null : luaL_checkinteger(L, 3)
  checkProcess(L)
  return awaitRuntime(
    L,
    preemptibleBelow(L, () => start(name, opt, cpu)),
    (L, made) => {
      if (made.runtime === null) return raiseRuntime(L, made)
      lunatik_cloneobject(L, made.runtime)
      return 1
    },
    (runtime) => {
      runner_stop(name)
      lunatik_putobject(runtime)
    },
  )
}

/** `scripts.has(name)`: whether a script runs or is loading. */
function scripts_has(L: lua_State): number {
  lua_pushboolean(L, runner_has(luaL_checkstring(L, 1)))
  return 1
}

/**
 * `scripts.stop(name)`: stops a script, whatever it does. Its thread is stopped first and waited for, as long as a
 * callback may take; then it ends with the runtime, where a kernel would wait on.
 * @returns in Lua, false where a script would stop itself
 */
function scripts_stop(L: lua_State): number {
  const name = luaL_checkstring(L, 1)
  const entries = entriesOf(name)
  const thread = threadOf(name)
  const priv = thread?.private ?? null
  const running = priv !== null && priv.task !== null
  if (!running || luathread_hangs(priv) || !lunatik_maywait(L)) {
    lua_pushboolean(L, runner_stop(name))
    return 1
  }
  return luathread_stopk(L, priv, lunatik_limit(), (L, ended) => {
    if (!ended) luathread_warnrunning(priv)
    remove(name, entries, thread as lunatik_object_t | null)
    became(name, 'stopped')
    lua_pushboolean(L, true)
    return 1
  })
}

/**
 * `scripts.folder(dir, name)`: has scripts looked for in one more folder. It comes first, unless it is one of them
 * already and the script `name` is found there.
 */
function scripts_folder(L: lua_State): number {
  const dir = luaL_checkstring(L, 1)
  const name = luaL_checkstring(L, 2)
  luaL_argcheck(L, isAbsolute(dir), 1, 'no absolute path')
  const { root } = lunatik_conf
  const { found } = lunatik_look(root.map((folder) => `${folder}/${name}.lua`))
  if (root[found] !== dir) {
    lunatik_conf.root = [dir, ...root.filter((folder) => folder !== dir)]
    changed()
  }
  return 0
}

/** `scripts.startup()`: makes the tables of lunatik._ENV that aren't there. */
function scripts_startup(): number {
  startup()
  return 0
}

const scripts_lib: luaL_Reg[] = [
  { name: 'runtime', func: scripts_runtime },
  { name: 'has', func: scripts_has },
  { name: 'stop', func: scripts_stop },
  { name: 'folder', func: scripts_folder },
  { name: 'startup', func: scripts_startup },
]

LUNATIK_NEWLIB('lunatik.scripts', scripts_lib, null)
