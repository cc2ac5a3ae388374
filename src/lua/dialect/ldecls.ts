// The part of lparser.c that declares: local and global variables, and functions with their parameters.
import type { Block, Expression, FunctionExpression, Statement, Variable } from './ast.js'
import { Expressions, isConstant, mayBeString } from './lexprs.js'
import type { Place } from './lobject.js'
import { TK_DOTS, TK_END, TK_FUNCTION, TK_NAME } from './ltokens.js'

const OPEN = 0x28
const CLOSE = 0x29
const STAR = 0x2a
const COMMA = 0x2c
const LESS = 0x3c
const ASSIGN = 0x3d
const GREATER = 0x3e

type Attribute = 'const' | 'close' | null

export abstract class Declarations extends Expressions {
  abstract statlist(): Block

  /** [ { NAME `,` } ( NAME | `...` [ NAME ] ) ] */
  #parlist(parameters: Variable[]): { vararg: Variable; start: number; end: number } | null {
    let nparams = 0
    let named: { vararg: Variable; start: number; end: number } | null = null
    if (this.t.token !== CLOSE) {
      do {
        if (this.t.token === TK_NAME) {
          parameters.push(this.newname('local'))
          nparams++
        } else if (this.t.token === TK_DOTS) {
          this.fs.isVararg = true
          const start = this.t.end
          this.luaX_next()
          if (this.t.token === TK_NAME) named = { vararg: this.newname('vararg'), start, end: this.lastend }
        } else this.luaX_syntaxerror("<name> or '...' expected")
      } while (!this.fs.isVararg && this.testnext(COMMA))
    }
    this.adjustlocalvars(nparams)
    if (named !== null) this.adjustlocalvars(1)
    else if (this.fs.isVararg) this.reserveRegisters(1)
    return named
  }

  /** Declares a variable with the name that comes next. */
  newname(kind: Variable['kind']): Variable {
    const { line, column } = this.t
    return this.new_varkind(this.str_checkname(), kind, { line, column })
  }

  /** `(` parlist `)` block END */
  body(ismethod: boolean, line: number, place: Place): FunctionExpression {
    const parameters: Variable[] = []
    this.open_func(line)
    const { fs } = this
    this.checknext(OPEN)
    if (ismethod) {
      parameters.push(this.new_varkind('self', 'local', place))
      this.adjustlocalvars(1)
    }
    const named = this.#parlist(parameters)
    const body = this.t.end
    this.checknext(CLOSE)
    const vararg = named?.vararg ?? null
    if (named !== null) {
      this.newer.push({ what: 'vararg', start: named.start, end: named.end, name: named.vararg.name, body })
    }
    const block = this.statlist()
    const endLine = this.t.line
    this.check_match(TK_END, TK_FUNCTION, line)
    this.close_func()
    return { type: 'Function', parameters, isVararg: fs.isVararg, vararg, body: block, endLine, ...place }
  }

  localfunc(place: Place): Statement {
    const variable = this.newname('local')
    this.adjustlocalvars(1)
    return { type: 'LocalFunction', variable, func: this.body(false, this.linenumber, place), ...place }
  }

  /** [ `<` NAME `>` ] */
  #getvarattribute(df: Attribute): Attribute {
    if (!this.testnext(LESS)) return df
    const attr = this.str_checkname()
    this.checknext(GREATER)
    if (attr !== 'const' && attr !== 'close') this.luaK_semerror(`unknown attribute '${attr}'`)
    return attr
  }

  #getlocalattribute(df: Attribute, prefix: boolean): Attribute {
    const { token, start, line, column } = this.t
    const at = this.lastend
    const kind = this.#getvarattribute(df)
    if (kind !== null && token === LESS) {
      this.newer.push({ what: 'attrib', start, end: this.lastend, kind, prefix, line, column })
    } else if (kind !== null) this.newer.push({ what: 'attribute', at, kind })
    return kind
  }

  /** LOCAL attrib NAME attrib { `,` NAME attrib } [ `=` explist ] */
  localstat(place: Place): Statement {
    const variables: Variable[] = []
    let toclose = false
    const defkind = this.#getlocalattribute(null, true)
    do {
      const { line, column } = this.t
      const name = this.str_checkname()
      const kind = this.#getlocalattribute(defkind, false)
      variables.push(this.new_varkind(name, kind ?? 'local', { line, column }))
      if (kind === 'close') {
        if (toclose) this.luaK_semerror('multiple to-be-closed variables in local list')
        toclose = true
      }
    } while (this.testnext(COMMA))
    const values = this.testnext(ASSIGN) ? this.explist() : []
    const nvars = variables.length
    const last = variables[nvars - 1] as Variable
    const value = values[nvars - 1]
    if (values.length === nvars && last.kind === 'const' && value !== undefined) {
      last.compileTime = isConstant(value)
      last.noString = !mayBeString(value)
    }
    this.adjustlocalvars(last.compileTime ? nvars - 1 : nvars)
    if (last.compileTime) this.activate(1)
    return { type: 'Local', variables, values, ...place }
  }

  #getglobalattribute(df: Variable['kind']): Variable['kind'] {
    const kind = this.#getvarattribute(null)
    if (kind === 'close') this.luaK_semerror('global variables cannot be to-be-closed')
    return kind === null ? df : 'global const'
  }

  /** NAME attrib { `,` NAME attrib } [ `=` explist ] */
  #globalnames(start: number, defkind: Variable['kind'], place: Place): Statement {
    const variables: Variable[] = []
    do {
      const { line, column } = this.t
      const name = this.str_checkname()
      variables.push(this.new_varkind(name, this.#getglobalattribute(defkind), { line, column }))
    } while (this.testnext(COMMA))
    let values: Expression[] = []
    const namesEnd = this.lastend
    if (this.testnext(ASSIGN)) {
      const names = variables.map(({ name }) => name)
      for (const name of names) {
        this.buildglobal(name)
        this.enterlevel()
      }
      values = this.explist()
      for (const _ of names) this.leavelevel()
      this.newer.push({ what: 'globals', start, names, namesEnd, end: this.lastend })
    } else this.newer.push({ what: 'global', start, end: namesEnd })
    this.activate(variables.length)
    return { type: 'Global', variables, values, ...place }
  }

  /** GLOBAL attrib ( `*` | globalnames ) */
  #globalstat(start: number, place: Place): Statement {
    const defkind = this.#getglobalattribute('global')
    const { line, column } = this.t
    if (!this.testnext(STAR)) return this.#globalnames(start, defkind, place)
    const all = this.new_varkind('*', defkind, { line, column })
    this.activate(1)
    this.newer.push({ what: 'global', start, end: this.lastend })
    return { type: 'Global', variables: [all], values: [], ...place }
  }

  /** GLOBAL FUNCTION NAME body */
  #globalfunc(start: number, functionAt: number, place: Place): Statement {
    const nameAt = this.t.start
    const variable = this.newname('global')
    const { name } = variable
    this.newer.push({ what: 'globalfunction', start, functionAt, nameAt, name, end: this.lastend })
    this.activate(1)
    this.buildglobal(name)
    return { type: 'GlobalFunction', variable, func: this.body(false, this.linenumber, place), ...place }
  }

  globalstatfunc(place: Place): Statement {
    const { start } = this.t
    this.luaX_next() // skip 'global'
    const functionAt = this.t.start
    return this.testnext(TK_FUNCTION) ? this.#globalfunc(start, functionAt, place) : this.#globalstat(start, place)
  }
}
