// llex.c: the lexer of the kernel's Lua, 5.5 without floats. A `.` and an exponent belong to no numeral, which leaves
// what else they are: `1..2` is "12", and `1.5` is a 1 before the malformed number `.5`.
//
// C fills a buffer that it shows in messages; here a token's text is cut from the source, and a buffer is only kept
// for strings with escapes.
import { lisdigit, lislalnum, lislalpha, lisprint, lisxdigit } from './lctype.js'
import type { CompileError, Place } from './lobject.js'
import { readEscapes, type StringLexer, type WideEscape } from './lstrings.js'
import {
  LUA_TOKENS,
  reserved,
  TK_CONCAT,
  TK_DBCOLON,
  TK_DOTS,
  TK_EOS,
  TK_EQ,
  TK_GE,
  TK_IDIV,
  TK_INT,
  TK_LE,
  TK_NAME,
  TK_NE,
  TK_SHL,
  TK_SHR,
  TK_STRING,
  UCHAR_MAX,
} from './ltokens.js'

const EOZ = -1
const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e

/** What is thrown from wherever an error is found to luaY_parse, which returns it. */
export class SyntaxFailure {
  constructor(readonly error: CompileError) {}
}

export class Token {
  /** A character's code, or a `TK_`. */
  token = TK_EOS
  /** A name, a numeral as it is written, or a string's bytes. */
  value = ''
  /** How a string begins: `"`, `'`, or a long bracket. */
  open = ''
  /** Where it begins and where what follows begins, from 0. */
  start = 0
  end = 0
  /** Of its first character, from 1. */
  line = 1
  column = 1
}

/** As far as C prints it. */
const cstring = (text: string) => (text.includes('\0') ? text.slice(0, text.indexOf('\0')) : text)

const maxDecimal = '9223372036854775807'

/** Whether a numeral as the lexer took it is an integer: a decimal one of 64 bits, a hexadecimal one of any length. */
function isInteger(text: string): boolean {
  const second = text.charCodeAt(1) | 0x20
  const hex = second === 0x78 && text.charCodeAt(0) === 0x30
  if (hex && text.length === 2) return false
  for (let i = hex ? 2 : 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (hex ? !lisxdigit(c) : !lisdigit(c)) return false
  }
  if (hex || text.length < maxDecimal.length) return true
  const digits = text.replace(/^0+/, '')
  return digits.length < maxDecimal.length || (digits.length === maxDecimal.length && digits <= maxDecimal)
}

/** How many tokens pass between two looks. */
const tokensPerLook = 1024
let tokens = 0
let look: (() => void) | null = null

/** Has `f` called now and then while `run` reads a text. What it throws ends that. */
export function luaX_looking<T>(f: () => void, run: () => T): T {
  look = f
  try {
    return run()
  } finally {
    look = null
  }
}

export class LexState implements StringLexer {
  readonly source: string
  /** The line that the lexer is in: where the current token ends, or the one after it if that was looked at. */
  linenumber = 1
  /** Where the last token that was consumed ends. */
  lastline = 1
  /** The same as an offset: where what comes after that token begins. */
  lastend = 0
  /** The current token. */
  t = new Token()
  /** Each `\u{...}` that Lua 5.3 doesn't know. */
  readonly wideEscapes: WideEscape[] = []
  #laststart = 0
  /** The next token, if one was looked at. */
  #lookahead = new Token()
  #looked = false
  /** Where `current` is. */
  #at = 0
  /** Where the line begins. */
  #linestart = 0

  constructor(source: string) {
    this.source = source
  }

  luaX_next(): void {
    const last = this.t
    this.lastline = this.linenumber
    this.lastend = last.end
    this.#laststart = last.start
    if (this.#looked) {
      this.t = this.#lookahead
      this.#lookahead = last
      this.#looked = false
    } else this.#llex(last)
  }

  luaX_lookahead(): number {
    this.#llex(this.#lookahead)
    this.#looked = true
    return this.#lookahead.token
  }

  luaX_token2str(token: number): string {
    if (token > UCHAR_MAX) {
      const text = LUA_TOKENS[token - UCHAR_MAX - 1] as string
      return token < TK_EOS ? `'${text}'` : text
    }
    return lisprint(token) ? `'${String.fromCharCode(token)}'` : `'<\\${token}>'`
  }

  /** An error at the current token. As in C, a NUL is the token that isn't named. */
  luaX_syntaxerror(message: string): never {
    const { token, start } = this.t
    this.#fail(token === 0 ? message : `${message} near ${this.#txtToken(this.t)}`, start)
  }

  /** luaK_semerror: an error in what was read last, which isn't named. */
  luaK_semerror(message: string): never {
    this.linenumber = this.lastline
    this.#fail(message, this.#laststart)
  }

  /** An error in the token being read; `buffer` is what was read of it. */
  lexerror(message: string, buffer: string, start: number): never {
    this.#fail(`${message} near '${cstring(buffer)}'`, start)
  }

  #fail(message: string, start: number): never {
    let line = 1
    let linestart = 0
    // The column is within the line of the error, which need not be the lexer's.
    for (let i = 0; i < start && line < this.linenumber; i++) {
      const c = this.source.charCodeAt(i)
      if (c !== LF && c !== CR) continue
      const d = this.source.charCodeAt(i + 1)
      if ((d === LF || d === CR) && d !== c) i++
      linestart = i + 1
      line++
    }
    const column = line === this.linenumber ? Math.max(start - linestart, 0) + 1 : 1
    throw new SyntaxFailure({ line: this.linenumber, column, message })
  }

  #txtToken(t: Token): string {
    switch (t.token) {
      case TK_STRING: {
        const close = t.open.replaceAll('[', ']')
        return `'${cstring(t.open + t.value + close)}'`
      }
      case TK_NAME:
      case TK_INT:
        return `'${t.value}'`
      default:
        return this.luaX_token2str(t.token)
    }
  }

  #char(at: number): number {
    return at < this.source.length ? this.source.charCodeAt(at) : EOZ
  }

  /** The offset after the line break at `at`; `\r\n` and `\n\r` are one. */
  inclinenumber(at: number): number {
    const c = this.#char(at)
    const d = this.#char(at + 1)
    const next = (d === LF || d === CR) && d !== c ? at + 2 : at + 1
    this.linenumber++
    this.#linestart = next
    return next
  }

  /** Where an offset in the current line is. */
  placeOf(at: number): Place {
    return { line: this.linenumber, column: at - this.#linestart + 1 }
  }

  #llex(t: Token): void {
    if (++tokens % tokensPerLook === 0) look?.()
    let at = this.#at
    for (;;) {
      const c = this.#char(at)
      switch (c) {
        case LF:
        case CR:
          at = this.inclinenumber(at)
          continue
        case 0x20:
        case 0x09:
        case 0x0b:
        case 0x0c:
          at++
          continue
        case 0x2d: // '-'
          if (this.#char(at + 1) !== c) break
          at = this.#comment(at + 2)
          continue
      }
      t.start = at
      t.line = this.linenumber
      t.column = at - this.#linestart + 1
      this.#at = at // where the token ends, once #token returns
      t.token = this.#token(t, c, at)
      t.end = this.#at
      return
    }
  }

  #comment(at: number): number {
    if (this.#char(at) === 0x5b) {
      const sep = this.#skip_sep(at)
      if (sep >= 2) return this.#read_long_string(null, at, sep)
    }
    const { source } = this
    const { length } = source
    for (; at < length; at++) {
      const c = source.charCodeAt(at)
      if (c === LF || c === CR) break
    }
    return at
  }

  /** Reads the token that begins with `c`, and moves to its end. */
  #token(t: Token, c: number, at: number): number {
    if (lislalpha(c)) return this.#name(t, at)
    if (lisdigit(c)) return this.#read_numeral(t, at, at)
    const next = this.#char(at + 1)
    this.#at = at + 2
    switch (c) {
      case EOZ:
        this.#at = at
        return TK_EOS
      case 0x22:
      case 0x27:
        return this.#read_string(t, c, at)
      case 0x5b: {
        const sep = this.#skip_sep(at)
        if (sep >= 2) {
          this.#at = this.#read_long_string(t, at, sep)
          return TK_STRING
        }
        if (sep === 0) {
          let end = at + 1
          while (this.#char(end) === 0x3d) end++
          this.lexerror('invalid long string delimiter', this.source.slice(at, end), at)
        }
        break
      }
      case 0x3d:
        if (next === 0x3d) return TK_EQ
        break
      case 0x3c:
        if (next === 0x3d) return TK_LE
        if (next === 0x3c) return TK_SHL
        break
      case 0x3e:
        if (next === 0x3d) return TK_GE
        if (next === 0x3e) return TK_SHR
        break
      case 0x2f:
        if (next === 0x2f) return TK_IDIV
        break
      case 0x7e:
        if (next === 0x3d) return TK_NE
        break
      case 0x3a:
        if (next === 0x3a) return TK_DBCOLON
        break
      case DOT:
        if (next === DOT) {
          if (this.#char(at + 2) !== DOT) return TK_CONCAT
          this.#at = at + 3
          return TK_DOTS
        }
        if (lisdigit(next)) return this.#read_numeral(t, at, at + 1)
        break
    }
    this.#at = at + 1
    return c & UCHAR_MAX
  }

  #name(t: Token, start: number): number {
    const { source } = this
    const { length } = source
    let at = start + 1
    while (at < length && lislalnum(source.charCodeAt(at))) at++
    this.#at = at
    t.value = source.slice(start, at)
    return reserved.get(t.value) ?? TK_NAME
  }

  /** Reads a numeral whose first digit is at `at`; a `.` may be before it, with which it is none. */
  #read_numeral(t: Token, start: number, at: number): number {
    const x = this.#char(at + 1)
    at += this.#char(at) === 0x30 && (x === 0x78 || x === 0x58) ? 2 : 1
    while (lisxdigit(this.#char(at))) at++
    if (lislalpha(this.#char(at))) at++ // to make what touches it an error
    t.value = this.source.slice(start, at)
    if (!isInteger(t.value)) this.lexerror('malformed number', t.value, start)
    this.#at = at
    return TK_INT
  }

  /** How many `=` a long bracket at `at` has, and 2; 1 for a single bracket, 0 for one that `=` follow in vain. */
  #skip_sep(at: number): number {
    const c = this.#char(at++)
    let count = 0
    for (; this.#char(at) === 0x3d; at++) count++
    if (this.#char(at) === c) return count + 2
    return count === 0 ? 1 : 0
  }

  /** @param t null for a comment @returns where it ends */
  #read_long_string(t: Token | null, start: number, sep: number): number {
    const { source } = this
    const line = this.linenumber
    const close = `]${'='.repeat(sep - 2)}]`
    const end = source.indexOf(close, start + sep)
    let at = start + sep
    let first = this.#char(at)
    if (first === LF || first === CR) at = this.inclinenumber(at)
    first = at
    const stop = end < 0 ? source.length : end
    while (at < stop) {
      const c = source.charCodeAt(at)
      if (c === LF || c === CR) at = this.inclinenumber(at)
      else at++
    }
    if (end < 0) {
      const what = t === null ? 'comment' : 'string'
      this.#fail(`unfinished long ${what} (starting at line ${line}) near <eof>`, start)
    }
    if (t !== null) {
      const text = source.slice(first, end)
      t.value = text.includes('\r') ? text.replace(/\r\n?|\n\r/g, '\n') : text
      t.open = source.slice(start, start + sep)
    }
    return end + sep
  }

  #read_string(t: Token, quote: number, start: number): number {
    const { source } = this
    const { length } = source
    t.open = String.fromCharCode(quote)
    for (let at = start + 1; at < length; at++) {
      const c = source.charCodeAt(at)
      if (c === quote) {
        t.value = source.slice(start + 1, at)
        this.#at = at + 1
        return TK_STRING
      }
      if (c === 0x5c) {
        const { value, end } = readEscapes(this, quote, start, at)
        t.value = value
        this.#at = end
        return TK_STRING
      }
      if (c === LF || c === CR) this.lexerror('unfinished string', source.slice(start, at), start)
    }
    this.unfinished(start)
  }

  /** The chunk ends in a string. */
  unfinished(start: number): never {
    this.#fail('unfinished string near <eof>', start)
  }
}
