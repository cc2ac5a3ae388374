// lcorolib.c: the coroutine library, for every engine, with one thing more than C's: a C function may suspend all
// coroutines that run in each other, down to the thread that a call from outside of Lua has been given. That is how a
// callback sleeps, wherever it is. To the script such a thread is the main one: it can't yield from it.
import { engine } from './engine.js'
import { luaL_argcheck, luaL_checktype, luaL_error, luaL_getmetafield, luaL_newlib, luaL_where } from './lauxlib.js'
import {
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TSTRING,
  LUA_YIELD,
  lua_checkstack,
  lua_closethread,
  lua_concat,
  lua_error,
  lua_getstack,
  lua_gettop,
  lua_insert,
  lua_isyieldable,
  type lua_KFunction,
  lua_newthread,
  lua_pcall,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushnil,
  lua_pushstring,
  lua_pushthread,
  lua_pushvalue,
  lua_replace,
  lua_resume,
  type lua_State,
  lua_settop,
  lua_status,
  lua_tothread,
  lua_type,
  lua_upvalueindex,
  lua_xmove,
  lua_yield,
  lua_yieldk,
} from './lua.js'
import { lua_isunyieldable, type Steps, stepPcall, stepsOf, unyieldable } from './lua_steps.js'

/** Set from a lua_suspend until whoever resumed the outermost coroutine has looked. */
let suspended = false
/** The coroutine that the last lua_suspend began in. */
let innermost: lua_State | null = null

/** The threads that calls from outside of Lua run in. */
const outermost = new WeakSet<lua_State>()

/**
 * How many values are on the stack of a caller, below those of its calls: as many slots as a kernel's handlers take
 * there, so that as much is left of 200.
 */
export const callerValues = 8

/** Makes a coroutine for calls from outside of Lua, and pushes it. {@link callerValues} stay on its stack. */
export function lua_newcaller(L: lua_State): lua_State {
  const caller = lua_newthread(L)
  lua_settop(caller, callerValues)
  outermost.add(caller)
  return caller
}

/** Who has resumed a coroutine last. */
const resumers = new WeakMap<lua_State, lua_State>()

/** Who has resumed the coroutine that runs; undefined for the outermost, and a main thread. */
export const lua_resumer = (L: lua_State): lua_State | undefined => (outermost.has(L) ? undefined : resumers.get(L))

/**
 * Whether every coroutine from L outwards can be left: each by itself could, but one may have been resumed below a C
 * function that can't, as lua_pcall.
 */
export function lua_issuspendable(L: lua_State): boolean {
  for (let at: lua_State | undefined = L; at !== undefined; at = lua_resumer(at)) {
    if (!engine.lua_mayleave(at)) return false
  }
  return true
}

/**
 * Suspends every coroutine from L outwards. Never returns: `k` is called when the outermost is resumed, and takes the
 * place of the C function that runs.
 * @throws raises `attempt to yield across a C-call boundary` where {@link lua_issuspendable} doesn't hold
 */
export function lua_suspend(L: lua_State, k: lua_KFunction): never {
  if (!lua_issuspendable(L)) raise(L, 'attempt to yield across a C-call boundary')
  if (!suspended) innermost = L
  suspended = true
  engine.lua_leave(L)
  return lua_yieldk(L, 0, k)
}

/**
 * Suspends every coroutine from L outwards, in a hook, which has to return at once then. What runs in L goes on when
 * the outermost is resumed. Only where {@link lua_issuspendable} holds.
 */
export function lua_suspendhook(L: lua_State): void {
  innermost = L
  suspended = true
  engine.lua_leave(L)
  engine.lua_yieldhook(L)
}

function raise(L: lua_State, message: string): never {
  lua_pushstring(L, message)
  return lua_error(L)
}

/** After lua_resume gave LUA_YIELD: whether it was for {@link lua_suspend}. To be asked once. */
export function lua_wassuspended(): boolean {
  const was = suspended
  suspended = false
  return was
}

/** After lua_resume gave LUA_YIELD for {@link lua_suspend}: the coroutine that it began in. */
export const lua_innermost = (): lua_State | null => innermost

/**
 * Closes what the suspended coroutines from `inner` outwards to `outer` have to close, as the error `why` would. What a
 * `__close` raises takes its place. Nothing of it can sleep. [-0, +0, -]
 */
export function lua_closesuspended(L: lua_State, inner: lua_State, outer: lua_State, why: string): void {
  if (!lua_checkstack(L, 5)) return
  lua_pushstring(L, why)
  const error = lua_gettop(L)
  for (let co: lua_State | undefined = inner; co !== undefined; co = co === outer ? undefined : resumers.get(co)) {
    while (engine.lua_takeclose(L, co)) {
      pushClose(L, error)
      if (lua_pcall(L, 2, 0, 0) !== LUA_OK) lua_replace(L, error)
    }
  }
  lua_settop(L, error - 1)
}

/** Puts the `__close` of the value on the top below it, and the error above it. */
function pushClose(L: lua_State, error: number): void {
  if (luaL_getmetafield(L, -1, '__close') === LUA_TNIL) lua_pushnil(L)
  lua_insert(L, -2)
  lua_pushvalue(L, error)
}

function getco(L: lua_State): lua_State {
  const co = lua_tothread(L, 1)
  luaL_argcheck(L, co !== null, 1, 'thread expected')
  return co
}

/** Moves the results of a resume to L. Returns how many, or -1 with an error object. */
function moveResults(L: lua_State, co: lua_State, status: number): number {
  if (status !== LUA_OK && status !== LUA_YIELD) {
    lua_xmove(co, L, 1)
    return -1
  }
  const nres = lua_gettop(co)
  if (!lua_checkstack(L, nres + 1)) {
    lua_pop(co, nres)
    lua_pushstring(L, 'too many results to resume')
    return -1
  }
  lua_xmove(co, L, nres)
  return nres
}

/** Resumes co until it yields or ends, and goes on with `finish`; what suspends co suspends L as well. */
function resume(L: lua_State, co: lua_State, narg: number, finish: (L: lua_State, r: number) => number): number {
  resumers.set(co, L)
  const status = lua_resume(co, L, narg)
  if (status === LUA_YIELD && suspended) return lua_suspend(L, (L) => resume(L, co, 0, finish))
  return finish(L, moveResults(L, co, status))
}

function auxresume(L: lua_State, co: lua_State, narg: number, finish: (L: lua_State, r: number) => number): number {
  if (!lua_checkstack(co, narg)) {
    lua_pushstring(L, 'too many arguments to resume')
    return finish(L, -1)
  }
  if (lua_status(co) === LUA_OK && lua_gettop(co) === 0) {
    lua_pushstring(L, 'cannot resume dead coroutine')
    return finish(L, -1)
  }
  lua_xmove(L, co, narg)
  return resume(L, co, narg, finish)
}

function finishresume(L: lua_State, r: number): number {
  lua_pushboolean(L, r >= 0)
  const n = r < 0 ? 1 : r
  lua_insert(L, -(n + 1))
  return n + 1
}

function finishwrap(L: lua_State, r: number): number {
  if (r >= 0) return r
  const co = lua_tothread(L, lua_upvalueindex(1)) as lua_State
  if (lua_status(co) > LUA_YIELD && engine.lua_hasclose(co)) return stepsOf(L, closeFailed(L, co))
  return raiseWrapped(L)
}

/** A coroutine of wrap that has failed closes what it has to close before the error goes on. */
function* closeFailed(L: lua_State, co: lua_State): Steps {
  yield* closing(L, co, true)
  return raiseWrapped(L)
}

function raiseWrapped(L: lua_State): never {
  if (lua_type(L, -1) === LUA_TSTRING) {
    luaL_where(L, 1)
    lua_insert(L, -2)
    lua_concat(L, 2)
  }
  return lua_error(L)
}

const luaB_coresume = (L: lua_State) => auxresume(L, getco(L), lua_gettop(L) - 1, finishresume)

const luaB_auxwrap = (L: lua_State) =>
  auxresume(L, lua_tothread(L, lua_upvalueindex(1)) as lua_State, lua_gettop(L), finishwrap)

function luaB_cocreate(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TFUNCTION)
  const NL = lua_newthread(L)
  lua_pushvalue(L, 1)
  lua_xmove(L, NL, 1)
  return 1
}

function luaB_cowrap(L: lua_State): number {
  luaB_cocreate(L)
  lua_pushcclosure(L, luaB_auxwrap, 1)
  return 1
}

/** Whether a script's yield leaves L. */
const mayYield = (L: lua_State) => lua_isyieldable(L) && !outermost.has(L) && !lua_isunyieldable(L)

function luaB_yield(L: lua_State): number {
  if (mayYield(L)) return lua_yield(L, lua_gettop(L))
  const outside = lua_pushthread(L) || outermost.has(L)
  return raise(L, outside ? 'attempt to yield from outside a coroutine' : 'attempt to yield across a C-call boundary')
}

function status(L: lua_State, co: lua_State): string {
  if (L === co) return 'running'
  const status = lua_status(co)
  if (status === LUA_YIELD) return 'suspended'
  if (status !== LUA_OK) return 'dead'
  if (lua_getstack(co, 0) !== null) return 'normal'
  return lua_gettop(co) === 0 ? 'dead' : 'suspended'
}

function luaB_costatus(L: lua_State): number {
  lua_pushstring(L, status(L, getco(L)))
  return 1
}

function luaB_yieldable(L: lua_State): number {
  const co = lua_tothread(L, 1) ?? L
  lua_pushboolean(L, mayYield(co))
  return 1
}

function luaB_corunning(L: lua_State): number {
  const ismain = lua_pushthread(L)
  lua_pushboolean(L, ismain || outermost.has(L))
  return 2
}

/**
 * Closes what a coroutine has to close, as luaF_close does, but where it may sleep: in L. The error object, or nil for
 * none, is on L's top, where the last one is afterwards. Returns whether there is one.
 */
function* closing(L: lua_State, co: lua_State, failed: boolean): Steps<boolean> {
  const error = lua_gettop(L)
  let fails = failed
  while (engine.lua_takeclose(L, co)) {
    pushClose(L, error)
    if ((yield* stepPcall(2, 0)) === LUA_OK) continue
    lua_replace(L, error)
    fails = true
  }
  lua_closethread(co, L)
  lua_settop(co, 0)
  return fails
}

/** Pushes the error that has ended a coroutine, or nil. Returns whether there is one. */
function pushError(L: lua_State, co: lua_State): boolean {
  const failed = lua_status(co) > LUA_YIELD
  if (failed) lua_xmove(co, L, 1)
  else lua_pushnil(L)
  return failed
}

function* closeSteps(L: lua_State, co: lua_State): Steps {
  lua_settop(L, 1)
  const failed = yield* closing(L, co, pushError(L, co))
  lua_pushboolean(L, !failed)
  if (!failed) return 1
  lua_insert(L, -2)
  return 2
}

function luaB_close(L: lua_State): number {
  const co = getco(L)
  const was = status(L, co)
  if (was === 'running' || was === 'normal') return luaL_error(L, `cannot close a ${was} coroutine`)
  if (engine.lua_hasclose(co)) return stepsOf(L, closeSteps(L, co))
  const closed = lua_closethread(co, L) === LUA_OK
  lua_pushboolean(L, closed)
  if (closed) return 1
  lua_xmove(co, L, 1)
  return 2
}

const co_funcs = [
  { name: 'close', func: unyieldable(luaB_close) },
  { name: 'create', func: luaB_cocreate },
  { name: 'resume', func: luaB_coresume },
  { name: 'running', func: luaB_corunning },
  { name: 'status', func: luaB_costatus },
  { name: 'wrap', func: luaB_cowrap },
  { name: 'yield', func: luaB_yield },
  { name: 'isyieldable', func: luaB_yieldable },
]

/** Opens the coroutine library, and pushes its table. [-0, +1, e] */
export function luaopen_coroutine(L: lua_State): number {
  luaL_newlib(L, co_funcs)
  return 1
}
