// C functions that are written as generators, in steps. A C function below which Lua may yield has to leave C's stack
// and go on in a continuation (lua_callk). A generator is all continuations of one function: it yields what is to be
// called, and goes on where it was, whether the call has come back at once or has slept.
import { engine } from './engine.js'
import {
  LUA_OK,
  LUA_YIELD,
  type lua_CFunction,
  lua_callk,
  lua_checkstack,
  lua_getinfo,
  lua_getstack,
  lua_pcallk,
  lua_pop,
  type lua_State,
} from './lua.js'

/** A call of the function below `nargs` values on the stack, as lua_callk or, `safe`, as lua_pcallk. */
export interface Step {
  readonly nargs: number
  readonly nresults: number
  readonly safe: boolean
}

/** What a function in steps is: it yields calls, gets the status of each, and returns `T`. */
export type Steps<T = number> = Generator<Step, T, number>

/** Calls the function below `nargs` values, and pushes `nresults` results. [-(nargs+1), +nresults, e] */
export function* stepCall(nargs: number, nresults: number): Steps<void> {
  yield { nargs, nresults, safe: false }
}

/** The same in protected mode, without a message handler: gives the status. [-(nargs+1), +(nresults|1), -] */
export function* stepPcall(nargs: number, nresults: number): Steps {
  return yield { nargs, nresults, safe: true }
}

/** Functions below which a kernel's Lua can't yield. A script can't here either; it only may sleep. */
const closed = new WeakSet<lua_CFunction>()

/** Notes that scripts can't yield below a function. */
export function unyieldable(f: lua_CFunction): lua_CFunction {
  closed.add(f)
  return f
}

/** How many functions in steps run in each other, and the coroutines that one has been left in, or has failed in. */
let depth = 0
const left = new WeakSet<lua_State>()

/** Whether L runs below a function that scripts can't yield below. */
export function lua_isunyieldable(L: lua_State): boolean {
  if (depth === 0 && !left.has(L) && !engine.lua_inloop(L)) return false
  lua_checkstack(L, 1)
  for (let level = 0; ; level++) {
    const ar = lua_getstack(L, level)
    if (ar === null) return false
    lua_getinfo(L, 'f', ar)
    const f = engine.lua_ownfunction(L, -1)
    lua_pop(L, 1)
    if (f !== null && closed.has(f)) return true
  }
}

/** Makes one call. */
function take(L: lua_State, { nargs, nresults, safe }: Step, k: (L: lua_State, status: number) => number): number {
  depth++
  let passes = true
  try {
    let status = LUA_OK
    if (safe) status = lua_pcallk(L, nargs, nresults, 0, k)
    else lua_callk(L, nargs, nresults, k)
    passes = false
    return status
  } finally {
    depth--
    if (passes) left.add(L)
  }
}

function goOn(L: lua_State, steps: Steps, status: number): number {
  const k = (L: lua_State, status: number) => goOn(L, steps, status === LUA_YIELD ? LUA_OK : status)
  for (let last = status; ; ) {
    const { done, value } = steps.next(last)
    if (done) return value
    last = take(L, value, k)
  }
}

/** The C function that takes these steps. An error ends them wherever they are. */
export const stepwise = (f: (L: lua_State) => Steps): lua_CFunction => unyieldable((L) => goOn(L, f(L), LUA_OK))

/** Ends the running C function, an {@link unyieldable} one, with these steps: `return stepsOf(L, ...)`. */
export const stepsOf = (L: lua_State, steps: Steps): number => goOn(L, steps, LUA_OK)
