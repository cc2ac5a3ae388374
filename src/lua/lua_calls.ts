// lua.h: states, calls, coroutines, errors, warnings. The notation [-n, +n, e] is explained in lua_stack.ts.
//
// An error raised in Lua is a JavaScript exception on its way to the protected call that catches it. `try` and `catch`
// around a Lua call catch nothing: the next use of the state, or the C function's return, raises the error again. Only
// outside of every protected call it arrives as a LuaError, and L's stack is empty then.
import {
  type lua_CFunction,
  type lua_KFunction,
  type lua_State,
  type lua_Udata,
  type lua_WarnFunction,
  REFUSED,
} from './api.js'
import {
  checkCall,
  checkCount,
  checkFunction,
  checkInt,
  checkName,
  checkOnStack,
  checkRoom1,
  checkValues,
  misuse,
} from './border.js'
import { engine } from './engine.js'
import { LUA_MULTRET, LUA_OK } from './lua_numbers.js'
import { LUA_VERSION_NUM, LUAI_MAXSTACK } from './luaconf.js'

const { lua_trypcall } = engine

/** llimits.h's: how many calls of C may be in each other. */
const LUAI_MAXCCALLS = 200

/** The engine's name and release, for example `"fengari 0.1.5 (Lua 5.3)"`. */
export const LUA_RELEASE = engine.release
/** How wide the engine's integers are, in bits. Wider ones travel as floats in an engine of 32, exact to 2^53. */
export const LUA_INTEGER_BITS = engine.integerBits
/** Whether the engine has a collector and an allocator of its own. */
export const LUA_COLLECTS = engine.collects

/** A new state without any library; null when memory runs out. [-0, +0, -] */
export const lua_newstate = engine.lua_newstate

/** What ends the states that lua_close must not, by their extra space. */
const closers = new WeakMap<lua_Udata, string>()

/** Not in C: leaves the end of L's state to the function `closer`. [-0, +0, -] */
export const lua_setcloser = (L: lua_State, closer: string): void =>
  void closers.set(engine.lua_getextraspace(L), closer)

/**
 * Closes the state of L: calls `__gc` of each value that has one, in the reverse order in which they got their
 * metatables, and frees it. Each later use of L, or of a coroutine of it, is an error. [-?, +0, -]
 * @throws an Error where a call of the state runs, and for a runtime's state, which lunatik_stop ends
 */
export function lua_close(L: lua_State): void {
  engine.lua_gettop(L)
  const closer = closers.get(engine.lua_getextraspace(L))
  if (closer !== undefined) misuse(`the state is a runtime's: ${closer} ends it`)
  if (engine.lua_isrunning(L)) misuse('a call of the state runs')
  engine.lua_close(L)
}

/** What receives the state's warnings; null for nothing. [-0, +0, -] */
export const lua_setwarnf: (L: lua_State, f: lua_WarnFunction | null) => void = engine.lua_setwarnf
/**
 * Emits a warning, which goes to what lua_setwarnf has set. [-0, +0, -]
 * @param msg a text, or a piece of one
 * @param tocont whether the next call gives the next piece of the same warning
 */
export function lua_warning(L: lua_State, msg: string, tocont: boolean): void {
  checkName(msg)
  engine.lua_gettop(L)
  engine.lua_warning(L, msg, tocont)
}

/**
 * Sets what is called with an error that no protected call has caught, its object on the top of the stack, before it
 * arrives as a LuaError. It may throw another one instead; that it returns ends no process here. [-0, +0, -]
 * @param panicf null for nothing
 * @returns the one before, or null
 */
export function lua_atpanic(L: lua_State, panicf: lua_CFunction | null): lua_CFunction | null {
  if (panicf !== null) checkFunction(panicf)
  engine.lua_gettop(L)
  return engine.lua_atpanic(L, panicf)
}

/** The version of Lua whose C API this is: LUA_VERSION_NUM. Its language is the kernel's. [-0, +0, -] */
export const lua_version = (_L: lua_State | null): number => LUA_VERSION_NUM

/** Does nothing, as in C: a stack of C's has a limit of its own. Returns that, as the number of calls. [-0, +0, -] */
export const lua_setcstacklimit = (_L: lua_State, _limit: number): number => LUAI_MAXCCALLS

/** lua_closethread as it was called before Lua 5.4.6, without `from`. [-0, +?, -] */
export const lua_resetthread = (L: lua_State): number => lua_closethread(L, null)

/** A cell that a state and all of its coroutines share, where C has a pointer. [-0, +0, -] */
export const lua_getextraspace: (L: lua_State) => lua_Udata = engine.lua_getextraspace
/**
 * Not in C: drops the calls that an uncaught error left behind, and all above index `top`. Returns whether there were
 * any. [-?, +0, -]
 */
export const lua_recover: (L: lua_State, top: number) => boolean = engine.lua_recover
/**
 * Not in C: how many bytes Lua may use in this state; nothing with an engine that has no allocator of its own.
 * [-0, +0, -]
 */
export const lua_setlimit: (L: lua_State, bytes: number) => void = engine.lua_setlimit
/**
 * Not in C: how many values the stack of a thread may have from now on, in all states; a million at most, 200,000 with
 * fengari. 200 as long as nobody sets it, as in the kernel. [-0, +0, -]
 */
export function lua_setmaxstack(slots: number): void {
  checkCount('slots', slots, LUAI_MAXSTACK)
  engine.lua_setmaxstack(slots)
}
/** Not in C: the bytes that Lua uses in this state; 0 where that is unknown. [-0, +0, -] */
export const lua_used: (L: lua_State) => number = engine.lua_used

/**
 * Not in C: how many bytes all states may use together below protected calls, of what the engine's memory has. Beyond,
 * states that use less than 1 MiB may use three quarters of `reserve`, and {@link lua_setreserved}'s all there is. Does
 * nothing with an engine that has no allocator of its own.
 */
export const lua_setpool: (bytes: number, reserve: number) => void = engine.lua_setpool
/** Not in C: has L's state use the reserve as it needs it. [-0, +0, -] */
export const lua_setreserved: (L: lua_State) => void = engine.lua_setreserved
/** Not in C: the bytes that all states use, with what the allocator adds; 0 where that is unknown. */
export const lua_total: () => number = engine.lua_total
/**
 * Not in C: `size` bytes from which lua_pushlstring copies fastest. Nobody frees them, and they count against no state.
 * Null where there are none, or with an engine whose memory is JavaScript's. [-0, +0, -]
 */
export const lua_newbuffer: (size: number) => Uint8Array | null = engine.lua_newbuffer

/**
 * The collector's operations, LUA_GC... [-0, +0, -]
 * @returns C's result. An engine without a collector of its own gives 0, and 1 for LUA_GCISRUNNING
 */
export function lua_gc(L: lua_State, what: number, ...args: number[]): number {
  checkCount('what', what, 11)
  for (const arg of args) checkInt('the argument', arg)
  engine.lua_gettop(L)
  return engine.lua_gc(L, what, ...args)
}

/** Not in C: whether a call runs in any thread of L's state, those that have yielded aside. [-0, +0, -] */
export const lua_isrunning: (L: lua_State) => boolean = engine.lua_isrunning

/** Calls the function below `nargs` arguments, and pushes `nresults` results. [-(nargs+1), +nresults, e] */
export function lua_call(L: lua_State, nargs: number, nresults: number): void {
  checkCall(L, nargs, nresults)
  checkCallable(L)
  engine.lua_call(L, nargs, nresults)
}

/** Like lua_call, with `k` for what comes after it where the called function yields. [-(nargs+1), +nresults, e] */
export function lua_callk(L: lua_State, nargs: number, nresults: number, k: lua_KFunction): void {
  checkCall(L, nargs, nresults)
  checkCallable(L)
  checkFunction(k as never)
  engine.lua_callk(L, nargs, nresults, k)
}

/**
 * Like lua_call, in protected mode. [-(nargs+1), +(nresults|1), -]
 *
 * An error object that is nil becomes `<no error object>`, as in Lua 5.5. A JavaScript error becomes its message.
 * @param msgh the index of a message handler, or 0
 * @returns LUA_OK, or the error's status, with the error object pushed
 */
export function lua_pcall(L: lua_State, nargs: number, nresults: number, msgh: number): number {
  if (msgh === 0 && (nargs | 0) === nargs && nargs >= 0 && (nresults | 0) === nresults && nresults >= LUA_MULTRET) {
    const status = lua_trypcall(L, nargs, nresults)
    if (status !== REFUSED) return status
  }
  checkCall(L, nargs, nresults)
  checkCallable(L)
  if (msgh !== 0) checkOnStack(L, msgh)
  return engine.lua_pcall(L, nargs, nresults, msgh)
}

/** Like lua_pcall, with `k` for what comes after it where the called function yields. [-(nargs+1), +(nresults|1), -] */
export function lua_pcallk(L: lua_State, nargs: number, nresults: number, msgh: number, k: lua_KFunction): number {
  checkCall(L, nargs, nresults)
  checkCallable(L)
  if (msgh !== 0) checkOnStack(L, msgh)
  checkFunction(k as never)
  return engine.lua_pcallk(L, nargs, nresults, msgh, k)
}

function checkCallable(L: lua_State): void {
  if (engine.lua_status(L) !== LUA_OK) misuse('the coroutine has yielded or failed: it is resumed, not called')
}

/**
 * Raises the value on the top of the stack; a nil becomes `<no error object>`. [-1, +0, v]
 *
 * It never returns: the exception, an Error with Lua's message, passes to the next protected call.
 */
export const lua_error: (L: lua_State) => never = (L) => {
  checkValues(L, 1)
  return engine.lua_error(L)
}

/** Not in C: raises as {@link lua_error}, but asks no message handler. [-1, +0, v] */
export const lua_throw: (L: lua_State) => never = (L) => {
  checkValues(L, 1)
  return engine.lua_throw(L)
}

/** Pushes a new coroutine of L's state, which lives as long as Lua refers to it. [-0, +1, m] */
export function lua_newthread(L: lua_State): lua_State {
  checkRoom1(L)
  return engine.lua_newthread(L)
}

/** LUA_OK for what runs, has ended or has not begun, LUA_YIELD for what has yielded, else the error's. [-0, +0, -] */
export const lua_status: (L: lua_State) => number = engine.lua_status
/** Whether L may yield. [-0, +0, -] */
export const lua_isyieldable: (L: lua_State) => boolean = engine.lua_isyieldable

/**
 * Ends a coroutine that doesn't run: its calls are dropped, and its pending to-be-closed variables are closed where the
 * engine has such. Afterwards it is as a new one. [-0, +?, -]
 * @param from the coroutine that closes it, or null
 * @returns LUA_OK; or the status of the error that had ended L, or of one of a closing method, with the error object
 *   alone on L's stack
 */
export function lua_closethread(L: lua_State, from: lua_State | null): number {
  if (engine.lua_status(L) === LUA_OK && !engine.lua_isidle(L)) misuse('the thread runs')
  return engine.lua_closethread(L, from)
}

/**
 * Starts L, or goes on with it. [-?, +?, -]
 * @param from the coroutine that resumes it, or null
 * @returns the status; all of L's stack are results then (C's `nresults`), or the error object is on its top, named as
 *   by lua_pcall
 */
export function lua_resume(L: lua_State, from: lua_State | null, nargs: number): number {
  if ((nargs | 0) !== nargs || nargs < 0) checkCount('nargs', nargs)
  checkValues(L, engine.lua_status(L) === LUA_OK && engine.lua_isidle(L) ? nargs + 1 : nargs)
  return engine.lua_resume(L, from, nargs)
}

/**
 * Ends the running C function until the coroutine is resumed, which gets `nresults` values from the top. It never
 * returns, as lua_error. [-?, +?, v]
 * @param k takes the function's place then; null: its results are what the resume gives
 */
export const lua_yieldk: (L: lua_State, nresults: number, k: lua_KFunction | null) => never = (L, nresults, k) => {
  if ((nresults | 0) !== nresults || nresults < 0) checkCount('nresults', nresults)
  checkValues(L, nresults)
  if (k !== null) checkFunction(k as never)
  return engine.lua_yieldk(L, nresults, k)
}

/** lua_yieldk without a continuation. [-?, +?, v] */
export const lua_yield = (L: lua_State, nresults: number): never => lua_yieldk(L, nresults, null)
