// lunatik.h: what a runtime holds, and how the files of this layer find it.
import { lua_getextraspace, type lua_State } from '../lua/lua.js'
import type { lunatik_locker } from './lunatik_lock.js'
import type { lunatik_object_t } from './lunatik_obj.js'

/**
 * Starts what a sleep waits for.
 * @param wake to be called once, with what came
 * @returns ends the wait early; gives what came of it instead
 */
export type lunatik_begin<T> = (wake: (value: T) => void) => () => T

/** Whether a signal ends a wait alone. */
export type lunatik_interruptible = boolean | 'as on a kernel'

/** A runtime's private data. */
export interface runtime_t {
  readonly L: lua_State
  /** The runner's script that it belongs to, as those do that the script's runtimes make; null for a module's. */
  readonly user: string | null
  /** The CPU that it is for, of a script that runs once for each; null for any other. */
  readonly cpu: number | null
  /** Whether the script has finished loading. */
  ready: boolean
  /**
   * When the count hook looks whether the call that runs now is late, or its slice over, on performance.now(); 0 before
   * it first ran, at the beginning of a call and after each wait.
   */
  look: number
  /** When it looks at more than whether somebody waits, on performance.now(). */
  full: number
  /** When the slice is over, on performance.now(). */
  slice: number
  /**
   * The thread's processor time from which the call's counts, in milliseconds; NaN where the next look is to set it.
   */
  used: number
  /** The processor time of the call's slices before this one, in milliseconds; -1 in its first. */
  spent: number
  /** Where Lua was when the deadline ended it; null while it has not. */
  expired: string | null
  /** Whether it works on when memory is short. */
  reserved: boolean
  /** Whether Lua has run in it since its garbage was last collected for others. */
  ran: boolean
  /** Before when that is not done again, on performance.now(). */
  rests: number
  /** From how many bytes of Lua on it collects its garbage. */
  collectsAt: number
  /** Each answers one sleeping handler's caller when the runtime stops. */
  readonly sleepers: Set<() => void>
  /** A thread that no call runs in. */
  idle: lua_State | null
  /** The coroutine that `resume` of the class runs, made of what the script returned. */
  body: lua_State | null
  /** What the call that has just suspended itself waits for. */
  waits: lunatik_begin<unknown> | null
  /** Whether a signal ends that wait, so that the call goes on. */
  interruptible: lunatik_interruptible
  /** What came of the wait of the call that is being resumed. */
  woken: unknown
  /** Ends the call that sleeps as if it had failed; null while none sleeps. */
  abandon: (() => void) | null
  /** The locks of objects whose methods sleep in this runtime. */
  readonly holds: Set<lunatik_locker>
}

export const newRuntime = (L: lua_State, user: string | null, cpu: number | null): runtime_t => ({
  L,
  user,
  cpu,
  ready: false,
  look: 0,
  full: 0,
  slice: 0,
  used: Number.NaN,
  spent: -1,
  expired: null,
  reserved: false,
  ran: true,
  rests: 0,
  collectsAt: 0,
  sleepers: new Set(),
  idle: null,
  body: null,
  waits: null,
  interruptible: true,
  woken: undefined,
  abandon: null,
  holds: new Set(),
})

/**
 * The runtime environment that L belongs to. [-0, +0, -]
 *
 * Document: "lunatik_toruntime".
 */
export const lunatik_toruntime = (L: lua_State) => lua_getextraspace(L).value as lunatik_object_t

/** The state of a runtime, or null once it is stopped. Upstream: `lunatik_getstate`. */
export const lunatik_getstate = (runtime: lunatik_object_t) => (runtime.private as runtime_t | null)?.L ?? null

/** The runtime whose state is being closed: its finalizers run Lua too. */
let closing: runtime_t | null = null

/** Calls `close` while `runtime` counts as the running one. */
export function whileClosing(runtime: runtime_t, close: () => void): void {
  const outer = closing
  closing = runtime
  try {
    close()
  } finally {
    closing = outer
  }
}

/** The runtime environment that L belongs to, if it does: a state of luaL_newstate belongs to none. */
export const lunatik_testruntime = (L: lua_State) => lua_getextraspace(L).value as lunatik_object_t | undefined

/** The runtime whose Lua runs in L, also while its state is being closed; null for none. */
export const runningIn = (L: lua_State) => (lunatik_testruntime(L)?.private as runtime_t | null | undefined) ?? closing
