// To-be-closed slots of the stack, which Lua 5.3 hasn't: lua_toclose of Lua 5.4, for C functions.
//
// A slot is closed where its function drops it, returns or fails, or where its coroutine is closed. Where C Lua closes
// after an error once the protected call has caught it, this file does on the error's way there.
import type { lua_State } from './api.js'
import {
  LUA_OK,
  LUA_TNIL,
  LUA_YIELD,
  lauxlib,
  lua,
  name,
  native,
  type State,
  type TValue,
  to_luastring,
} from './fengari-load.js'

const LUA_TBOOLEAN = 1
const LUA_ERRRUN = 2

/** The slots that each running call is to close, the lowest first: their places on the stack. */
const pending = new WeakMap<State['ci'], number[]>()
/** How many there are or were: nothing is looked for where nobody has marked any. */
let marked = false

const copyOf = ({ type, value }: TValue): TValue => ({ type, value })

/** Pushes a copy of a slot. */
export function pushCopy(L: State, { type, value }: TValue): void {
  lua.lua_pushnil(L)
  Object.assign(L.stack[L.top - 1] as TValue, { type, value })
}

/** Where the value at `idx` is on the stack. */
const place = (L: State, idx: number) => (idx > 0 ? L.ci.funcOff + idx : L.top + idx)

export function lua_toclose(L: lua_State, idx: number): void {
  const state = native(L)
  const slot = place(state, idx)
  const { type, value } = state.stack[slot] as TValue
  // nil and false are closed without a word.
  if (type === LUA_TNIL || (type === LUA_TBOOLEAN && value === false)) return
  if (lauxlib.luaL_getmetafield(state, idx, name('__close')) === LUA_TNIL)
    lauxlib.luaL_error(state, to_luastring("variable '(C temporary)' got a non-closable value"))
  lua.lua_settop(state, -2)
  marked = true
  const slots = pending.get(state.ci)
  if (slots === undefined) pending.set(state.ci, [slot])
  else slots.push(slot)
}

/** lua_maytoclose of api.ts. */
export const lua_maytoclose = (L: lua_State, idx: number): boolean =>
  (pending.get(native(L).ci)?.at(-1) ?? -1) < place(native(L), idx)

/** lua_istoclose of api.ts. */
export const lua_istoclose = (L: lua_State, idx: number): boolean =>
  pending.get(native(L).ci)?.at(-1) === place(native(L), idx)

/** Pushes the value's `__close`, the value and an error. */
function pushClose(L: State, closed: TValue, error: TValue | null): void {
  lua.lua_checkstack(L, 4)
  pushCopy(L, closed)
  if (lauxlib.luaL_getmetafield(L, -1, name('__close')) === LUA_TNIL) lua.lua_pushnil(L)
  lua.lua_rotate(L, -2, 1)
  if (error === null) lua.lua_pushnil(L)
  else pushCopy(L, error)
}

/** Closes what the running call has to close from the place `level` on. A method's error is its error. */
function closeFrom(L: State, level: number): void {
  const slots = pending.get(L.ci)
  if (slots === undefined) return
  while (slots.length > 0 && (slots.at(-1) as number) >= level) {
    const slot = slots.pop() as number
    pushClose(L, copyOf(L.stack[slot] as TValue), null)
    lua.lua_call(L, 2, 0)
  }
  if (slots.length === 0) pending.delete(L.ci)
}

export function lua_closeslot(L: lua_State, idx: number): void {
  const state = native(L)
  const index = lua.lua_absindex(state, idx)
  closeFrom(state, place(state, index))
  lua.lua_pushnil(state)
  lua.lua_copy(state, -1, index)
  lua.lua_settop(state, -2)
}

export function lua_settop(L: lua_State, idx: number): void {
  const state = native(L)
  if (marked) closeFrom(state, idx >= 0 ? state.ci.funcOff + 1 + idx : state.top + idx + 1)
  lua.lua_settop(state, idx)
}

/** Whether the running call has anything to close. */
export const hasToClose = (L: State): boolean => marked && pending.has(L.ci)

/** The running C function returns: its results are on the top. */
export function closeReturning(L: State): void {
  if (hasToClose(L)) closeFrom(L, 0)
}

/** Calls the methods of `values`, the last first, in protected mode. Returns the error that there is at the end. */
export function closeProtected(L: State, values: TValue[], error: TValue | null): TValue | null {
  let last = error
  for (const value of values.reverse()) {
    pushClose(L, value, last)
    if (lua.lua_pcall(L, 2, 0, 0) === LUA_OK) continue
    last = copyOf(L.stack[L.top - 1] as TValue)
    lua.lua_settop(L, -2)
  }
  return last
}

/**
 * An error, or a yield, leaves the call `ci`.
 * @param describe pushes what was thrown as an error object, where that isn't on the stack
 * @returns whether a method has raised another error, which is on the stack now
 */
export function closeFailing(L: State, ci: State['ci'], describe: () => void): boolean {
  const slots = marked ? pending.get(ci) : undefined
  const { errorJmp } = L
  if (slots === undefined || errorJmp === null || errorJmp.status === LUA_YIELD) return false
  pending.delete(ci)
  const { status } = errorJmp
  if (status === LUA_OK) describe()
  const error = copyOf(L.stack[L.top - 1] as TValue)
  L.ci = ci
  // What is above is nobody's any more.
  L.top = (slots.at(-1) as number) + 1
  const last = closeProtected(
    L,
    slots.map((slot) => copyOf(L.stack[slot] as TValue)),
    error,
  ) as TValue
  pushCopy(L, last)
  if (last === error) return status !== LUA_OK
  errorJmp.status = LUA_ERRRUN
  return true
}

/** The innermost call of a coroutine that has something to close. */
function closingCall(L: State): State['ci'] | null {
  let ci: State['ci'] | null = marked ? L.ci : null
  while (ci !== null && !pending.has(ci)) ci = ci.previous
  return ci
}

/** lua_hasclose of api.ts. */
export const lua_hasclose = (co: lua_State): boolean => closingCall(native(co)) !== null

/** lua_takeclose of api.ts. */
export function lua_takeclose(L: lua_State, co: lua_State): boolean {
  const ci = closingCall(native(co))
  if (ci === null) return false
  const slots = pending.get(ci) as number[]
  const slot = slots.pop() as number
  if (slots.length === 0) pending.delete(ci)
  pushCopy(native(L), native(co).stack[slot] as TValue)
  return true
}

/** What all calls of a coroutine have to close, the innermost last. They will not be asked again. */
export function takeToClose(L: State): TValue[] {
  const values: TValue[] = []
  for (let ci: State['ci'] | null = L.ci; marked && ci !== null; ci = ci.previous) {
    const slots = pending.get(ci) ?? []
    values.unshift(...slots.map((slot) => copyOf(L.stack[slot] as TValue)))
    pending.delete(ci)
  }
  return values
}
