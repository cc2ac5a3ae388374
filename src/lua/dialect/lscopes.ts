// The part of lparser.c that knows which variable a name is, and where a goto may jump to. As no code is written, a
// register is a number that is counted, for its limit alone, and a break needs a loop but no label.
import type { Name, Variable } from './ast.js'
import { LexState } from './llex.js'
import { type Place, stackOverflow } from './lobject.js'
import type { Newer } from './newer.js'

/** llimits.h's: how deep what calls itself in C may nest, what the caller is in included. */
const LUAI_MAXCCALLS = 200
const MAXVARS = 200
const MAXUPVAL = 255
const LUA_ENV = '_ENV'

export interface BlockCnt {
  readonly previous: BlockCnt | null
  /** How many labels, and gotos without one, there were before it. */
  readonly firstlabel: number
  readonly firstgoto: number
  readonly nactvar: number
  readonly nregs: number
  readonly isloop: boolean
}

export class FuncState {
  /** How many variables and declarations are in scope. */
  nactvar = 0
  /** How many registers they take. */
  nregs = 0
  bl: BlockCnt | null = null
  isVararg = false
  readonly upvalues = new Map<string, Variable>()

  constructor(
    readonly prev: FuncState | null,
    /** The line of its `function`; 0 for the main function. */
    readonly linedefined: number,
    /** Where its variables and labels begin. */
    readonly firstlocal: number,
    readonly firstlabel: number,
  ) {}
}

interface Labeldesc {
  readonly name: string
  readonly line: number
  nactvar: number
}

const isGlobal = (v: Variable) => v.kind === 'global' || v.kind === 'global const'

const env: Variable = { name: LUA_ENV, kind: 'local', line: 0, column: 0, compileTime: false, noString: true }

export abstract class Scopes extends LexState {
  readonly #main = new FuncState(null, 0, 0, 0)
  fs = this.#main
  /** What other engines don't read, in the order in which it was found. */
  readonly newer: Newer[] = []
  /** The variables of all open functions; some may be declared and not in scope yet. */
  readonly #actvar: Variable[] = []
  readonly #labels: Labeldesc[] = []
  readonly #gotos: Labeldesc[] = []
  /** Whoever loads a chunk is in a call. */
  #nCcalls = 1
  /** Whether the chunk has an `_ENV` of its own. */
  #envDeclared = false
  // What #singlevaraux found besides: whether it is in a function around the current one; a `global *`; global
  // declarations, which void the one that a chunk begins with; and whether a global has the name of a local variable
  // further out.
  #outer = false
  #collective: Variable | null = null
  #voided = false
  #shadows = false

  constructor(source: string) {
    super(source)
    this.#main.upvalues.set(LUA_ENV, env)
    this.enterblock(false)
  }

  enterlevel(): void {
    // C finds this outside the chunk, so that only the message counts.
    if (++this.#nCcalls >= LUAI_MAXCCALLS) this.luaK_semerror(stackOverflow)
  }

  leavelevel(): void {
    this.#nCcalls--
  }

  #errorlimit(fs: FuncState, limit: number, what: string): never {
    const where = fs.linedefined === 0 ? 'main function' : `function at line ${fs.linedefined}`
    this.luaX_syntaxerror(`too many ${what} (limit is ${limit}) in ${where}`)
  }

  /** Declares a variable, which is not in scope before it is activated. */
  new_varkind(name: string, kind: Variable['kind'], { line, column }: Place): Variable {
    const variable = { name, kind, line, column, compileTime: false, noString: false }
    this.#actvar.push(variable)
    if (name === LUA_ENV) this.#envDeclared = true
    return variable
  }

  new_localvar(name: string, place: Place): Variable {
    return this.new_varkind(name, 'local', place)
  }

  /** Registers that a variable without a name takes. */
  reserveRegisters(count: number): void {
    this.fs.nregs += count
    if (this.fs.nregs > MAXVARS) this.#errorlimit(this.fs, MAXVARS, 'local variables')
  }

  /** Starts the scope of the variables declared last. */
  adjustlocalvars(nvars: number): void {
    this.fs.nactvar += nvars
    this.reserveRegisters(nvars)
  }

  /** The same for what takes no register: global declarations, and a constant known now. */
  activate(count: number): void {
    this.fs.nactvar += count
  }

  /**
   * Finds the declaration of a name, and makes it an upvalue of the functions on the way to it. null means a global
   * that is not declared by its name.
   */
  #singlevaraux(name: string): Variable | null {
    this.#collective = null
    this.#voided = false
    for (let fs: FuncState | null = this.fs; fs !== null; fs = fs.prev) {
      for (let i = fs.firstlocal + fs.nactvar - 1; i >= fs.firstlocal; i--) {
        const variable = this.#actvar[i] as Variable
        if (variable.name === name) {
          this.#outer = fs !== this.fs
          if (isGlobal(variable)) this.#shadows = this.#isLocal(name, fs, i)
          else if (!variable.compileTime) this.#newupvalue(this.fs, fs, variable)
          return variable
        }
        if (!isGlobal(variable)) continue
        if (variable.name === '*') this.#collective ??= variable
        else this.#voided = true
      }
      const known = fs.upvalues.get(name)
      if (known !== undefined) {
        this.#outer = true
        this.#newupvalue(this.fs, fs, known)
        return known
      }
    }
    return null
  }

  /** Whether an engine without global declarations takes a name for a local variable declared before the `i`th. */
  #isLocal(name: string, fs: FuncState, i: number): boolean {
    for (let f: FuncState | null = fs; f !== null; f = f.prev) {
      for (let k = f === fs ? i - 1 : f.firstlocal + f.nactvar - 1; k >= f.firstlocal; k--) {
        const variable = this.#actvar[k] as Variable
        if (variable.name === name && !isGlobal(variable)) return true
      }
    }
    return false
  }

  /** Gives all functions from `fs` to the one before `owner` an upvalue, the outer ones first. */
  #newupvalue(fs: FuncState | null, owner: FuncState, variable: Variable): void {
    if (fs === owner || fs === null || fs.upvalues.has(variable.name)) return
    this.#newupvalue(fs.prev, owner, variable)
    if (fs.upvalues.size >= MAXUPVAL) this.#errorlimit(fs, MAXUPVAL, 'upvalues')
    fs.upvalues.set(variable.name, variable)
  }

  /** What every global variable is a field of. */
  buildglobal(name: string): void {
    if (!this.#envDeclared) this.#newupvalue(this.fs, this.#main, env)
    else if (isGlobal(this.#singlevaraux(LUA_ENV) ?? env)) {
      this.luaK_semerror(`${LUA_ENV} is global when accessing variable '${name}'`)
    }
  }

  /** What a name means where it stands. */
  buildvar(name: string, start: number, line: number, column: number): Name {
    let declaration = this.#singlevaraux(name)
    const upvalue = declaration !== null && !isGlobal(declaration) && this.#outer
    if (declaration === null) {
      if (this.#voided && this.#collective === null) this.luaK_semerror(`variable '${name}' not declared`)
      declaration = this.#collective
      this.buildglobal(name)
    } else if (isGlobal(declaration)) {
      if (this.#shadows) this.newer.push({ what: 'shadowed', at: start })
      this.buildglobal(name)
    }
    return { type: 'Name', name, line, column, declaration, upvalue }
  }

  /** Raises an error if `variable` can't be assigned to. */
  check_readonly({ name, declaration }: Name): void {
    if (declaration !== null && declaration.kind !== 'local' && declaration.kind !== 'global') {
      this.luaK_semerror(`attempt to assign to const variable '${name}'`)
    }
  }

  enterblock(isloop: boolean): void {
    const { fs } = this
    const { bl: previous, nactvar, nregs } = fs
    fs.bl = { previous, firstlabel: this.#labels.length, firstgoto: this.#gotos.length, nactvar, nregs, isloop }
  }

  leaveblock(): void {
    const { fs } = this
    const bl = fs.bl as BlockCnt
    if (this.#gotos.length > bl.firstgoto) this.#solvegotos(bl)
    this.#labels.length = bl.firstlabel
    this.#actvar.length = fs.firstlocal + bl.nactvar
    fs.nactvar = bl.nactvar
    fs.nregs = bl.nregs
    fs.bl = bl.previous
  }

  /** Gives the gotos of a block that ends its labels; those that find none may find one in the block around it. */
  #solvegotos(bl: BlockCnt): void {
    const { fs } = this
    let kept = bl.firstgoto
    for (let i = kept; i < this.#gotos.length; i++) {
      const goto = this.#gotos[i] as Labeldesc
      const label = this.#findlabel(goto.name, bl.firstlabel)
      if (label === undefined) {
        goto.nactvar = bl.nactvar
        this.#gotos[kept++] = goto
      } else if (goto.nactvar < label.nactvar) {
        const entered = this.#actvar[fs.firstlocal + goto.nactvar] as Variable
        const { name, line } = goto
        this.luaK_semerror(`<goto ${name}> at line ${line} jumps into the scope of '${entered.name}'`)
      }
    }
    this.#gotos.length = kept
    const pending = this.#gotos[bl.firstgoto]
    if (bl.previous === null && pending !== undefined) {
      this.luaK_semerror(`no visible label '${pending.name}' for <goto> at line ${pending.line}`)
    }
  }

  #findlabel(name: string, first: number): Labeldesc | undefined {
    for (let i = first; i < this.#labels.length; i++) if (this.#labels[i]?.name === name) return this.#labels[i]
    return undefined
  }

  newgotoentry(name: string, line: number): void {
    this.#gotos.push({ name, line, nactvar: this.fs.nactvar })
  }

  checkrepeated(name: string): void {
    const label = this.#findlabel(name, this.fs.firstlabel)
    if (label !== undefined) this.luaK_semerror(`label '${name}' already defined on line ${label.line}`)
  }

  /** @param last whether no statement follows it in its block, so that the block's variables count as gone */
  createlabel(name: string, line: number, last: boolean): void {
    this.#labels.push({ name, line, nactvar: last ? (this.fs.bl as BlockCnt).nactvar : this.fs.nactvar })
  }

  open_func(linedefined: number): void {
    this.fs = new FuncState(this.fs, linedefined, this.#actvar.length, this.#labels.length)
    this.enterblock(false)
  }

  close_func(): void {
    this.leaveblock()
    this.fs = this.fs.prev as FuncState
  }
}
