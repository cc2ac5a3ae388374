// lparser.c: the parser of the kernel's Lua, 5.5 without floats. It is C's function by function, so that it finds the
// same error first and says it in the same words; where C writes code, this makes a tree (ast.ts) and notes what other
// engines don't read (newer.ts). Its layers are a class each, one above the other: llex.ts, lscopes.ts, lexprs.ts,
// ldecls.ts, and the statements here.
//
// What only the code's writer can find is left to the engine: too many registers or constants, or a jump too long.
import type { Assignment, Block, Chunk, Expression, Index, Name, Statement } from './ast.js'
import { Declarations } from './ldecls.js'
import { mayBeString } from './lexprs.js'
import { SyntaxFailure } from './llex.js'
import type { CompileError, Place } from './lobject.js'
import type { WideEscape } from './lstrings.js'
import {
  TK_BREAK,
  TK_DBCOLON,
  TK_DO,
  TK_ELSE,
  TK_ELSEIF,
  TK_END,
  TK_EOS,
  TK_FOR,
  TK_FUNCTION,
  TK_GOTO,
  TK_IF,
  TK_IN,
  TK_LOCAL,
  TK_NAME,
  TK_REPEAT,
  TK_RETURN,
  TK_THEN,
  TK_UNTIL,
  TK_WHILE,
} from './ltokens.js'
import type { Newer } from './newer.js'

const STAR = 0x2a
const COMMA = 0x2c
const SEMICOLON = 0x3b
const LESS = 0x3c
const ASSIGN = 0x3d
const DOT = 0x2e
const COLON = 0x3a

/** How many conditions an `if` may have: C's compiler takes for each as long as there are, and nothing else ends it. */
const MAXCLAUSES = 10_000

class Parser extends Declarations {
  #block_follow(withuntil: boolean): boolean {
    switch (this.t.token) {
      case TK_ELSE:
      case TK_ELSEIF:
      case TK_END:
      case TK_EOS:
        return true
      case TK_UNTIL:
        return withuntil
      default:
        return false
    }
  }

  /** { stat [ `;` ] } */
  statlist(): Block {
    const list: Statement[] = []
    while (!this.#block_follow(true)) {
      const last = this.t.token === TK_RETURN
      this.#statement(list)
      if (last) break
    }
    return list
  }

  #block(): Block {
    this.enterblock(false)
    const list = this.statlist()
    this.leaveblock()
    return list
  }

  #check_target(e: Expression): Name | Index {
    if (e.type !== 'Name' && e.type !== 'Index') this.luaX_syntaxerror('syntax error')
    if (e.type === 'Name') this.check_readonly(e)
    return e
  }

  /** { `,` suffixedexp } `=` explist */
  #restassign(first: Expression, place: Place): Assignment {
    const targets = [this.#check_target(first)]
    let levels = 0
    for (; this.testnext(COMMA); levels++) {
      const e = this.suffixedexp()
      this.enterlevel()
      targets.push(this.#check_target(e))
    }
    this.checknext(ASSIGN)
    const values = this.explist()
    for (; levels > 0; levels--) this.leavelevel()
    return { type: 'Assignment', targets, values, ...place }
  }

  /** Calls and assignments */
  #exprstat(place: Place): Statement {
    const e = this.suffixedexp()
    if (this.t.token === ASSIGN || this.t.token === COMMA) return this.#restassign(e, place)
    if (e.type !== 'Call' && e.type !== 'MethodCall') this.luaX_syntaxerror('syntax error')
    return { type: 'CallStatement', call: e, ...place }
  }

  #gotostat(line: number, place: Place): Statement {
    const label = this.str_checkname()
    this.newgotoentry(label, line)
    return { type: 'Goto', label, ...place }
  }

  #breakstat(place: Place): Statement {
    let { bl } = this.fs
    while (bl !== null && !bl.isloop) bl = bl.previous
    if (bl === null) this.luaX_syntaxerror('break outside loop')
    this.luaX_next()
    return { type: 'Break', ...place }
  }

  /** `::` NAME `::` */
  #labelstat(list: Statement[], line: number, place: Place): void {
    this.luaX_next()
    const label = this.str_checkname()
    this.checknext(TK_DBCOLON)
    list.push({ type: 'Label', label, ...place })
    while (this.t.token === SEMICOLON || this.t.token === TK_DBCOLON) this.#statement(list)
    this.checkrepeated(label)
    this.createlabel(label, line, this.#block_follow(false))
  }

  /** WHILE cond DO block END */
  #whilestat(line: number, place: Place): Statement {
    this.luaX_next()
    const condition = this.expr()
    this.enterblock(true)
    this.checknext(TK_DO)
    const body = this.#block()
    this.check_match(TK_END, TK_WHILE, line)
    this.leaveblock()
    return { type: 'While', condition, body, ...place }
  }

  /** REPEAT block UNTIL cond */
  #repeatstat(line: number, place: Place): Statement {
    this.enterblock(true)
    this.enterblock(false)
    this.luaX_next()
    const body = this.statlist()
    this.check_match(TK_UNTIL, TK_REPEAT, line)
    const condition = this.expr()
    this.leaveblock()
    this.leaveblock()
    return { type: 'Repeat', body, condition, ...place }
  }

  /** DO block */
  #forbody(nvars: number): Block {
    this.checknext(TK_DO)
    this.enterblock(false)
    this.adjustlocalvars(nvars)
    const body = this.#block()
    this.leaveblock()
    return body
  }

  /** A loop's start, limit or step. */
  #exp1(stringsCount: boolean): Expression {
    const { start } = this.t
    const e = this.expr()
    // Engines take a string as a limit, as the kernel does.
    if (stringsCount && mayBeString(e)) this.newer.push({ what: 'for', start, end: this.lastend })
    return e
  }

  /** NAME `=` expr `,` expr [ `,` expr ] forbody */
  #fornum(name: string, at: Place, place: Place): Statement {
    const variable = this.new_varkind(name, 'const', at)
    variable.noString = true
    this.checknext(ASSIGN)
    const start = this.#exp1(true)
    this.checknext(COMMA)
    const limit = this.#exp1(false)
    const step = this.testnext(COMMA) ? this.#exp1(true) : null
    this.reserveRegisters(2)
    return { type: 'NumericFor', variable, start, limit, step, body: this.#forbody(1), ...place }
  }

  /** NAME { `,` NAME } IN explist forbody */
  #forlist(name: string, at: Place, place: Place): Statement {
    const variables = [this.new_varkind(name, 'const', at)]
    while (this.testnext(COMMA)) variables.push(this.newname('local'))
    this.checknext(TK_IN)
    const values = this.explist()
    this.reserveRegisters(3)
    return { type: 'GenericFor', variables, values, body: this.#forbody(variables.length), ...place }
  }

  /** FOR ( fornum | forlist ) END */
  #forstat(line: number, place: Place): Statement {
    this.enterblock(true)
    this.luaX_next()
    const at = { line: this.t.line, column: this.t.column }
    const name = this.str_checkname()
    const { token } = this.t
    if (token !== ASSIGN && token !== COMMA && token !== TK_IN) this.luaX_syntaxerror("'=' or 'in' expected")
    const loop = token === ASSIGN ? this.#fornum(name, at, place) : this.#forlist(name, at, place)
    this.check_match(TK_END, TK_FOR, line)
    this.leaveblock()
    return loop
  }

  /** IF cond THEN block { ELSEIF cond THEN block } [ ELSE block ] END */
  #ifstat(line: number, place: Place): Statement {
    const clauses: { condition: Expression; body: Block }[] = []
    do {
      this.luaX_next()
      const condition = this.expr()
      this.checknext(TK_THEN)
      clauses.push({ condition, body: this.#block() })
      if (clauses.length > MAXCLAUSES) this.luaX_syntaxerror('control structure too long')
    } while (this.t.token === TK_ELSEIF)
    const orelse = this.testnext(TK_ELSE) ? this.#block() : null
    this.check_match(TK_END, TK_IF, line)
    return { type: 'If', clauses, orelse, ...place }
  }

  /** FUNCTION NAME { `.` NAME } [ `:` NAME ] body */
  #funcstat(line: number, place: Place): Statement {
    this.luaX_next()
    let target: Name | Index = this.singlevar()
    while (this.t.token === DOT) target = this.fieldsel(target)
    const isMethod = this.t.token === COLON
    if (isMethod) target = this.fieldsel(target)
    if (target.type === 'Name') this.check_readonly(target)
    return { type: 'FunctionStatement', target, isMethod, func: this.body(isMethod, line, place), ...place }
  }

  /** RETURN [ explist ] [ `;` ] */
  #retstat(place: Place): Statement {
    this.luaX_next()
    const values = this.#block_follow(true) || this.t.token === SEMICOLON ? [] : this.explist()
    this.testnext(SEMICOLON)
    return { type: 'Return', values, ...place }
  }

  /** Whether the name `global`, with which a statement begins, is the one that declares. */
  #declares(): boolean {
    const next = this.luaX_lookahead()
    return next === LESS || next === TK_NAME || next === STAR || next === TK_FUNCTION
  }

  #dostat(line: number, place: Place): Statement {
    this.luaX_next()
    const body = this.#block()
    this.check_match(TK_END, TK_DO, line)
    return { type: 'Do', body, ...place }
  }

  #localstatfunc(place: Place): Statement {
    this.luaX_next()
    return this.testnext(TK_FUNCTION) ? this.localfunc(place) : this.localstat(place)
  }

  /** Reads a statement, or the several that C reads as one, to the end of `list`. */
  #statement(list: Statement[]): void {
    this.enterlevel()
    const { token, value } = this.t
    const place = { line: this.t.line, column: this.t.column }
    const line = this.linenumber
    if (token === SEMICOLON) this.luaX_next()
    else if (token === TK_DBCOLON) this.#labelstat(list, line, place)
    else if (token === TK_NAME && value === 'global' && this.#declares()) list.push(this.globalstatfunc(place))
    else if (token === TK_NAME) list.push(this.#exprstat(place))
    else list.push(this.#keyword(token, line, place))
    this.leavelevel()
  }

  #keyword(token: number, line: number, place: Place): Statement {
    switch (token) {
      case TK_IF:
        return this.#ifstat(line, place)
      case TK_WHILE:
        return this.#whilestat(line, place)
      case TK_DO:
        return this.#dostat(line, place)
      case TK_FOR:
        return this.#forstat(line, place)
      case TK_REPEAT:
        return this.#repeatstat(line, place)
      case TK_FUNCTION:
        return this.#funcstat(line, place)
      case TK_LOCAL:
        return this.#localstatfunc(place)
      case TK_RETURN:
        return this.#retstat(place)
      case TK_BREAK:
        return this.#breakstat(place)
      case TK_GOTO:
        this.luaX_next()
        return this.#gotostat(line, place)
      default:
        return this.#exprstat(place)
    }
  }

  mainfunc(): Block {
    this.fs.isVararg = true
    this.luaX_next()
    const body = this.statlist()
    this.check(TK_EOS)
    this.leaveblock()
    return body
  }
}

/** The tree of a chunk, and what other engines don't read. */
export interface Parsed {
  readonly ast: Chunk
  readonly newer: readonly Newer[]
  readonly wideEscapes: readonly WideEscape[]
}

/** @param source one character for each byte; no binary chunk, and without a first line that begins with `#` */
export function luaY_parse(source: string): Parsed | { readonly error: CompileError } {
  const parser = new Parser(source)
  try {
    const body = parser.mainfunc()
    return { ast: { type: 'Chunk', body }, newer: parser.newer, wideEscapes: parser.wideEscapes }
  } catch (thrown) {
    if (thrown instanceof SyntaxFailure) return { error: thrown.error }
    throw thrown
  }
}
