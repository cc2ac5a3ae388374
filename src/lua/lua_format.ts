// lua.h's lua_pushfstring, and the formats of lauxlib.h's luaL_error. The notation [-n, +n, e] is explained in
// lua_stack.ts.
import type { lua_State } from './api.js'
import { checkInt, checkInteger, checkName, misuse, show } from './border.js'
import { luaG_runerror } from './errors.js'
import { bytesOf, lua_pushlstring } from './lua_stack.js'
import { lua_pointer2str } from './pointers.js'

/** What a conversion may be given: text or bytes, numbers, any value for `%p`. */
export type lua_FormatArg = unknown

const codePointMax = 0x7fff_ffff

/** UTF-8 as Lua writes it: up to six bytes, for numbers of up to 31 bits. */
function utf8(code: number): Buffer {
  checkInt('a character', code)
  if (code < 0 || code > codePointMax) misuse(`${show(code)} is no character`)
  if (code < 0x80) return Buffer.from([code])
  const bytes: number[] = []
  let rest = code
  let first = 0x3f
  do {
    bytes.unshift(0x80 | (rest & 0x3f))
    rest >>>= 6
    first >>= 1
  } while (rest > first)
  return Buffer.from([((~first << 1) & 0xff) | rest, ...bytes])
}

/** One conversion, without its `%`. */
function convert(L: lua_State, form: string, arg: unknown): Uint8Array | string {
  switch (form) {
    case 's':
      return arg === null ? '(null)' : bytesOf(arg)
    case 'd':
      checkInt('%d', arg as number)
      return String(arg)
    case 'I':
      checkInteger(arg as number | bigint)
      return BigInt(arg as number | bigint).toString()
    case 'f': {
      const whole = typeof arg === 'number' ? Math.trunc(arg) : (arg as bigint)
      checkInteger(whole)
      return BigInt(whole).toString()
    }
    case 'c':
      checkInt('%c', arg as number)
      return Buffer.from([(arg as number) & 0xff])
    case 'p':
      return lua_pointer2str(arg)
    case 'U':
      return utf8(arg as number)
    default:
      return luaG_runerror(L, `invalid option '%${form}' to 'lua_pushfstring'`)
  }
}

/** The bytes that a format gives with these arguments. */
export function luaO_fstring(L: lua_State, fmt: string, args: readonly lua_FormatArg[]): Buffer {
  checkName(fmt)
  const parts: (Uint8Array | string)[] = []
  let next = 0
  let at = 0
  for (let percent = fmt.indexOf('%'); percent >= 0; percent = fmt.indexOf('%', at)) {
    parts.push(fmt.slice(at, percent))
    const form = fmt[percent + 1] ?? ''
    at = percent + 2
    if (form === '%') parts.push('%')
    else {
      if (next === args.length && 'sdIfcpU'.includes(form) && form !== '') misuse(`%${form} has no argument`)
      parts.push(convert(L, form, args[next++]))
    }
  }
  if (next < args.length) misuse(`the format has ${next} conversions, for ${args.length} arguments`)
  parts.push(fmt.slice(at))
  return Buffer.concat(parts.map(bytesOf))
}

/**
 * Pushes a formatted string and returns it. [-0, +1, v]
 * @param fmt text with conversions: `%%`; `%s` text or bytes, `(null)` for null; `%d` an integer of 32 bits; `%I` and
 *   `%f` a lua_Integer and a lua_Number, which are integers of 64 bits, a fraction being cut off; `%c` a byte; `%U` a
 *   character's number, as UTF-8; `%p` any value, shown by its place. No widths and no precisions
 * @throws raises `invalid option '%x' to 'lua_pushfstring'`; an Error for an argument too few, too many, or of
 *   another kind
 */
export function lua_pushfstring(L: lua_State, fmt: string, ...args: lua_FormatArg[]): string {
  const bytes = luaO_fstring(L, fmt, args)
  lua_pushlstring(L, bytes)
  return bytes.toString()
}
