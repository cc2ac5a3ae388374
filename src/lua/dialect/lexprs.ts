// The part of lparser.c that reads expressions.
import type {
  Binary,
  Call,
  Expression,
  Field,
  FunctionExpression,
  Index,
  MethodCall,
  Name,
  StringLiteral,
  Table,
  Unary,
} from './ast.js'
import type { Place } from './lobject.js'
import { Scopes } from './lscopes.js'
import {
  LUA_TOKENS,
  TK_AND,
  TK_CONCAT,
  TK_DOTS,
  TK_EOS,
  TK_EQ,
  TK_FALSE,
  TK_FUNCTION,
  TK_GE,
  TK_IDIV,
  TK_INT,
  TK_LE,
  TK_NAME,
  TK_NE,
  TK_NIL,
  TK_NOT,
  TK_OR,
  TK_SHL,
  TK_SHR,
  TK_STRING,
  TK_TRUE,
  UCHAR_MAX,
} from './ltokens.js'

const char = (c: string) => c.charCodeAt(0)
const OPEN = char('(')
const CLOSE = char(')')
const BRACE = char('{')
const BRACE_END = char('}')
const BRACKET = char('[')
const BRACKET_END = char(']')
const DOT = char('.')
const COLON = char(':')
const COMMA = char(',')
const SEMICOLON = char(';')
const ASSIGN = char('=')
const MINUS = char('-')
const SLASH = char('/')
const TILDE = char('~')
const HASH = char('#')

/** By token; null for what is no unary operator. */
const unop = (token: number): Unary['operator'] | null => {
  if (token === MINUS) return '-'
  if (token === TK_NOT) return 'not'
  if (token === HASH) return '#'
  return token === TILDE ? '~' : null
}

const UNARY_PRIORITY = 12

// The binary operators' priorities by token, left and right; a lower right one is right associative. There is no `^`.
const left = new Uint8Array(TK_EOS)
const right = new Uint8Array(TK_EOS)
for (const [l, r, ...tokens] of [
  [11, 11, char('*'), char('%'), SLASH, TK_IDIV],
  [10, 10, char('+'), MINUS],
  [9, 8, TK_CONCAT],
  [7, 7, TK_SHL, TK_SHR],
  [6, 6, char('&')],
  [5, 5, TILDE],
  [4, 4, char('|')],
  [3, 3, TK_EQ, char('<'), TK_LE, TK_NE, char('>'), TK_GE],
  [2, 2, TK_AND],
  [1, 1, TK_OR],
] as const) {
  for (const token of tokens) {
    left[token] = l
    right[token] = r
  }
}

const operatorOf = (token: number) =>
  token > UCHAR_MAX ? (LUA_TOKENS[token - UCHAR_MAX - 1] as string) : String.fromCharCode(token)

/** Whether an expression's value may be a string; what metamethods return is not looked at. */
export function mayBeString(e: Expression): boolean {
  switch (e.type) {
    case 'Paren':
      return mayBeString(e.expression)
    case 'Name':
      return !e.declaration?.noString
    case 'Binary':
      return e.operator === '..' || e.operator === 'and' || e.operator === 'or'
    case 'String':
    case 'Index':
    case 'Call':
    case 'MethodCall':
    case 'Vararg':
      return true
    default:
      return false
  }
}

/** Whether C knows the value while it compiles. Of arithmetic, which it folds, only a sign is looked at. */
export function isConstant(e: Expression): boolean {
  switch (e.type) {
    case 'Paren':
      return isConstant(e.expression)
    case 'Unary':
      return e.operand.type === 'Numeral' && (e.operator === '-' || e.operator === '~')
    case 'Name':
      return e.declaration?.compileTime === true
    default:
      return e.type === 'Nil' || e.type === 'True' || e.type === 'False' || e.type === 'Numeral' || e.type === 'String'
  }
}

export abstract class Expressions extends Scopes {
  /** Reads a function from its parameters' `(`. */
  abstract body(ismethod: boolean, line: number, place: Place): FunctionExpression

  error_expected(token: number): never {
    this.luaX_syntaxerror(`${this.luaX_token2str(token)} expected`)
  }

  testnext(token: number): boolean {
    if (this.t.token !== token) return false
    this.luaX_next()
    return true
  }

  check(token: number): void {
    if (this.t.token !== token) this.error_expected(token)
  }

  checknext(token: number): void {
    this.check(token)
    this.luaX_next()
  }

  /** Skips `what`, which ends what `who` began in line `where`. */
  check_match(what: number, who: number, where: number): void {
    if (this.testnext(what)) return
    if (where === this.linenumber) this.error_expected(what)
    this.luaX_syntaxerror(
      `${this.luaX_token2str(what)} expected (to close ${this.luaX_token2str(who)} at line ${where})`,
    )
  }

  str_checkname(): string {
    this.check(TK_NAME)
    const { value } = this.t
    this.luaX_next()
    return value
  }

  codename(): StringLiteral {
    this.check(TK_NAME)
    const { value, line, column } = this.t
    this.luaX_next()
    return { type: 'String', value, line, column }
  }

  singlevar(): Name {
    this.check(TK_NAME)
    // The name counts as read when it isn't declared.
    const { value, start, line, column } = this.t
    this.luaX_next()
    return this.buildvar(value, start, line, column)
  }

  fieldsel(object: Expression): Index {
    this.luaX_next() // skip the dot or colon
    return { type: 'Index', object, key: this.codename(), line: object.line, column: object.column }
  }

  /** `[` expr `]` */
  #yindex(): Expression {
    this.luaX_next()
    const key = this.expr()
    this.checknext(BRACKET_END)
    return key
  }

  /** NAME `=` expr, or `[` expr `]` `=` expr */
  #recfield(): Field {
    const key = this.t.token === TK_NAME ? this.codename() : this.#yindex()
    this.checknext(ASSIGN)
    return { key, value: this.expr() }
  }

  #field(): Field {
    const { token } = this.t
    if (token === BRACKET || (token === TK_NAME && this.luaX_lookahead() === ASSIGN)) return this.#recfield()
    return { key: null, value: this.expr() }
  }

  /** `{` [ field { sep field } [ sep ] ] `}`, where sep is `,` or `;` */
  #table(): Table {
    const { line, column } = this.t
    const where = this.linenumber
    const fields: Field[] = []
    this.checknext(BRACE)
    while (this.t.token !== BRACE_END) {
      fields.push(this.#field())
      if (!this.testnext(COMMA) && !this.testnext(SEMICOLON)) break
    }
    this.check_match(BRACE_END, BRACE, where)
    return { type: 'Table', fields, line, column }
  }

  /** expr { `,` expr } */
  explist(): Expression[] {
    const list = [this.expr()]
    while (this.testnext(COMMA)) list.push(this.expr())
    return list
  }

  #string(): StringLiteral {
    const { value, line, column } = this.t
    this.luaX_next()
    return { type: 'String', value, line, column }
  }

  /** `(` [ explist ] `)`, or a table or string */
  #funcargs(): Expression[] {
    const where = this.linenumber
    switch (this.t.token) {
      case OPEN: {
        this.luaX_next()
        const args = this.t.token === CLOSE ? [] : this.explist()
        this.check_match(CLOSE, OPEN, where)
        return args
      }
      case BRACE:
        return [this.#table()]
      case TK_STRING:
        return [this.#string()]
      default:
        this.luaX_syntaxerror('function arguments expected')
    }
  }

  /** NAME, or `(` expr `)` */
  #primaryexp(): Expression {
    const { token, line, column } = this.t
    if (token === TK_NAME) return this.singlevar()
    if (token !== OPEN) this.luaX_syntaxerror('unexpected symbol')
    const where = this.linenumber
    this.luaX_next()
    const expression = this.expr()
    this.check_match(CLOSE, OPEN, where)
    return { type: 'Paren', expression, line, column }
  }

  /** primaryexp { `.` NAME | `[` expr `]` | `:` NAME funcargs | funcargs } */
  suffixedexp(): Expression {
    let e = this.#primaryexp()
    const { line, column } = e
    for (;;) {
      switch (this.t.token) {
        case DOT:
          e = this.fieldsel(e)
          break
        case BRACKET:
          e = { type: 'Index', object: e, key: this.#yindex(), line, column } satisfies Index
          break
        case COLON: {
          this.luaX_next()
          const method = this.codename()
          e = { type: 'MethodCall', object: e, method, args: this.#funcargs(), line, column } satisfies MethodCall
          break
        }
        case OPEN:
        case TK_STRING:
        case BRACE:
          e = { type: 'Call', callee: e, args: this.#funcargs(), line, column } satisfies Call
          break
        default:
          return e
      }
    }
  }

  #numeral(negated: boolean): Expression {
    const { value: text, start, end, line, column } = this.t
    if (this.source.charCodeAt(end) === DOT) this.newer.push({ what: 'dots', at: end })
    // Nine digits never need more than 32 bits.
    if (text.length > 9) this.newer.push({ what: 'numeral', text, negated, at: start, line, column })
    this.luaX_next()
    return { type: 'Numeral', text, line, column }
  }

  #literal(type: 'Nil' | 'True' | 'False' | 'Vararg'): Expression {
    const { line, column } = this.t
    this.luaX_next()
    return { type, line, column }
  }

  #simpleexp(negated: boolean): Expression {
    switch (this.t.token) {
      case TK_INT:
        return this.#numeral(negated)
      case TK_STRING:
        return this.#string()
      case TK_NIL:
        return this.#literal('Nil')
      case TK_TRUE:
        return this.#literal('True')
      case TK_FALSE:
        return this.#literal('False')
      case TK_DOTS:
        if (!this.fs.isVararg) this.luaX_syntaxerror("cannot use '...' outside a vararg function")
        return this.#literal('Vararg')
      case BRACE:
        return this.#table()
      case TK_FUNCTION: {
        const { line, column } = this.t
        this.luaX_next()
        return this.body(false, this.linenumber, { line, column })
      }
      default:
        return this.suffixedexp()
    }
  }

  /**
   * ( simpleexp | unop subexpr ) { binop subexpr }, with the operators of a higher priority than `limit`.
   * @param negated whether a minus is right before it
   */
  #subexpr(limit: number, negated: boolean): Expression {
    this.enterlevel()
    const { line, column } = this.t
    const operator = unop(this.t.token)
    let e: Expression
    if (operator !== null) {
      this.luaX_next()
      e = { type: 'Unary', operator, operand: this.#subexpr(UNARY_PRIORITY, operator === '-'), line, column }
    } else e = this.#simpleexp(negated)
    for (;;) {
      const { token, start } = this.t
      // What is no operator has the priority 0, and so has the chunk's end, which the table doesn't reach.
      if (!((left[token] as number) > limit)) break
      if (token === SLASH) this.newer.push({ what: 'slash', at: start })
      this.luaX_next()
      const rhs = this.#subexpr(right[token] as number, false)
      e = { type: 'Binary', operator: operatorOf(token), left: e, right: rhs, line, column } satisfies Binary
    }
    this.leavelevel()
    return e
  }

  expr(): Expression {
    return this.#subexpr(0, false)
  }
}
