// lunatik_aux.c: errors by their POSIX names, and fields of tables.
import { errname } from '../errname.js'
import { luaL_argcheck, luaL_checkinteger, luaL_checkoption, luaL_error } from '../lua/lauxlib.js'
import {
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  type lua_CFunction,
  lua_error,
  lua_getfield,
  lua_isfunction,
  lua_pop,
  lua_pushcfunction,
  lua_pushstring,
  type lua_State,
  lua_tointegerx,
  lua_tolstring,
  lua_typename,
} from '../lua/lua.js'
import { lunatik_toruntime } from './lunatik_private.js'

/**
 * Pushes the POSIX name of an errno of either sign, `"unknown"` for none. Upstream: `lunatik_pusherrname`.
 * [-0, +1, m]
 */
export function lunatik_pusherrname(L: lua_State, err: number): void {
  lua_pushstring(L, errname(err) ?? 'unknown')
}

/**
 * Raises the POSIX error name for `-ret`, for example `ENOMEM`, as a bare string. [-0, +0, v]
 *
 * Document: "lunatik_throw".
 * @param ret a negative errno
 */
export function lunatik_throw(L: lua_State, ret: number): never {
  lunatik_pusherrname(L, ret)
  return lua_error(L)
}

/**
 * Calls `op(...args)` and raises as {@link lunatik_throw} if the result is negative. [-0, +0, v]
 *
 * Document: "lunatik_try".
 */
export function lunatik_try<A extends unknown[]>(L: lua_State, op: (...args: A) => number, ...args: A): void {
  lunatik_tryret(L, op, ...args)
}

/**
 * Like {@link lunatik_try}, with the result. [-0, +0, v]
 *
 * Document: "lunatik_tryret", whose `ret` is the result here.
 */
export function lunatik_tryret<A extends unknown[]>(L: lua_State, op: (...args: A) => number, ...args: A): number {
  const ret = op(...args)
  return ret < 0 ? lunatik_throw(L, ret) : ret
}

/**
 * Pushes a required field of the table at `idx`. [-0, +1, e]
 * @param type one of the LUA_T numbers, the type that the field must have
 * @throws raises `bad field 'field' (T expected, got U)`
 */
export function lunatik_checkfield(L: lua_State, idx: number, field: string, type: number): void {
  const got = lua_getfield(L, idx, field)
  if (got !== type) {
    luaL_error(L, `bad field '${field}' (${lua_typename(L, type)} expected, got ${lua_typename(L, got)})`)
  }
}

/** The names of the fields of O that may hold a V. */
type FieldFor<O, V> = { [K in keyof O]: V extends O[K] ? K : never }[keyof O] & string

/**
 * Reads a required integer field of the table at `idx` into `hook[field]`: a bigint beyond 2^53, where a number would
 * not be exact. [-0, +0, e]
 *
 * Document: "lunatik_setinteger".
 * @throws raises `bad field 'field' (number expected, got U)` if it is missing or not a number
 */
export function lunatik_setinteger<O extends object, K extends FieldFor<O, number>>(
  L: lua_State,
  idx: number,
  hook: O,
  field: K,
): void {
  lunatik_checkfield(L, idx, field, LUA_TNUMBER)
  hook[field] = (lua_tointegerx(L, -1) ?? 0) as O[K]
  lua_pop(L, 1)
}

/**
 * Reads an optional integer field of the table at `idx` into `priv[field]`; what is no integer is 0. A bigint beyond
 * 2^53. [-0, +0, e]
 *
 * Document: "lunatik_optinteger".
 * @param opt the value if the field is absent or nil
 */
export function lunatik_optinteger<O extends object, K extends FieldFor<O, number>>(
  L: lua_State,
  idx: number,
  priv: O,
  field: K,
  opt: number,
): void {
  priv[field] = (lua_getfield(L, idx, field) === LUA_TNIL ? opt : (lua_tointegerx(L, -1) ?? 0)) as O[K]
  lua_pop(L, 1)
}

/** The names of the fields of O that hold bytes. */
type BytesFieldOf<O> = { [K in keyof O]: O[K] extends Uint8Array ? K : never }[keyof O] & string

/** Text of at most `maxlen` bytes of UTF-8: whole characters alone, and wrong bytes, as U+FFFD, count as three. */
function decodeWhole(bytes: Uint8Array, maxlen: number): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
  if (Buffer.byteLength(text) <= maxlen) return text
  let length = 0
  let end = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > maxlen) break
    end += character.length
  }
  return text.slice(0, end)
}

/**
 * Reads a required string field of the table at `idx` into `hook[field]`, up to a NUL and truncated to `maxlen` bytes.
 * A field that holds a Uint8Array, C's `char[]`, is filled as strncpy does: the rest is zeroed. Any other becomes a
 * string. [-0, +0, e]
 *
 * Document: "lunatik_setstring". Later kernel code raises `'field' is too long` instead of truncating.
 * @param maxlen in bytes
 * @throws raises `bad field 'field' (string expected, got U)` if it is missing or not a string
 */
export function lunatik_setstring<O extends object, K extends FieldFor<O, string> | BytesFieldOf<O>>(
  L: lua_State,
  idx: number,
  hook: O,
  field: K,
  maxlen: number,
): void {
  lunatik_checkfield(L, idx, field, LUA_TSTRING)
  const bytes = (lua_tolstring(L, -1) as Uint8Array).subarray(0, maxlen)
  const nul = bytes.indexOf(0)
  const text = nul < 0 ? bytes : bytes.subarray(0, nul)
  const target: unknown = hook[field]
  if (target instanceof Uint8Array) {
    target.fill(0, 0, maxlen)
    target.set(text.subarray(0, target.length))
  } else hook[field] = decodeWhole(text, maxlen) as O[K]
  lua_pop(L, 1)
}

/** Does nothing: the default of {@link lunatik_optcfunction}. [-0, +0, -] */
export const lunatik_nop: lua_CFunction = () => 0

/**
 * Pushes a function field of the table at `idx`, or `opt` if it is none. Upstream: `lunatik_optcfunction`.
 * [-0, +1, e]
 */
export function lunatik_optcfunction(L: lua_State, idx: number, field: string, opt: lua_CFunction): void {
  lua_getfield(L, idx, field)
  if (lua_isfunction(L, -1)) return
  lua_pop(L, 1)
  lua_pushcfunction(L, opt)
}

/**
 * Raises `out of bounds` for a value of argument `ix` outside of min to max. Upstream: `lunatik_checkbounds`.
 * [-0, +0, v]
 */
export function lunatik_checkbounds(L: lua_State, ix: number, value: number, min: number, max: number): void {
  luaL_argcheck(L, value >= min && value <= max, ix, 'out of bounds')
}

/** The integer argument `ix`, from min to max. Upstream: `lunatik_checkinteger`. [-0, +0, v] */
export function lunatik_checkinteger(L: lua_State, ix: number, min: number, max: number): number {
  const value = Number(luaL_checkinteger(L, ix))
  lunatik_checkbounds(L, ix, value, min, max)
  return value
}

/**
 * The value of `options` that string argument `ix` names, by default `def`'s. lauxlib.h's luaL_checkoption with a
 * table. [-0, +0, v]
 * @throws raises `bad argument #ix to 'function' (invalid option 'o')`
 */
export function lunatik_checkoption<T>(L: lua_State, ix: number, def: string, options: Record<string, T>): T {
  const names = Object.keys(options)
  return options[names[luaL_checkoption(L, ix, def, names)] as string] as T
}

/**
 * Raises `null pointer dereference` for argument `ix` where `ptr` is null. Upstream: `lunatik_argchecknull`.
 * [-0, +0, v]
 */
export function lunatik_argchecknull(L: lua_State, ptr: unknown, ix: number): void {
  luaL_argcheck(L, ptr !== null, ix, 'null pointer dereference')
}

/**
 * The address of a kernel's symbol: null, whatever the symbol, as there is no kernel in reach. Upstream:
 * `lunatik_lookup`, which may give NULL as well.
 */
export const lunatik_lookup = (_symbol: string): null => null

/** Whether a call that sleeps (`sleep`) can't be made in L's runtime. Upstream: `lunatik_cannotsleep`. [-0, +0, -] */
export const lunatik_cannotsleep = (L: lua_State, sleep: boolean) => sleep && !lunatik_toruntime(L).lock.sleep
