// Refuses Lua source that fengari, with Lua 5.3 and integers of 32 bits, can't read as Lua 5.5 with 64 bits does: syntax
// that came later, and integers that fengari would turn into floats or wrap. Stands for nothing of C Lua, where the
// parser itself says so.
//
// There is a lexer and no parser. Each rule looks at a few tokens in a row that no correct Lua 5.3 has, so that a script
// which fengari reads rightly is never refused. What the rules miss gets fengari's own syntax error.
import type { luaL_Refusal } from './api.js'

const keywords = new Set(
  `and break do else elseif end false for function goto if in local nil not or repeat return then true until while`.split(
    ' ',
  ),
)

/** A name, a keyword, a number (as greedy as Lua's own reading of one) or a symbol. */
const word =
  /[A-Za-z_]\w*|0[xX](?:[pP][+-]?|[\da-fA-F.])*|\.?\d(?:[eE][+-]?|[\da-fA-F.])*|\.{2,3}|::|<[<=]|>[>=]|[\s\S]/y
const utf8Escape = /u\{([\da-fA-F]+)\}/y
const longBracket = /\[(=*)\[/y

/** The token that a string of any kind is. */
const string = '""'

const LF = 0x0a
const CR = 0x0d
const isNewline = (c: number) => c === LF || c === CR
const isSpace = (c: number) => c === 0x20 || (c >= 0x09 && c <= 0x0d)

/** Splits a chunk into tokens. `source` has one character for each byte. */
class Lexer {
  /** The line of the last token. */
  line = 1
  #at = 0
  readonly #source: string

  constructor(source: string) {
    this.#source = source
  }

  /**
   * The next token as it is written, for each string `""`, or `\u{...}` for a string whose escape Lua 5.3 doesn't know.
   * @returns an empty string at the end, and from where nothing can be read: fengari says why
   */
  next(): string {
    const source = this.#source
    while (this.#at < source.length) {
      const c = source.charCodeAt(this.#at)
      if (isSpace(c)) this.#skip()
      else if (c === 0x2d && source.charCodeAt(this.#at + 1) === 0x2d) this.#comment()
      else if (c === 0x22 || c === 0x27) return this.#string(c)
      else if (c === 0x5b) return this.#bracket()
      else return this.#word()
    }
    return ''
  }

  #word(): string {
    const start = this.#at
    word.lastIndex = start
    word.test(this.#source)
    this.#at = word.lastIndex
    return this.#source.slice(start, this.#at)
  }

  /** Skips one character; `\r\n` and `\n\r` are one, as in Lua. */
  #skip(): void {
    const c = this.#source.charCodeAt(this.#at++)
    if (!isNewline(c)) return
    this.line++
    const d = this.#source.charCodeAt(this.#at)
    if (isNewline(d) && d !== c) this.#at++
  }

  #end(): string {
    this.#at = this.#source.length
    return ''
  }

  #comment(): void {
    this.#at += 2
    if (this.#long()) return
    while (this.#at < this.#source.length && !isNewline(this.#source.charCodeAt(this.#at))) this.#at++
  }

  /** Skips a long bracket that begins here; one without an end reaches to the chunk's. @returns whether one begins */
  #long(): boolean {
    longBracket.lastIndex = this.#at
    const level = longBracket.exec(this.#source)?.[1]
    if (level === undefined) return false
    const close = `]${level}]`
    const end = this.#source.indexOf(close, longBracket.lastIndex)
    if (end < 0) this.#end()
    else {
      while (this.#at < end) this.#skip()
      this.#at = end + close.length
    }
    return true
  }

  #bracket(): string {
    if (this.#long()) return string
    return this.#source.charCodeAt(this.#at + 1) === 0x3d ? this.#end() : this.#word()
  }

  #string(quote: number): string {
    this.#at++
    while (this.#at < this.#source.length) {
      const c = this.#source.charCodeAt(this.#at)
      if (isNewline(c)) break
      this.#at++
      if (c === quote) return string
      if (c !== 0x5c) continue
      const unknown = this.#escape()
      if (unknown !== null) return unknown
    }
    return this.#end()
  }

  /** Skips what comes after a backslash, or returns the escape that Lua 5.3 doesn't know. */
  #escape(): string | null {
    utf8Escape.lastIndex = this.#at
    const [written, digits = '0'] = utf8Escape.exec(this.#source) ?? []
    const codepoint = Number.parseInt(digits, 16)
    if (codepoint > 0x10ffff && codepoint <= 0x7fffffff) return `\\${written}`
    const zap = this.#source[this.#at] === 'z'
    this.#skip()
    while (zap && isSpace(this.#source.charCodeAt(this.#at))) this.#skip()
    return null
  }
}

const isName = (token: string) => /^[A-Za-z_]/.test(token) && !keywords.has(token)
const isDigit = (c: number) => c >= 0x30 && c <= 0x39
const isNumber = (token: string) =>
  isDigit(token.charCodeAt(0)) || (token.charCodeAt(0) === 0x2e && isDigit(token.charCodeAt(1)))

const operandEnds = new Set([string, ')', ']', '}', '...', 'end', 'nil', 'true', 'false'])
const endsOperand = (token: string) => operandEnds.has(token) || isName(token) || isNumber(token)

/** After these, as after an operand, a name begins a statement. The empty one is the chunk's beginning. */
const statementStarts = new Set(['', ';', 'do', 'then', 'else', 'repeat', 'break', '::'])

/** Whether the name `global`, between `before` and `after`, declares. The kernel's Lua looks at `after` alone. */
function declares(before: string, after: string): boolean {
  if (!statementStarts.has(before) && !endsOperand(before)) return false
  if (after === 'function' || isName(after)) return true
  // After a semicolon it may be a field's value: {1; global * 2}.
  return before !== ';' && (after === '*' || after === '<')
}

const only53 = 'fengari, this engine, has Lua 5.3'
const only32 = 'fengari, this engine, has 32 bits'

/** Why fengari misreads this number, a minus before it or not; null for what is no integer, or is read rightly. */
function refuseNumber(numeral: string, negated: boolean): string | null {
  if (numeral.length < 10 || !/^(0x[\da-f]+|\d+)$/i.test(numeral)) return null
  const hex = /^0x/i.test(numeral)
  const digits = numeral.slice(hex ? 2 : 0).replace(/^0+/, '')
  if (digits.length > (hex ? 16 : 19)) return `${numeral} is an integer of more than 64 bits: ${only32}`
  const value = BigInt(`${hex ? '0x0' : '0'}${digits}`)
  if (value < 1n << 31n || (negated && value === 1n << 31n)) return null
  if (!hex && value >= 1n << 63n) return `${numeral} is an integer of more than 64 bits: ${only32}`
  if (!hex || value >= 1n << 32n) return `${numeral} is an integer of 64 bits: ${only32}`
  return `${numeral} is ${value} in 64 bits: ${only32} and reads ${BigInt.asIntN(32, value)}`
}

/** A chunk without any of these has nothing to refuse: most scripts don't cost the lexer's time. */
const suspect = /\b(?:const|close|global)\b|\.\.\.\s*(?:--|[A-Za-z_])|\d{10}|0[xX][\da-fA-F]{8}|\\u\{/

/** As api.ts describes it. */
export function luaL_refuse(bytes: Uint8Array): luaL_Refusal | null {
  if (bytes[0] === 0x1b) return null // a binary chunk
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  if (!suspect.test(source)) return null
  const lexer = new Lexer(source)
  // The three tokens before `token`, and the line of the last of them.
  let [third, second, last] = ['', '', '']
  let lastLine = 1
  // Whether only names, commas and `<` came since a `local`: in Lua 5.3 no `>` can follow them.
  let naming = false
  for (let token = lexer.next(); token !== ''; token = lexer.next()) {
    const { line } = lexer
    const refuse = (why: string) => ({ line: lastLine, why: `${why}: ${only53}` })

    if (isNumber(token)) {
      const why = refuseNumber(token, last === '-' && !endsOperand(second))
      if (why !== null) return { line, why }
    } else if (token[0] === '\\') return { line, why: `'${token}' is Lua 5.4: ${only53}` }
    else if (last === 'global' && declares(second, token)) return refuse(`'global' as a declaration is Lua 5.5`)
    else if (token === ')' && second === '...' && isName(last)) return refuse(`'...${last}' is Lua 5.5`)
    else if (token === '>' && naming && second === '<' && (last === 'const' || last === 'close')) {
      return refuse(third === 'local' ? `'local <${last}>' is Lua 5.5` : `'<${last}>' is Lua 5.4`)
    }

    naming = token === 'local' || (naming && (token === ',' || token === '<' || isName(token)))
    third = second
    second = last
    last = token
    lastLine = line
  }
  return null
}
