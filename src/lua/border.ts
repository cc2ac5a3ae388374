// lapi.c's api_check: what C leaves to its caller. A binding that calls lua.h or lauxlib.h with what C would take for
// memory of another's gets an error at the place where it was made, on every engine alike.
//
// These are exceptions of JavaScript: below a protected call they become Lua errors, in a handler lunatik_run logs
// them.
import type { lua_CFunction, lua_State } from './api.js'
import { callerOf } from './describe.js'
import { engine } from './engine.js'

const { LUA_REGISTRYINDEX, lua_gettop, lua_isidle, lua_room, lua_type, lua_upvalueindex } = engine

/** The most upvalues that a C function may have. */
export const upvaluesMax = 254
/** The most values that a stack may have. */
const stackMax = 1_000_000
const LUA_TNONE = -1

/**
 * Throws what is wrong with a call of the C API: the name of its function, which the stack has, `why`, and the place of
 * whoever called it.
 */
export function misuse(why: string): never {
  const error = new Error()
  const caller = callerOf(error.stack ?? '')
  error.message = caller === null ? why : `${caller.name}: ${why}, ${caller.place}`
  throw error
}

/** How a message shows a wrong argument. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 20 ? `${value.slice(0, 20)}...` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `the function ${value.name || '?'}`
  if (typeof value !== 'object' || value === null) return String(value)
  return `an object of the class ${value.constructor?.name ?? '?'}`
}

const values = (n: number) => (n === 1 ? '1 value is' : `${n} values are`)

function badIndex(L: lua_State, idx: unknown): never {
  misuse(`${show(idx)} is no index: ${values(lua_gettop(L))} on the stack`)
}

const firstUpvalue = lua_upvalueindex(1)

/** The registry's index, or that of an upvalue of the C function that runs, if one does. */
function isPseudo(L: lua_State, idx: number): boolean {
  if (idx === LUA_REGISTRYINDEX) return true
  if (idx > firstUpvalue || idx <= firstUpvalue - upvaluesMax - 1) return false
  if (lua_isidle(L)) misuse('no C function runs, which could have upvalues')
  return true
}

/** An index that may be asked about: whoever asks beyond the top finds no value. */
export function checkAcceptable(L: lua_State, idx: number): void {
  if ((idx | 0) !== idx || idx === 0 || idx > stackMax) badIndex(L, idx)
  if (idx < 0 && -idx > lua_gettop(L) && !isPseudo(L, idx)) badIndex(L, idx)
}

/** An index that has a value. */
export function checkValid(L: lua_State, idx: number): void {
  if ((idx | 0) !== idx || idx === 0) badIndex(L, idx)
  if (isPseudo(L, idx)) {
    if (idx !== LUA_REGISTRYINDEX && lua_type(L, idx) === LUA_TNONE) misuse('the C function has no such upvalue')
  } else if ((idx > 0 ? idx : -idx) > lua_gettop(L)) badIndex(L, idx)
}

/** An index of a value on the stack. */
export function checkOnStack(L: lua_State, idx: number): void {
  if ((idx | 0) !== idx || idx === 0 || (idx > 0 ? idx : -idx) > lua_gettop(L)) badIndex(L, idx)
}

function full(L: lua_State, n: number): never {
  const room = Math.max(0, lua_room(L))
  misuse(
    `no room for ${n} more on the stack: ${values(lua_gettop(L))} there and ${room} fit (lua_checkstack asks for more)`,
  )
}

/** Room for one more value. */
export function checkRoom1(L: lua_State): void {
  if (lua_room(L) < 1) full(L, 1)
}

/** Room for `n` more values. */
export function checkRoom(L: lua_State, n: number): void {
  if (lua_room(L) < n) full(L, n)
}

/** At least `n` values on the stack. */
export function checkValues(L: lua_State, n: number): void {
  if (lua_gettop(L) < n) misuse(`it takes ${n} from the stack: ${values(lua_gettop(L))} there`)
}

/** A count from 0 to `max`. */
export function checkCount(what: string, n: number, max = 0x7fff_ffff): void {
  if ((n | 0) !== n || n < 0 || n > max) misuse(`${what} is ${show(n)}, not an integer from 0 to ${max}`)
}

/** An int of C's. */
export function checkInt(what: string, n: number): void {
  if ((n | 0) !== n) misuse(`${what} is ${show(n)}, not an integer of 32 bits`)
}

const two63 = 2 ** 63

function badInteger(n: unknown): never {
  misuse(`${show(n)} is no integer of 64 bits`)
}

/** An integer of 64 bits. */
export function checkInteger(n: number | bigint): void {
  if (typeof n === 'number') {
    if ((n | 0) === n) return
    if (!Number.isInteger(n) || n < -two63 || n >= two63) badInteger(n)
  } else if (typeof n !== 'bigint' || BigInt.asIntN(64, n) !== n) badInteger(n)
}

/** A name: C's string that isn't NULL. */
export function checkName(s: string): void {
  if (typeof s !== 'string') misuse(`${show(s)} is no string`)
}

const asynchronous = Object.getPrototypeOf(async () => {}).constructor

/** A function that Lua may call. What it pushed after an await would be in the middle of another's call. */
export function checkFunction(f: lua_CFunction): void {
  if (typeof f !== 'function') misuse(`${show(f)} is no function`)
  if (f instanceof asynchronous) misuse(`${show(f)} is async: a C function that waits returns lunatik_waitk(...)`)
}

/** What a call takes: a function and `nargs` arguments, whose results have room. */
export function checkCall(L: lua_State, nargs: number, nresults: number): void {
  const top = lua_gettop(L)
  if (top > nargs && nargs >= nresults && (nargs | 0) === nargs && nargs >= 0 && nresults >= -1) {
    if ((nresults | 0) === nresults) return
  }
  if ((nargs | 0) !== nargs || nargs < 0) checkCount('nargs', nargs)
  if ((nresults | 0) !== nresults || nresults < -1)
    misuse(`nresults is ${show(nresults)}, no count and not LUA_MULTRET`)
  if (lua_gettop(L) <= nargs) checkValues(L, nargs + 1)
  if (lua_room(L) < nresults - nargs - 1) full(L, nresults - nargs - 1)
}
