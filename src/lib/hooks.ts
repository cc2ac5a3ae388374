// The hooks that scripts have in a kernel, where there is none: what a module registers, and how an injected event
// reaches it. What a hook did with an event is kept as a deed, for whoever has injected it.
import { errname } from '../errname.js'
import { type lua_State, lua_tostring } from '../lua/lua.js'
import { lunatik_atomicreports } from '../lunatik/lunatik_atomic.js'
import { lunatik_run } from '../lunatik/lunatik_core.js'
import type { lunatik_object_t } from '../lunatik/lunatik_obj.js'
import { lunatik_toruntime, runningIn } from '../lunatik/lunatik_private.js'
import { lunatik_callingline } from '../lunatik/lunatik_userdata.js'
import { current, set_current, type task_struct } from '../sched.js'

/** Where a hook is: whose it is and which line has registered it. */
export interface hook_t {
  readonly runtime: lunatik_object_t
  /** The runner's script; null for a runtime that belongs to none. */
  readonly script: string | null
  /** `file:line` of the call that has registered it; null where no script's line has. */
  readonly place: string | null
}

/** The hook that a C function registers, which Lua has called. */
export const newHook = (L: lua_State): hook_t => ({
  runtime: lunatik_toruntime(L),
  script: runningIn(L)?.user ?? null,
  place: lunatik_callingline(L),
})

/** What a handler tells of its callback. */
export interface Outcome {
  /** What its callback returned, as the kernel takes it; null where it failed. */
  result: number | null
  /** The error's message, which is in the log as well; null where there was none. */
  error: string | null
}

/** What a hook did with an event. */
export interface Deed extends Readonly<Outcome> {
  /** What it was told, for example `KEYSYM`. */
  readonly what: string
  readonly script: string | null
  readonly place: string | null
  /** The name of the result, for example `OK`; null for none. */
  readonly verdict: string | null
  /** How long it took, in milliseconds. */
  readonly ms: number
  /** How often it would have slept where it may not: each is in the log, with its traceback. */
  readonly sleeps: number
}

/** Notes an error of a callback, which is on the top of the stack, and gives its text. */
export function failedCallback(L: lua_State, outcome: Outcome): string {
  outcome.error = lua_tostring(L, -1) ?? '(null)'
  return outcome.error
}

/** Whether a hook's script still runs. */
export const isAlive = ({ runtime }: hook_t): boolean => runtime.private !== null

/** A deed that is being done. */
type Doing = { -readonly [K in keyof Deed]: Deed[K] }

/** Ends a deed, whose call has given `ret`. */
function end(
  deed: Doing,
  verdicts: Readonly<Record<number, string>>,
  begin: number,
  reports: number,
  ret: number,
): Deed {
  if (ret < 0) {
    deed.result = null
    deed.error ??= errname(ret) ?? String(ret)
  }
  deed.verdict = deed.result === null ? null : (verdicts[deed.result] ?? null)
  deed.ms = performance.now() - begin
  deed.sleeps = lunatik_atomicreports() - reports
  return deed
}

/**
 * Calls a hook, as its kernel's side does.
 * @param task for whom: the task of who injects
 * @param handler runs with the runtime locked, and tells `outcome` what came of it
 * @param args what it gets beside
 * @returns what it did, or a promise of it where it sleeps or its runtime is taken
 */
export function callHook<A extends unknown[]>(
  hook: hook_t,
  what: string,
  verdicts: Readonly<Record<number, string>>,
  task: task_struct,
  handler: (L: lua_State, outcome: Outcome, ...args: A) => number | Promise<number>,
  ...args: A
): Deed | Promise<Deed> {
  const begin = performance.now()
  const reports = lunatik_atomicreports()
  const { script, place } = hook
  // Most are made for each of many packets: one object is all.
  const deed = { what, script, place, result: null, verdict: null, error: null, ms: 0, sleeps: 0 } as Doing
  const outer = current
  set_current(task)
  try {
    const ret = lunatik_run(hook.runtime, handler, deed, ...args)
    if (ret instanceof Promise) return ret.then((late) => end(deed, verdicts, begin, reports, late))
    return end(deed, verdicts, begin, reports, ret)
  } finally {
    set_current(outer)
  }
}
