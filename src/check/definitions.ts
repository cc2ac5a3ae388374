// What a kernel's Lunatik has, as the definition files for editors declare it (luals/): modules, classes, and the
// libraries of which the kernel has but a part. They are Lua, read by the kernel's parser; what matters of their
// annotations is in the comments. That they are right is held by test/luals.test.ts.
import type { Expression, Statement, Table } from '../lua/dialect/ast.js'
import { luaY_parse } from '../lua/dialect/lparser.js'
import { standardLibraries } from './stdlib.js'

/** A table or an object with members. */
export interface Shape {
  readonly name: string
  readonly members: Map<string, Member>
  /** Whether it may have members that nobody declares. */
  open: boolean
}

/** What a name stands for. */
export interface Member {
  readonly kind: 'table' | 'function' | 'value'
  /** Of a table. */
  readonly shape: Shape | null
  /** The class of a function's result; null for any other. */
  readonly returns: string | null
  /** Why a kernel hasn't it: `own` is this project's alone, `later` what newer kernels have. */
  readonly beyond: 'own' | 'later' | null
}

export interface Definitions {
  /** Those that `require` finds, by name. */
  readonly modules: Map<string, Member>
  readonly classes: Map<string, Shape>
  readonly globals: Map<string, Member>
}

/** A comment of lines `---`. */
interface Doc {
  readonly text: string
  readonly cls: string | null
  readonly returns: string | null
}

const noDoc: Doc = { text: '', cls: null, returns: null }

const beyondOf = (text: string): Member['beyond'] => {
  if (/\bnot on a kernel\b/i.test(text)) return 'own'
  return /\bthe recorded one has not\b/.test(text) ? 'later' : null
}

/** The comments of a file by the line that follows them. Declares their classes. */
function readDocs(text: string, classes: Map<string, Shape>, parents: Map<Shape, string>): Map<number, Doc> {
  const docs = new Map<number, Doc>()
  let lines: string[] = []
  const end = (line: number) => {
    const plain: string[] = []
    let shape: Shape | null = null
    let cls: string | null = null
    let returns: string | null = null
    /** The text since the last annotation. */
    let recent: string[] = []
    for (const comment of lines) {
      const [, name, rest = ''] = /^@(\w+) ?(.*)$/.exec(comment) ?? []
      if (name === undefined) {
        plain.push(comment)
        recent.push(comment)
        continue
      }
      if (name === 'class') {
        const [, found = '', parent] = /^([\w.]+)(?:: ([\w.]+))?/.exec(rest) ?? []
        cls = found
        // A table may get fields from anybody, a userdata may not.
        shape = { name: found, members: new Map(), open: parent !== 'userdata' }
        classes.set(found, shape)
        if (parent !== undefined) parents.set(shape, parent)
      } else if (name === 'field' && shape !== null) {
        const [, field, type = '', more = ''] = /^(\w+)\?? (\S+) ?(.*)$/.exec(rest) ?? []
        if (field === undefined) shape.open = true
        else {
          const beyond = beyondOf([...recent, more].join(' '))
          shape.members.set(field, { kind: 'value', shape: null, returns: classIn(type), beyond })
        }
      } else if (name === 'return') returns ??= rest
      recent = []
    }
    if (lines.length > 0)
      docs.set(line, { text: plain.join(' '), cls, returns: returns === null ? null : classIn(returns) })
    lines = []
  }
  for (const [i, line] of text.split('\n').entries()) {
    if (line.startsWith('---')) lines.push(line.slice(3))
    else end(i + 1)
  }
  return docs
}

/** The class in a type; null for what is no class, and for one of several. */
const classIn = (type: string) => /^([a-z]+\.[\w.]+)\??(?: |$)/.exec(type)?.[1] ?? null

/** The shape of a table of constants. */
function shapeOf(name: string, { fields }: Table): Shape {
  const members = new Map<string, Member>()
  for (const { key, value } of fields)
    if (key?.type === 'String') members.set(key.value, memberOf(`${name}.${key.value}`, value))
  return { name, members, open: false }
}

const memberOf = (name: string, value: Expression): Member => ({
  kind: value.type === 'Table' ? 'table' : 'value',
  shape: value.type === 'Table' ? shapeOf(name, value) : null,
  returns: null,
  beyond: null,
})

class Reader {
  readonly modules = new Map<string, Member>()
  readonly classes = new Map<string, Shape>()
  /** The name of the class that a class is derived from. */
  readonly parents = new Map<Shape, string>()
  readonly globals = new Map<string, Member>()

  constructor() {
    for (const [name, fields] of standardLibraries) {
      const members = new Map(fields.map((field) => [field, plain(field)]))
      if (name === '_G') for (const [field, member] of members) this.globals.set(field, member)
      else this.globals.set(name, { kind: 'table', shape: { name, members, open: false }, returns: null, beyond: null })
    }
  }

  read(name: string, text: string): void {
    const parsed = luaY_parse(text)
    if ('error' in parsed) throw new SyntaxError(`luals/${name}, line ${parsed.error.line}: ${parsed.error.message}`)
    const docs = readDocs(text, this.classes, this.parents)
    const variables = new Map<string, Member>()
    for (const statement of parsed.ast.body) {
      this.#statement(name, statement, docs.get(statement.line) ?? noDoc, variables)
    }
  }

  /** A table that a file declares: of its class, or of what is written there. */
  #table(name: string, table: Table, { cls, text }: Doc): Member {
    const shape = (cls === null ? undefined : this.classes.get(cls)) ?? shapeOf(name, table)
    for (const [key, member] of shapeOf(name, table).members) shape.members.set(key, member)
    return { kind: 'table', shape, returns: null, beyond: beyondOf(text) }
  }

  #statement(module: string, statement: Statement, doc: Doc, variables: Map<string, Member>): void {
    const func = { kind: 'function', shape: null, returns: doc.returns, beyond: beyondOf(doc.text) } as const
    if (statement.type === 'Local') {
      const [variable] = statement.variables
      const [value] = statement.values
      if (variable !== undefined && value?.type === 'Table') {
        variables.set(variable.name, this.#table(module, value, doc))
      }
    } else if (statement.type === 'LocalFunction') variables.set(statement.variable.name, func)
    else if (statement.type === 'FunctionStatement') this.#declare(statement.target, func, variables)
    else if (statement.type === 'Assignment') {
      const [target] = statement.targets
      const [value] = statement.values
      if (target === undefined || value === undefined) return
      const member = value.type === 'Table' ? this.#table(module, value, doc) : memberOf(module, value)
      this.#declare(target, member, variables)
    } else if (statement.type === 'Return') {
      const [value] = statement.values
      const member = value?.type === 'Name' ? variables.get(value.name) : undefined
      if (member === undefined) return
      // A module has what it has.
      if (member.shape !== null) member.shape.open = false
      this.modules.set(module, member)
    }
  }

  /** Gives a class what the class that it is derived from has. */
  inherit(shape: Shape): void {
    const parent = this.classes.get(this.parents.get(shape) ?? '')
    if (parent === undefined) return
    this.parents.delete(shape)
    this.inherit(parent)
    for (const [name, member] of parent.members) if (!shape.members.has(name)) shape.members.set(name, member)
  }

  #declare(target: Expression, member: Member, variables: Map<string, Member>): void {
    if (target.type === 'Name') {
      if (member.shape !== null) member.shape.open = false
      this.globals.set(target.name, member)
    } else if (target.type === 'Index' && target.object.type === 'Name' && target.key.type === 'String') {
      const { name } = target.object
      const table = variables.get(name) ?? this.globals.get(name)
      table?.shape?.members.set(target.key.value, member)
    }
  }
}

const plain = (field: string): Member => ({
  kind: field.startsWith('_') ? 'value' : 'function',
  shape: null,
  returns: null,
  beyond: null,
})

/** @param files the texts of luals/ by the names of their modules; that of the globals is `globals` */
export function readDefinitions(files: Iterable<readonly [string, string]>): Definitions {
  const reader = new Reader()
  for (const [name, text] of files) reader.read(name, text)
  const { modules, classes, globals } = reader
  for (const shape of classes.values()) reader.inherit(shape)
  // package.loaded has them.
  for (const [name] of standardLibraries) {
    const library = globals.get(name)
    if (library !== undefined) modules.set(name, library)
  }
  for (const name of ['math', 'io']) modules.set(name, globals.get(name) as Member)
  return { modules, classes, globals }
}
