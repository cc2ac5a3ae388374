// lstrlib.c, the kernel's: arithmetic on strings gives integers only, formats know no floats, and sizes are those of a
// kernel of 64 bits. The string library's own metatable holds what the translation of source (lparser.ts) calls.

import { l_str2int } from './dialect/lobject.js'
import { engine } from './engine.js'
import { lua_pushint64 } from './integers.js'
import {
  luaL_checkinteger,
  luaL_checklstring,
  luaL_error,
  luaL_getmetafield,
  luaL_optinteger,
  luaL_optstring,
  luaL_typeerror,
  luaL_typename,
  luaL_where,
} from './lauxlib.js'
import { str_format32 } from './lstrlib_format.js'
import { latin1Classes, openMatch, withPositions } from './lstrlib_match.js'
import {
  LUA_ERRRUN,
  LUA_MULTRET,
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TLIGHTUSERDATA,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  type lua_CFunction,
  lua_checkstack,
  lua_concat,
  lua_createtable,
  lua_error,
  lua_getfield,
  lua_getmetatable,
  lua_gettop,
  lua_insert,
  lua_isnil,
  lua_isstring,
  lua_newtable,
  lua_pcall,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushstring,
  lua_pushvalue,
  lua_rawset,
  lua_rawseti,
  lua_replace,
  type lua_State,
  lua_setfield,
  lua_setmetatable,
  lua_settop,
  lua_toboolean,
  lua_tocfunction,
  lua_tointeger,
  lua_tointegerx,
  lua_tolstring,
  lua_type,
} from './lua.js'
import { stepGettable, stepTolstring } from './lua_metamethods.js'
import { type Steps, stepCall, stepsOf, unyieldable } from './lua_steps.js'
import { lua_ticklong } from './lua_ticks.js'
import { override, overridePlain, withhold } from './override.js'

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** The integer at `idx`, a number or a string that holds one; null for anything else. */
function tonum(L: lua_State, idx: number): bigint | null {
  const type = lua_type(L, idx)
  if (type === LUA_TSTRING) return l_str2int(latin1(lua_tolstring(L, idx) as Uint8Array))
  const integer = type === LUA_TNUMBER ? lua_tointegerx(L, idx) : null
  return integer === null ? null : BigInt(integer)
}

/** Goes on with the second operand's metamethod, where the first is a string that holds no integer. */
function trymt(L: lua_State, mtname: string): number {
  lua_settop(L, 2)
  if (lua_type(L, 2) === LUA_TSTRING || luaL_getmetafield(L, 2, mtname) === LUA_TNIL) {
    const names = `'${luaL_typename(L, -2)}' with a '${luaL_typename(L, -1)}'`
    return luaL_error(L, `attempt to ${mtname.slice(2)} a ${names}`)
  }
  lua_insert(L, -3)
  return stepsOf(L, callMetamethod())
}

function* callMetamethod(): Steps {
  yield* stepCall(2, 1)
  return 1
}

/** Raises a message without a place, as the VM does below a C function. */
function raise(L: lua_State, message: string): never {
  lua_pushstring(L, message)
  return lua_error(L)
}

function idiv(L: lua_State, a: bigint, b: bigint): bigint {
  if (b === 0n) raise(L, 'attempt to divide by zero')
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

function mod(L: lua_State, a: bigint, b: bigint): bigint {
  if (b === 0n) raise(L, "attempt to perform 'n%0'")
  const rest = a % b
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest
}

const arithmetic: Record<string, (L: lua_State, a: bigint, b: bigint) => bigint> = {
  __add: (_, a, b) => a + b,
  __sub: (_, a, b) => a - b,
  __mul: (_, a, b) => a * b,
  __mod: mod,
  __idiv: idiv,
  __unm: (_, a) => -a,
}

const metamethods = Object.entries(arithmetic).map(([name, op]) => {
  const func = unyieldable((L) => {
    const a = tonum(L, 1)
    const b = a === null ? null : tonum(L, 2)
    if (a === null || b === null) return trymt(L, name)
    lua_pushint64(L, BigInt.asIntN(64, op(L, a, b)))
    return 1
  })
  return { name, func }
})

/**
 * The longest string that string.rep makes, in bytes. Nothing else can stop a call that takes seconds and gigabytes.
 */
const repeatMax = 64 << 20
/** From here on the engine's own way to repeat, piece by piece, is slower than to double what is there. */
const repeatLong = 4096

/** The longest string of a kernel of 64 bits. */
const MAX_SIZE = 2n ** 63n - 1n

/** `string.rep`: what is too long for any runtime is `not enough memory` at once. */
const str_rep =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    luaL_checklstring(L, 1)
    const n = luaL_checkinteger<number | bigint>(L, 2)
    const sep = lua_type(L, 3) <= LUA_TNIL ? null : luaL_checklstring(L, 3)
    const text = luaL_checklstring(L, 1)
    const unit = text.length + (sep?.length ?? 0)
    const length = n <= 0 ? 0 : Number(n) * unit - (sep?.length ?? 0)
    if (n > 0 && BigInt(unit) > MAX_SIZE / BigInt(n)) return luaL_error(L, 'resulting string too large')
    if (length > repeatMax) return raise(L, 'not enough memory')
    if ((length < repeatLong && n < repeatLong) || Number(n) === 1) return original(L)
    const bytes = Buffer.allocUnsafe(length)
    bytes.set(text)
    if (sep !== null) bytes.set(sep, text.length)
    for (let done = unit; done < length; done *= 2) bytes.copyWithin(done, 0, Math.min(done, length - done))
    lua_pushlstring(L, bytes)
    lua_ticklong(L, length)
    return 1
  }

const PERCENT = 0x25
/** What may stand between `%` and a conversion's letter. */
const modifiers = new Set(Buffer.from('-+ #0123456789.'))
/** Conversions that only floats and pointers need, and the kernel's format doesn't know. */
const unknownConversions = new Set(Buffer.from('aAeEfFgGp'))

/** The first conversion in a format that the kernel's doesn't know, or null. */
function unknownConversion(format: Uint8Array): string | null {
  for (let at = format.indexOf(PERCENT); at >= 0; at = format.indexOf(PERCENT, at + 1)) {
    const start = at++
    while (modifiers.has(format[at] as number)) at++
    if (unknownConversions.has(format[at] as number)) return latin1(format.subarray(start, at + 1))
  }
  return null
}

const Q = 0x71

/** Whether what `tostring` shows of an argument has a place or is asked of a metamethod. */
function isShown(L: lua_State, arg: number): boolean {
  const type = lua_type(L, arg)
  return type >= LUA_TTABLE || type === LUA_TLIGHTUSERDATA
}

/** Puts what `tostring` shows in the place of each argument that has a place: C would show a pointer of its own. */
function* showPlaces(L: lua_State, original: lua_CFunction): Steps {
  for (let arg = lua_gettop(L); arg > 1; arg--) {
    if (!isShown(L, arg)) continue
    yield* stepTolstring(L, arg)
    lua_replace(L, arg)
  }
  return original(L)
}

/** Whether arguments of `string.format` are shown by {@link showPlaces}. `%q` has its own word for them. */
function showsPlaces(L: lua_State, format: Uint8Array): boolean {
  for (let arg = lua_gettop(L); arg > 1; arg--) if (isShown(L, arg)) return !format.includes(Q)
  return false
}

const str_format = (engineFormat: lua_CFunction) => {
  const original = engine.integerBits === 64 ? engineFormat : str_format32(engineFormat)
  return unyieldable((L) => {
    const format = luaL_checklstring(L, 1)
    const form = unknownConversion(format)
    if (form !== null) return luaL_error(L, `invalid conversion '${form}' to 'format'`)
    return showsPlaces(L, format) ? stepsOf(L, showPlaces(L, original)) : original(L)
  })
}

/** Options whose size is another on a kernel of 64 bits, where every integer of the machine has 8 bytes. */
const wide: Record<string, string> = { l: 'i8', L: 'I8', j: 'i8', J: 'I8', T: 'I8', n: 'i8' }
const packFormats = new Map<string, string | { readonly unknown: string }>()
const packFormatsMax = 1024
const packFormatMax = 256

/** A format of string.pack with the kernel's sizes, or the option that it doesn't know. */
function packFormat(format: string): string | { readonly unknown: string } {
  let known = packFormats.get(format)
  if (known !== undefined) return known
  const unknown = /[fd]/.exec(format)?.[0]
  known =
    unknown === undefined
      ? format.replace(/[lLjJTn]/g, (option) => wide[option] as string).replace(/s(?!\d)/g, 's8')
      : { unknown }
  if (packFormats.size === packFormatsMax) packFormats.clear()
  if (format.length <= packFormatMax) packFormats.set(format, known)
  return known
}

/** `string.pack`, `packsize` and `unpack`. */
const withPackFormat =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    const format = latin1(luaL_checklstring(L, 1))
    const known = packFormat(format)
    if (typeof known !== 'string') return luaL_error(L, `invalid format option '${known.unknown}'`)
    if (known !== format) {
      lua_pushlstring(L, Buffer.from(known, 'latin1'))
      lua_replace(L, 1)
    }
    return original(L)
  }

/** `("")["\0for"](v)`: the integer of a string that holds one, anything else as it is. */
function hidden_for(L: lua_State): number {
  lua_settop(L, 1)
  const integer = lua_type(L, 1) === LUA_TSTRING ? tonum(L, 1) : null
  if (integer !== null) lua_pushint64(L, integer)
  return 1
}

/** `("")["\0vararg"](...)`: the table of a named vararg. */
function hidden_vararg(L: lua_State): number {
  const n = lua_gettop(L)
  lua_createtable(L, n, 1)
  lua_insert(L, 1)
  for (let i = n; i >= 1; i--) lua_rawseti(L, 1, i)
  lua_pushinteger(L, n)
  lua_setfield(L, 1, 'n')
  return 1
}

/** `("")["\0global"](v, name)`: raises where a global that is being declared with a value has one. */
function hidden_global(L: lua_State): number {
  if (!lua_isnil(L, 1)) return luaL_error(L, `global '${luaL_optstring(L, 2, '?')}' already defined`)
  return 0
}

const hidden = [
  { name: '\0for', func: hidden_for },
  { name: '\0vararg', func: hidden_vararg },
  { name: '\0global', func: hidden_global },
]

/**
 * The replacement of what `string.gsub` has found, whose captures are on the top, `n` of them: calls the function, or
 * asks the table for the first. Pops the captures and pushes what is to be put there.
 */
function* replacement(L: lua_State, n: number): Steps<void> {
  lua_checkstack(L, 1)
  if (lua_type(L, 3) === LUA_TFUNCTION) {
    lua_pushvalue(L, 3)
    lua_insert(L, -n - 1)
    yield* stepCall(n, 1)
    return
  }
  lua_pop(L, n - 1)
  yield* stepGettable(L, 3)
}

/** Finds the pattern from `start` on: pushes first, last and captures, and returns how many. The function is at 5. */
function find(L: lua_State, start: number): number {
  const top = lua_gettop(L)
  lua_pushvalue(L, 5)
  lua_pushvalue(L, 1)
  lua_pushvalue(L, 2)
  lua_pushinteger(L, start)
  const status = lua_pcall(L, 3, LUA_MULTRET, 0)
  if (status === LUA_OK) return lua_gettop(L) - top
  if (status === LUA_ERRRUN) {
    // As if this function itself had raised it.
    luaL_where(L, 1)
    lua_insert(L, -2)
    lua_concat(L, 2)
  }
  return lua_error(L)
}

const CARET = 0x5e

/** `string.gsub` with a function or a table that has a metatable. The engine's `string.find` does the search. */
const str_gsub = (engineFind: lua_CFunction) =>
  function* gsub(L: lua_State): Steps {
    const source = Buffer.from(luaL_checklstring(L, 1))
    const anchored = luaL_checklstring(L, 2)[0] === CARET
    const type = lua_type(L, 3)
    const most = Number(luaL_optinteger(L, 4, source.length + 1))
    if (type !== LUA_TFUNCTION && type !== LUA_TTABLE) luaL_typeerror(L, 3, 'string/function/table')
    lua_settop(L, 4)
    lua_pushcfunction(L, engineFind)
    const parts: Uint8Array[] = []
    let [at, lastEnd, count] = [0, -1, 0]
    while (count < most && at <= source.length) {
      const results = find(L, at + 1)
      if (lua_isnil(L, 6)) break
      const [first, end] = [lua_tointeger(L, 6) - 1, lua_tointeger(L, 7)]
      if (end === lastEnd) {
        // Nothing, where the last match has ended: the next one begins further on.
        parts.push(source.subarray(at, at + 1))
        at++
      } else {
        count++
        parts.push(source.subarray(at, first))
        if (results === 2) lua_pushlstring(L, source.subarray(first, end))
        yield* replacement(L, Math.max(1, results - 2))
        if (!lua_toboolean(L, -1)) parts.push(source.subarray(first, end))
        else if (lua_isstring(L, -1)) parts.push(Buffer.from(lua_tolstring(L, -1) as Uint8Array))
        else return luaL_error(L, `invalid replacement value (a ${luaL_typename(L, -1)})`)
        at = lastEnd = end
      }
      lua_settop(L, 5)
      if (anchored) break
    }
    parts.push(source.subarray(at))
    lua_pushlstring(L, Buffer.concat(parts))
    lua_pushinteger(L, count)
    return 2
  }

/** Whether `string.gsub` with the replacement at 3 calls nothing back. */
function isPlain(L: lua_State): boolean {
  const type = lua_type(L, 3)
  if (type !== LUA_TTABLE) return type === LUA_TNUMBER || type === LUA_TSTRING
  if (!lua_getmetatable(L, 3)) return true
  lua_pop(L, 1)
  return false
}

/** `string.gsub` of this file, by the engine's: made once for all states. */
const gsubs = new Map<lua_CFunction, lua_CFunction>()

function makeGsub(L: lua_State, original: lua_CFunction): lua_CFunction {
  lua_getfield(L, -1, 'find')
  const gsub = str_gsub(lua_tocfunction(L, -1) as lua_CFunction)
  lua_pop(L, 1)
  return unyieldable((L) => {
    latin1Classes(L)
    return isPlain(L) ? original(L) : stepsOf(L, gsub(L))
  })
}

/** Puts this file's `string.gsub` in the place of the engine's, where it has to call something. */
function openGsub(L: lua_State): void {
  lua_getfield(L, -1, 'gsub')
  const original = lua_tocfunction(L, -1) as lua_CFunction
  lua_pop(L, 1)
  const gsub = gsubs.get(original) ?? makeGsub(L, original)
  gsubs.set(original, gsub)
  overridePlain(L, 'gsub', gsub, 'gsub')
}

/** Opens the library of strings, and pushes its table. [-0, +1, e] */
export function luaopen_string(L: lua_State): number {
  engine.luaopen_string(L)
  override(L, 'string', 'rep', str_rep)
  override(L, 'string', 'format', str_format)
  openGsub(L)
  openMatch(L)
  for (const name of ['pack', 'packsize']) override(L, 'string', name, withPackFormat)
  override(L, 'string', 'unpack', (original) => withPackFormat(withPositions(3)(original)))

  lua_pushstring(L, '')
  lua_getmetatable(L, -1)
  for (const { name, func } of metamethods) {
    lua_pushcfunction(L, func)
    lua_setfield(L, -2, name)
  }
  withhold(L, ['__div', '__pow'])
  lua_pop(L, 2)

  lua_newtable(L)
  lua_newtable(L)
  for (const { name, func } of hidden) {
    lua_pushstring(L, name)
    lua_pushcfunction(L, func)
    lua_rawset(L, -3)
  }
  lua_setfield(L, -2, '__index')
  lua_setmetatable(L, -2)
  return 1
}
