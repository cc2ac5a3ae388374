// A state of fengari from its making to its end, and the finalizers that fengari itself never calls.
import { LuaError, type lua_CFunction, type lua_State, type lua_Udata, type lua_WarnFunction } from './api.js'
import { describeError, isA, STOPPED } from './describe.js'
import { closeProtected, lua_settop, pushCopy, takeToClose } from './fengari-close.js'
import {
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TTABLE,
  LUA_TUSERDATA,
  LUA_YIELD,
  lauxlib,
  lua,
  name,
  native,
  opaque,
  type State,
  type TValue,
  text,
  to_luastring,
  type Udata,
} from './fengari-load.js'
import { Finalizers } from './finalizers.js'

const LUA_ERRRUN = 2

/** What a value's finalizer needs: the table, or a userdata's block and metatable. */
type Rest = { readonly table: unknown } | { readonly data: unknown; readonly metatable: unknown }

/** What this file keeps for a state and all of its coroutines. */
interface Extra {
  /** The cell behind lua_getextraspace. */
  readonly space: lua_Udata
  warnf: lua_WarnFunction | null
  /** The warning whose pieces are still coming. */
  warning: string
  /** lua_atpanic's. */
  panicf: lua_CFunction | null
  readonly finalizers: Finalizers<Rest>
  /** The coroutines, so that closing the state reaches them; those that JavaScript has collected stay for a while. */
  threads: WeakRef<State>[]
  /** How many of them there are when those that are gone are looked for. */
  threadsMax: number
}

const extras = new WeakMap<object, Extra>()
export const extra = (L: State) => extras.get(L.l_G) as Extra

function atnativeerror(L: State): number {
  lua.lua_pushstring(L, to_luastring(describeError(lua.lua_touserdata(L, 1))))
  return 1
}

function panic(L: State): never {
  const message = text(lua.lua_tolstring(L, -1)) ?? '(null)'
  extra(L).panicf?.(opaque(L))
  throw new LuaError(message)
}

/** What no protected call will catch arrives as an error of Lua's, also where JavaScript has thrown it. */
export function panicWith(L: State, e: unknown): never {
  if (isA(e, LuaError)) throw e
  lua.lua_settop(L, 0)
  lua.lua_pushstring(L, to_luastring(describeError(e)))
  return panic(L)
}

export function lua_newstate(): lua_State | null {
  const L = lauxlib.luaL_newstate()
  if (L === null) return null
  lua.lua_atpanic(L, panic)
  lua.lua_atnativeerror(L, atnativeerror)
  extras.set(L.l_G, {
    space: { value: undefined },
    warnf: null,
    warning: '',
    panicf: null,
    finalizers: new Finalizers((rest) => finalize(L, rest)),
    threads: [],
    threadsMax: 64,
  })
  return opaque(L)
}

/** Notes the value at `idx` if its metatable has a `__gc` by now, as Lua does when a metatable is set. */
export function markFinalizer(L: State, idx: number): void {
  const type = lua.lua_type(L, idx)
  if ((type !== LUA_TTABLE && type !== LUA_TUSERDATA) || !lua.lua_getmetatable(L, idx)) return
  lua.lua_pushstring(L, name('__gc'))
  const has = lua.lua_rawget(L, -2) !== LUA_TNIL
  lua.lua_settop(L, -3)
  const value = lua.lua_topointer(L, idx) as Udata
  const { finalizers } = extra(L)
  if (!has || finalizers.has(value)) return
  if (type === LUA_TUSERDATA) {
    finalizers.mark(value, { data: value.data, metatable: value.metatable }, true)
  } else finalizers.mark(value, { table: value }, false)
}

export function lua_setmetatable(L: lua_State, idx: number): void {
  const state = native(L)
  const type = lua.lua_type(state, -1)
  if (type !== LUA_TNIL && type !== LUA_TTABLE) throw new TypeError('this is no table')
  const index = lua.lua_absindex(state, idx)
  lua.lua_setmetatable(state, index)
  markFinalizer(state, index)
}

/** Pushes a value that is to be finalized: a new one, in which the old one's contents are put. */
function pushRest(L: State, rest: Rest): void {
  if ('table' in rest) {
    lua.lua_createtable(L, 0, 0)
    const slot = L.stack[L.top - 1]
    if (slot !== undefined) slot.value = rest.table
  } else {
    lua.lua_newuserdata(L, 0)
    Object.assign(lua.lua_topointer(L, -1) as Udata, rest)
  }
}

/** Calls a value's finalizer in protected mode; its error is a warning. */
function finalize(L: State, rest: Rest): void {
  const top = lua.lua_gettop(L)
  pushRest(L, rest)
  if (lua.lua_getmetatable(L, -1)) {
    lua.lua_pushstring(L, name('__gc'))
    lua.lua_rawget(L, -2)
    lua.lua_pushvalue(L, -3)
    if (lua.lua_type(L, -2) === LUA_TFUNCTION && lua.lua_pcall(L, 1, 0, 0) !== LUA_OK) {
      extra(L).warnf?.(`error in __gc (${text(lua.lua_tolstring(L, -1)) ?? 'error object is not a string'})`)
    }
  }
  lua.lua_settop(L, top)
}

export function lua_close(L: lua_State): void {
  const state = native(L).l_G.mainthread
  revive(state)
  lua_recover(L, 0)
  const { finalizers } = extra(state)
  // Finalizers may make values with finalizers: one more round for those, then no more, as it may never end.
  finalizers.finalizeAll()
  finalizers.finalizeAll()
  finalizers.end()
  lua.lua_close(state)
  for (const thread of threadsOf(state)) thread.ci = closed
}

/** The call that runs in a state that is closed: whatever looks at it gets the error. */
const closed: State['ci'] = new Proxy({} as State['ci'], {
  get() {
    throw new Error(STOPPED)
  },
})

export function lua_newthread(L: lua_State): lua_State {
  const thread = lua.lua_newthread(native(L))
  const { threads, threadsMax } = extra(native(L))
  threads.push(new WeakRef(thread))
  if (threads.length > threadsMax) {
    const left = threads.filter((ref) => ref.deref() !== undefined)
    Object.assign(extra(native(L)), { threads: left, threadsMax: 64 + 2 * left.length })
  }
  return opaque(thread)
}

/** What Lua's error is in JavaScript, on its way to the protected call: fengari asks only what that has noted. */
class Longjmp extends Error {
  override readonly name = 'LuaError'
}

/** Where a C function has caught an error of Lua's and thrown another: that takes its place. */
export function renew(L: State, e: unknown): void {
  if (isFailing(L) && isA(e, Error) && !(e instanceof Longjmp) && L.errorJmp !== null) L.errorJmp.status = LUA_OK
}

type Hook = ReturnType<typeof lua.lua_gethook>

/** The states that lua_kill has been called for, and the hooks that their main threads had. */
const killed = new Map<object, { readonly hook: Hook; readonly mask: number; readonly count: number }>()

/** Whether there are any: a look at the map costs each call. */
let anyKilled = false

const isKilled = (L: State) => anyKilled && killed.has(L.l_G)

/** Throws where the state was killed. */
export function checkAlive(L: State): void {
  if (isKilled(L)) throw new Error(STOPPED)
}

/** lua.h's. */
const LUA_MASKCOUNT = 1 << 3

/** The count hook of a state that was killed: no protected call goes on, and no message handler is asked. */
function killHook(L: State): void {
  L.errfunc = 0
  lua.lua_pushstring(L, to_luastring(STOPPED))
  lua.lua_error(L)
}

const threadsOf = (L: State) => [
  L.l_G.mainthread,
  ...extra(L).threads.flatMap((ref) => {
    const thread = ref.deref()
    return thread === undefined ? [] : [thread]
  }),
]

/** lua_kill of api.ts. */
export function lua_kill(L: lua_State): void {
  const { mainthread } = native(L).l_G
  anyKilled = true
  killed.set(native(L).l_G, {
    hook: lua.lua_gethook(mainthread),
    mask: lua.lua_gethookmask(mainthread),
    count: lua.lua_gethookcount(mainthread),
  })
  for (const thread of threadsOf(mainthread)) lua.lua_sethook(thread, killHook, LUA_MASKCOUNT, 1)
}

/** Makes a state that was killed usable for its finalizers. */
function revive(mainthread: State): void {
  const was = killed.get(mainthread.l_G)
  if (was === undefined) return
  killed.delete(mainthread.l_G)
  anyKilled = killed.size > 0
  lua.lua_sethook(mainthread, was.hook, was.mask, was.count)
}

/** lua_getextraspace of api.ts. */
export function lua_getextraspace(L: lua_State): lua_Udata {
  if (native(L).ci === closed || isKilled(native(L))) throw new Error(STOPPED)
  return extra(native(L)).space
}

/** How many C functions run, in each other. */
let running = 0

/** Counts a C function that begins, as 1, or ends, as -1. */
export function count(n: 1 | -1): void {
  running += n
}

/** lua_isrunning of api.ts: an exception that nobody caught leaves calls behind that don't run. */
export const lua_isrunning = (L: lua_State): boolean =>
  running > 0 && threadsOf(native(L)).some((thread) => thread.ci !== thread.base_ci && thread.status === LUA_OK)

/** Throws on the error that is on its way through L. */
function throwOn(L: State): never {
  checkAlive(L)
  // A number would become a string where it is.
  const isNumber = lua.lua_type(L, -1) === LUA_TNUMBER
  throw new Longjmp(isNumber ? String(lua.lua_tonumberx(L, -1)) : (text(lua.lua_tolstring(L, -1)) ?? '(null)'))
}

/** Whether an error of Lua's, or a yield, is on its way: who has caught it otherwise than Lua does gets it again. */
const isFailing = (L: State) => (L.errorJmp !== null && L.errorJmp.status !== LUA_OK) || isKilled(L)

export function lua_gettop(L: lua_State): number {
  const state = native(L)
  if (isFailing(state)) throwOn(state)
  return state.top - (state.ci.funcOff + 1)
}

export function lua_room(L: lua_State): number {
  const state = native(L)
  if (isFailing(state)) throwOn(state)
  return state.ci.top - state.top
}

/** Calls what may raise an error of Lua's, which is an Error. */
export function raising<T>(L: State, f: () => T): T {
  try {
    return f()
  } catch (e) {
    if (!isA(e, Error) && L.errorJmp !== null && L.errorJmp.status > LUA_YIELD) throwOn(L)
    throw e
  }
}

export function lua_recover(L: lua_State, top: number): boolean {
  const state = native(L)
  const left = state.ci !== state.base_ci || state.status !== 0
  if (left) {
    state.ci = state.base_ci
    state.status = 0
    state.nCcalls = 0
    state.nny = 1
    state.allowhook = 1
    state.errfunc = 0
  }
  lua_settop(L, top)
  return left
}

/** Lua 5.3 has no such function. Upvalues are cells of their own: none has to be closed. */
export function lua_closethread(L: lua_State): number {
  const state = native(L)
  const { status } = state
  const failed = status !== LUA_OK && status !== LUA_YIELD
  const error = failed ? (state.stack[state.top - 1] as TValue) : null
  const values = takeToClose(state)
  lua_recover(L, 0)
  const last = closeProtected(state, values, error)
  if (last === null) return LUA_OK
  pushCopy(state, last)
  return last === error ? status : LUA_ERRRUN
}

/** Whether `n` more values fit, and no error is on its way. */
export const fits = (L: State, n: number) => L.ci.top - L.top >= n && !isFailing(L)

/** Whether there are `n` values, and no error is on its way. */
export const has = (L: State, n: number) => L.top - (L.ci.funcOff + 1) >= n && !isFailing(L)
