// linux/wait.h and kernel/sched: how Lua sleeps, and how it is suspended when its slice is over. The program that
// called waits for its answer, the runtime stays locked, and every other runtime goes on.
//
// There is one thread, so what sleeps must leave the call stack: a callback runs in a coroutine, which is suspended
// from the C function that waits, or where the count hook finds it, and resumed there when its time has come.

import { EINTR, ENXIO } from '../errno.js'
import { checkCall as lua_checkcall, checkFunction as lua_checkfunction } from '../lua/border.js'
import { STOPPED } from '../lua/describe.js'
import { engine } from '../lua/engine.js'
import { luaL_error } from '../lua/lauxlib.js'
import {
  callerValues,
  lua_closesuspended,
  lua_innermost,
  lua_issuspendable,
  lua_newcaller,
  lua_suspend,
  lua_suspendhook,
  lua_wassuspended,
} from '../lua/lcorolib.js'
import {
  LUA_MINSTACK,
  LUA_MULTRET,
  LUA_OK,
  LUA_YIELD,
  lua_checkstack,
  lua_closethread,
  lua_gettop,
  lua_pushstring,
  type lua_State,
  lua_xmove,
} from '../lua/lua.js'
import { enqueue_task, set_need_resched } from '../runqueue.js'
import { current, init_task, set_current, type task_struct } from '../sched.js'
import { inAtomic, isAtomic, lunatik_reportatomic } from './lunatik_atomic.js'
import { logTraceback, pcallAtomic } from './lunatik_pcall.js'
import {
  type lunatik_begin,
  type lunatik_interruptible,
  lunatik_toruntime,
  runningIn,
  type runtime_t,
  whileClosing,
} from './lunatik_private.js'
import { accounting, lunatik_charge } from './lunatik_stat.js'
import { dropThread, newThread } from './lunatik_threads.js'

export type { lunatik_begin, lunatik_interruptible } from './lunatik_private.js'

/** What a handler or lunatik_run gives: a number, or a promise of one where it slept or waited. */
export type lunatik_result = number | Promise<number>

/** What comes after a call: its results or its error object are on L's stack. */
export type lunatik_continuation = (L: lua_State, status: number) => lunatik_result

/** The status of a call that was given up while it slept: its thread must not go on, and has no error object. */
export const LUNATIK_ABANDONED = -1

/** What a runtime's `woken` is unless it has just been woken. */
const ASLEEP = Symbol('asleep')

const INTERRUPTED = 'interrupted: nobody waits for the answer'

/** Ends the call that runs in `co`, which has finished with `status`: moves what it left to L. */
function finish(runtime: runtime_t, co: lua_State, status: number, nargs: number, nresults: number): void {
  const { L } = runtime
  if (status === LUA_OK) {
    if (nresults !== LUA_MULTRET) engine.lua_settop(co, callerValues + nresults)
    const n = lua_gettop(co) - callerValues
    // Where the call and its arguments were, there is room.
    if (n > nargs + 1) lua_checkstack(L, n)
    engine.lua_xmove(co, L, n)
    if (runtime.idle === null) runtime.idle = co
    else if (runtime.idle !== co) dropThread(L, co)
    return
  }
  if (status === LUNATIK_ABANDONED) {
    lua_pushstring(L, INTERRUPTED)
    dropThread(L, co)
    return
  }
  logTraceback(L, co)
  // Where lua_pcall closes what is to be closed, an error leaves it in a coroutine.
  lua_closethread(co, L)
  lua_xmove(co, L, 1)
  dropThread(L, co)
}

/** How many calls into Lua are in each other in this call stack. */
let depth = 0
/** Whether the innermost of them may be suspended: whoever made it takes a promise for its result. */
let preemptible = false
/** Whether that holds for the next one. */
let below = false

/**
 * Resumes `co`.
 * @param may whether it may be suspended at the end of its slice
 */
function resume(runtime: runtime_t, co: lua_State, nargs: number, may: boolean): number {
  const outer = preemptible
  preemptible = may
  below = false
  depth++
  try {
    if (accounting) return lunatik_charge(runtime, () => engine.lua_resume(co, runtime.L, nargs))
    return engine.lua_resume(co, runtime.L, nargs)
  } finally {
    depth--
    preemptible = outer
  }
}

/**
 * Calls `f` for a C function that Lua has called and that sleeps until a promise of `f`'s has come. So what `f` runs of
 * another runtime's Lua may be suspended at the end of a slice, if what runs in L may be as well.
 */
export function preemptibleBelow<T>(L: lua_State, f: () => T): T {
  if (!preemptible || !lunatik_maywait(L)) return unpreempted(f)
  below = true
  try {
    return f()
  } finally {
    below = false
  }
}

/** Calls `f`, which can't wait for a promise: what Lua it runs is not suspended at the end of a slice. */
export function unpreempted<T>(f: () => T): T {
  depth++
  try {
    return f()
  } finally {
    depth--
  }
}

/**
 * Suspends what runs in L until its next turn, in the count hook, which has to return at once then.
 * @returns false where that can't be: in interrupt context, and below a C function that can't be left
 */
export function lunatik_preempt(L: lua_State, runtime: runtime_t): boolean {
  if (!preemptible || isAtomic() || !lunatik_toruntime(L).lock.sleep || !lua_issuspendable(L)) return false
  runtime.waits = null
  lua_suspendhook(L)
  return true
}

/** How many slices a call has yet that was woken early, as its program has gone. */
const lastSlices = 20

/** One call that sleeps, from its first sleep to its end. */
class Sleep {
  readonly #runtime: runtime_t
  readonly #co: lua_State
  readonly #done: (status: number) => lunatik_result
  /** Where it was suspended: the call's own thread, or a coroutine in it. */
  #innermost: lua_State
  readonly #task: task_struct = current
  /** Ends the wait; null while Lua runs. */
  #cancel: (() => unknown) | null = null
  /** Whether a signal ends the wait, so that the call goes on. */
  #interruptible: lunatik_interruptible = true
  #resolve: (ret: lunatik_result) => void = () => {}
  #reject: (e: unknown) => void = () => {}
  /** Whether it has been woken early: then the next sleep of a task that has gone is its last. */
  #interrupted = false
  #slicesLeft = lastSlices

  constructor(runtime: runtime_t, co: lua_State, done: (status: number) => lunatik_result) {
    this.#runtime = runtime
    this.#co = co
    this.#innermost = co
    this.#done = done
  }

  start(): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      this.#resolve = (ret) => {
        resolve(ret)
        set_need_resched()
      }
      this.#reject = reject
      this.#wait()
    })
  }

  #wait(): void {
    const runtime = this.#runtime
    const { waits } = runtime
    runtime.waits = null
    this.#innermost = lua_innermost() ?? this.#co
    if (this.#task.aborted && this.#interrupted && (waits !== null || --this.#slicesLeft === 0)) {
      this.#abandon()
      return
    }
    if (waits === null) {
      this.#await((wake) => this.#turn(wake, undefined, true), false)
      return
    }
    runtime.spent = -1
    this.#await(waits, runtime.interruptible)
  }

  /** Waits for a turn. */
  #turn(wake: (value: unknown) => void, value: unknown, computes: boolean): () => unknown {
    const cancel = enqueue_task(() => wake(value), computes)
    this.#task.on_rq = true
    return () => {
      cancel()
      return value
    }
  }

  /** Its wait is over: it goes on with what came when its turn comes. */
  #ready(value: unknown): void {
    this.#leave()
    this.#await((wake) => this.#turn(wake, value, false), true)
  }

  #await(waits: lunatik_begin<unknown>, interruptible: lunatik_interruptible): void {
    this.#interruptible = interruptible
    this.#runtime.sleepers.add(this.#stop)
    this.#runtime.abandon = this.#abandon
    // Where another runtime sleeps below this one, for the same task, that one is woken.
    this.#task.wake ??= this.#interrupt
    this.#task.wake_up ??= this.#wakeUp
    let woken = false
    const wake = (value: unknown) => {
      if (woken || this.#cancel !== cancel) return
      woken = true
      // What wakes it goes on first, and has no part in its time.
      if (depth === 0 && current === init_task) this.#wake(value)
      else this.#ready(value)
    }
    let cancel: (() => unknown) | null = null
    // What is there already comes before it is waited for.
    cancel = waits((value) => (cancel === null ? queueMicrotask(() => wake(value)) : wake(value)))
    this.#cancel = cancel
    if (this.#task.aborted && !this.#interrupted && this.#task.wake === this.#interrupt) this.#interrupt(true)
  }

  readonly #wakeUp = (now: boolean) => {
    if (now) this.#wake(this.#cancel?.())
    else if (!this.#task.on_rq) this.#ready(this.#cancel?.())
  }

  readonly #interrupt = (force: boolean) => {
    if (this.#interruptible === true || (this.#interruptible === 'as on a kernel' && !force)) {
      this.#interrupted = true
      this.#wake(this.#cancel?.())
      return true
    }
    if (force) this.#abandon()
    return force
  }

  /** Leaves the wait. Returns what came of it, as far as it had come. */
  #leave(): void {
    this.#cancel = null
    this.#runtime.sleepers.delete(this.#stop)
    this.#runtime.abandon = null
    this.#task.on_rq = false
    if (this.#task.wake === this.#interrupt) this.#task.wake = null
    if (this.#task.wake_up === this.#wakeUp) this.#task.wake_up = null
  }

  /** The runtime is being stopped. */
  readonly #stop = () => {
    this.#cancel?.()
    this.#leave()
    whileClosing(this.#runtime, () => this.#close(STOPPED))
    this.#resolve(-ENXIO)
  }

  /** The call never goes on: it ends here as with an error. */
  readonly #abandon = () => {
    const { holds } = this.#runtime
    this.#cancel?.()
    this.#leave()
    for (const lock of holds) lock.unlock()
    holds.clear()
    this.#close(INTERRUPTED)
    this.#resolve(this.#done(LUNATIK_ABANDONED))
  }

  /** Closes what the call has to close, as an error does. */
  #close(why: string): void {
    const outer = current
    set_current(this.#task)
    this.#runtime.look = 0
    unpreempted(() => lua_closesuspended(this.#runtime.L, this.#innermost, this.#co, why))
    set_current(outer)
  }

  #wake(value: unknown): void {
    this.#leave()
    const outer = current
    set_current(this.#task)
    this.#runtime.woken = value
    this.#runtime.look = 0
    try {
      const status = resume(this.#runtime, this.#co, 0, true)
      if (status === LUA_YIELD && lua_wassuspended()) this.#wait()
      else this.#resolve(this.#done(status))
    } catch (e) {
      this.#reject(e)
    }
    set_current(outer)
  }
}

/**
 * Calls the function below `nargs` arguments on L's stack in protected mode, as lua_pcall does, in a thread where it
 * may sleep: for a handler that lunatik_run has called. Where it never sleeps, nothing waits.
 * [-(nargs+1), +(nresults|1), -]
 * @param nresults how many results `k` finds on the stack, LUA_MULTRET for all
 * @param k comes after the call, with its results or its error object on the stack and the call's status: LUA_YIELD for
 *   one that was given up in its sleep, as its program has gone
 * @returns what `k` returns, or a promise of it where the function slept
 */
export function lunatik_pcall(L: lua_State, nargs: number, nresults: number, k: lunatik_continuation): lunatik_result {
  if (isAtomic(L)) return k(L, pcallAtomic(L, nargs, nresults))
  const runtime = runningIn(L) as runtime_t
  lua_checkcall(L, nargs, nresults)
  const co = runtime.idle ?? newThread(L, lua_newcaller)
  runtime.idle = null
  if (callerValues + nargs >= LUA_MINSTACK) lua_checkstack(co, nargs + 1)
  engine.lua_xmove(L, co, nargs + 1)
  return lunatik_resumethread(runtime, co, nargs, (status) => {
    finish(runtime, co, status, nargs, nresults)
    return k(L, status === LUNATIK_ABANDONED ? LUA_YIELD : status)
  })
}

/**
 * Runs `co` until it ends, or yields by itself, over all of its sleeps.
 * @param done gets the status; LUNATIK_ABANDONED where it was given up
 * @returns what `done` returns, or a promise of it
 */
export function lunatik_resumethread(
  runtime: runtime_t,
  co: lua_State,
  nargs: number,
  done: (status: number) => lunatik_result,
): lunatik_result {
  const status = resume(runtime, co, nargs, depth === 0 || below)
  if (status !== LUA_YIELD || !lua_wassuspended()) return done(status)
  return new Sleep(runtime, co, done).start()
}

/** Whether a C function that Lua has called may sleep: else {@link lunatik_waitk} raises. */
export const lunatik_maywait = (L: lua_State) =>
  lunatik_toruntime(L).lock.sleep && runningIn(L) !== null && lua_issuspendable(L)

/**
 * Sleeps, for a C function that Lua has called: what runs in L stops here until what it waits for has come, and goes on
 * with `k`. It never returns: a C function ends with `return lunatik_waitk(...)`. [-?, +?, v]
 * @param begin starts what is waited for, and returns what ends it early. It is not called where the program has gone
 *   for good: what is under way before must end without it
 * @param k takes the C function's place, with what came: pushes its results and returns their number. It may raise.
 * @param interruptible whether a signal ends the wait alone, as in the state TASK_INTERRUPTIBLE, and not the whole
 *   call;
 *   or only on a mount where signals do no more than on a kernel
 * @throws raises where it can't be done: in a runtime in interrupt context (the log gets the traceback), and below a C
 *   function that can't be left: one that calls lua_call or lua_pcall, and a finalizer
 */
export function lunatik_waitk<T>(
  L: lua_State,
  begin: lunatik_begin<T>,
  k: (L: lua_State, value: T) => number,
  interruptible: lunatik_interruptible = true,
): number {
  lua_checkfunction(begin as never)
  lua_checkfunction(k as never)
  const { sleep } = lunatik_toruntime(L).lock
  const runtime = runningIn(L)
  if (!sleep || runtime === null) {
    inAtomic(L, lunatik_reportatomic, [])
    return luaL_error(L, 'scheduling while atomic: this runtime may not sleep')
  }
  if (!lua_issuspendable(L)) {
    return luaL_error(
      L,
      "can't sleep here: below a finalizer, pcall in a message handler, or a C function's lua_pcall (use lunatik_pcall)",
    )
  }
  runtime.waits = begin as lunatik_begin<unknown>
  runtime.interruptible = interruptible
  runtime.woken = ASLEEP
  return lua_suspend(L, (L) => {
    const { woken } = runtime
    runtime.woken = ASLEEP
    // A coroutine of a call that was given up, which the script resumes later.
    if (woken === ASLEEP) return luaL_error(L, INTERRUPTED)
    return k(L, woken as T)
  })
}

/**
 * Sleeps as {@link lunatik_waitk}, until a promise has come, which can't be called off.
 * @param promise never rejects
 * @param k gets what came, and -EINTR where it was not waited for to the end
 * @param unheard is told what came where nobody waits for it any more, or could not at all
 */
export function lunatik_waitpromise(
  L: lua_State,
  promise: Promise<number>,
  k: (L: lua_State, ret: number) => number,
  unheard: (ret: number) => void = () => {},
): number {
  let hear = unheard
  void promise.then((ret) => hear(ret))
  return lunatik_waitk<number>(
    L,
    (wake) => {
      hear = wake
      return () => {
        hear = unheard
        return -EINTR
      }
    },
    k,
  )
}
