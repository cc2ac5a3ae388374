// lstrlib.c's string.format, for an engine whose own takes neither all flags nor a precision: fengari's.
import {
  luaL_argcheck,
  luaL_argerror,
  luaL_checkinteger,
  luaL_checklstring,
  luaL_error,
  luaL_tolstring,
} from './lauxlib.js'
import {
  LUA_TLIGHTUSERDATA,
  type lua_CFunction,
  lua_call,
  lua_gettop,
  lua_pop,
  lua_pushcfunction,
  lua_pushlstring,
  lua_pushstring,
  lua_pushvalue,
  type lua_State,
  lua_tolstring,
  lua_type,
} from './lua.js'

/** The flags that each conversion takes, and whether it takes a precision. */
const conversions: Readonly<Record<string, { readonly flags: string; readonly precise: boolean }>> = {
  c: { flags: '-', precise: false },
  d: { flags: '-+0 ', precise: true },
  i: { flags: '-+0 ', precise: true },
  u: { flags: '-0', precise: true },
  o: { flags: '-#0', precise: true },
  x: { flags: '-#0', precise: true },
  X: { flags: '-#0', precise: true },
  s: { flags: '-', precise: true },
}

/** One conversion of a format. */
interface Spec {
  readonly flags: string
  readonly width: number
  /** Null for none. */
  readonly precision: number | null
  readonly conversion: string
}

/** What `text` is, as wide as it must be. */
const padded = (text: string, { flags, width }: Spec) =>
  flags.includes('-') ? text.padEnd(width) : text.padStart(width)

/** The integer as C's sprintf shows it. */
function formatInteger(n: bigint, spec: Spec): string {
  const { flags, width, precision, conversion } = spec
  const signed = conversion === 'd' || conversion === 'i'
  const radix = conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10
  const value = signed ? (n < 0n ? -n : n) : BigInt.asUintN(64, n)
  let digits = value === 0n && precision === 0 ? '' : value.toString(radix)
  digits = digits.padStart(precision ?? 1, '0')
  let sign = ''
  if (signed) sign = n < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  if (flags.includes('#')) {
    if (radix === 8 && !digits.startsWith('0')) digits = `0${digits}`
    if (radix === 16 && value !== 0n) sign = '0x'
  }
  const zeros = flags.includes('0') && !flags.includes('-') && precision === null
  const text = zeros ? sign + digits.padStart(width - sign.length, '0') : sign + digits
  const shown = padded(text, spec)
  return conversion === 'X' ? shown.toUpperCase() : shown
}

/** Reads what comes behind a `%`; null where it is no conversion. */
function parse(form: string): Spec | null {
  const [, flags = '', width = '', dot = '', conversion = ''] = /^([-+ #0]*)(\d*)(\.\d*)?(.)$/s.exec(form) ?? []
  const known = conversions[conversion]
  if (known === undefined || [...flags].some((flag) => !known.flags.includes(flag))) return null
  if (width.length > 2 || dot.length > 3 || (dot !== '' && !known.precise)) return null
  return { flags, width: Number(width), precision: dot === '' ? null : Number(dot.slice(1)), conversion }
}

/** Why what comes behind a `%` is no conversion, as a message of luaL_error. */
const refusal = (form: string) =>
  Object.hasOwn(conversions, form.slice(-1))
    ? `invalid conversion specification: '%%${form}'`
    : `invalid conversion '%%${form}' to 'format'`

/** From here on a string is as wide as it is, whatever the width. */
const longMin = 100

/** The argument as text, each character a byte. */
function formatString(L: lua_State, arg: number, spec: Spec): string {
  luaL_tolstring(L, arg)
  const text = Buffer.from(lua_tolstring(L, -1) as Uint8Array).toString('latin1')
  lua_pop(L, 1)
  const { flags, width, precision } = spec
  if (flags === '' && width === 0 && precision === null) return text
  luaL_argcheck(L, !text.includes('\0'), arg, 'string contains zeros')
  if (precision === null && text.length >= longMin) return text
  return padded(text.slice(0, precision ?? text.length), spec)
}

/** What the engine's own function gives for `%q`. */
function formatQuoted(L: lua_State, arg: number, original: lua_CFunction): string {
  luaL_argcheck(L, lua_type(L, arg) < LUA_TLIGHTUSERDATA + 3, arg, 'value has no literal form')
  lua_pushcfunction(L, original)
  lua_pushstring(L, '%q')
  lua_pushvalue(L, arg)
  lua_call(L, 2, 1)
  const text = Buffer.from(lua_tolstring(L, -1) as Uint8Array).toString('latin1')
  lua_pop(L, 1)
  return text
}

/** `string.format` of integers, characters and strings. `original` is the engine's. */
export const str_format32 =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    const format = Buffer.from(luaL_checklstring(L, 1)).toString('latin1')
    const top = lua_gettop(L)
    let [arg, result] = [1, '']
    for (const [piece, form] of format.matchAll(/%([-+ #0-9.]*.?)|[^%]+/gs)) {
      if (form === undefined) result += piece
      else if (form === '%') result += '%'
      else {
        if (++arg > top) return luaL_argerror(L, arg, 'no value')
        if (form === 'q') result += formatQuoted(L, arg, original)
        else if (form.endsWith('q')) return luaL_error(L, "specifier '%%q' cannot have modifiers")
        else {
          const spec = parse(form)
          if (spec === null) return luaL_error(L, refusal(form))
          if (spec.conversion === 's') result += formatString(L, arg, spec)
          else if (spec.conversion === 'c')
            result += padded(String.fromCharCode(luaL_checkinteger(L, arg) & 0xff), spec)
          else result += formatInteger(BigInt(luaL_checkinteger(L, arg)), spec)
        }
      }
    }
    lua_pushlstring(L, Buffer.from(result, 'latin1'))
    return 1
  }
