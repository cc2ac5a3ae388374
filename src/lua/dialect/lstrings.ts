// The part of llex.c that reads a string with escapes. The buffer has what C's has at each error: the value so far,
// and of the escape being read what is written.
import { lisdigit, lisspace, lisxdigit } from './lctype.js'
import type { Place } from './lobject.js'

const LF = 0x0a
const CR = 0x0d
const BACKSLASH = 0x5c
const isNewline = (c: number) => c === LF || c === CR

/** A `\u{...}` of more than Unicode has, which Lua 5.3 doesn't know. */
export interface WideEscape extends Place {
  readonly text: string
}

/** What reading a string needs of its lexer. */
export interface StringLexer {
  readonly source: string
  /** Gets each escape that Lua 5.3 doesn't know. */
  readonly wideEscapes: WideEscape[]
  /** Goes past the line break at `at`, and returns the offset after it. */
  inclinenumber(at: number): number
  /** Where an offset in the current line is. */
  placeOf(at: number): Place
  /** An error in the token that begins at `start`; `buffer` is what was read of it. */
  lexerror(message: string, buffer: string, start: number): never
  /** The chunk ends in the string that begins at `start`. */
  unfinished(start: number): never
}

const MAXUNICODE = 0x10ffff

const simple = new Map(
  Object.entries({ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'" }),
)

/** UTF-8 as Lua has it, up to six bytes for 31 bits. */
function luaO_utf8esc(x: number): string {
  if (x < 0x80) return String.fromCharCode(x)
  let text = ''
  let mfb = 0x3f // the most that fits in the first byte
  do {
    text = String.fromCharCode(0x80 | (x & 0x3f)) + text
    x >>>= 6
    mfb >>= 1
  } while (x > mfb)
  return String.fromCharCode(((~mfb << 1) & 0xff) | x) + text
}

/**
 * Reads a string on from its first escape.
 * @param start where its quote is
 * @param at where the backslash is
 */
export function readEscapes(ls: StringLexer, quote: number, start: number, at: number): { value: string; end: number } {
  const { source } = ls
  let buffer = source.slice(start, at)

  const esccheck = (ok: boolean, message: string, from: number, to: number): void => {
    // What is wrong is shown as well.
    if (!ok) ls.lexerror(message, buffer + source.slice(from, to + 1), start)
  }

  for (let plain = at; ; ) {
    if (at >= source.length) ls.unfinished(start)
    const c = source.charCodeAt(at)
    if (c !== BACKSLASH && c !== quote && !isNewline(c)) {
      at++
      continue
    }
    buffer += source.slice(plain, at)
    if (c === quote) return { value: buffer.slice(1), end: at + 1 }
    if (isNewline(c)) ls.lexerror('unfinished string', buffer, start)
    const backslash = at++
    if (at >= source.length) ls.unfinished(start)
    const e = source[at] as string
    const known = simple.get(e)
    if (known !== undefined) {
      buffer += known
      at++
    } else if (isNewline(e.charCodeAt(0))) {
      buffer += '\n'
      at = ls.inclinenumber(at)
    } else if (e === 'x') {
      for (const digit of [++at, ++at]) {
        esccheck(lisxdigit(source.charCodeAt(digit)), 'hexadecimal digit expected', backslash, digit)
      }
      buffer += String.fromCharCode(Number.parseInt(source.slice(at - 1, ++at), 16))
    } else if (e === 'z') {
      at++
      while (lisspace(source.charCodeAt(at))) at = isNewline(source.charCodeAt(at)) ? ls.inclinenumber(at) : at + 1
    } else if (e === 'u') {
      esccheck(source[++at] === '{', "missing '{'", backslash, at)
      esccheck(lisxdigit(source.charCodeAt(++at)), 'hexadecimal digit expected', backslash, at)
      let r = 0
      for (; lisxdigit(source.charCodeAt(at)); at++) {
        esccheck(r <= 0x7fffffff >> 4, 'UTF-8 value too large', backslash, at)
        r = r * 16 + Number.parseInt(source[at] as string, 16)
      }
      esccheck(source[at] === '}', "missing '}'", backslash, at)
      at++
      buffer += luaO_utf8esc(r)
      if (r > MAXUNICODE) ls.wideEscapes.push({ ...ls.placeOf(backslash), text: source.slice(backslash, at) })
    } else {
      esccheck(lisdigit(source.charCodeAt(at)), 'invalid escape sequence', backslash, at)
      const first = at
      while (at < first + 3 && lisdigit(source.charCodeAt(at))) at++
      const r = Number.parseInt(source.slice(first, at), 10)
      esccheck(r <= 0xff, 'decimal escape too large', backslash, at)
      buffer += String.fromCharCode(r)
    }
    plain = at
  }
}
