// What expressions are worth, as far as it can be seen without running them: constants, the modules that `require`
// gives and what comes of them, also through variables that are assigned to once.
import type { Call, Chunk, Expression, FunctionExpression, MethodCall, Name, Table } from '../lua/dialect/ast.js'
import type { Binding, Bindings } from './bindings.js'
import type { Definitions, Member, Shape } from './definitions.js'
import { walk } from './walk.js'

export type Value =
  | { readonly is: 'constant'; readonly value: string | bigint | boolean | null }
  | { readonly is: 'table'; readonly node: Table }
  | { readonly is: 'function'; readonly node: FunctionExpression }
  /** A library, a module, or what is in one; `path` is what it is called: `device.new`. */
  | { readonly is: 'known'; readonly member: Member; readonly path: string }
  | { readonly is: 'object'; readonly shape: Shape }
  /** The table of globals. */
  | { readonly is: 'globals' }

/** The longest string that is put together. */
const stringMax = 1024

export const stringOf = (value: Value | null): string | null =>
  value?.is === 'constant' && typeof value.value === 'string' ? value.value : null

const constant = (value: string | bigint | boolean | null): Value => ({ is: 'constant', value })

/** A numeral's value, of 64 bits. */
const numeral = (text: string): bigint => BigInt.asIntN(64, BigInt(text))

const text = (value: Value | null): string | null => {
  if (value?.is !== 'constant') return null
  return typeof value.value === 'string' || typeof value.value === 'bigint' ? String(value.value) : null
}

const isTrue = (value: Value): boolean => value.is !== 'constant' || (value.value !== null && value.value !== false)

export class Values {
  readonly #values = new Map<Expression, Value>()
  /** The paths of what the chunk puts into libraries and modules: `string.trim`. */
  readonly added = new Set<string>()

  constructor(
    chunk: Chunk,
    readonly bindings: Bindings,
    readonly definitions: Definitions,
    /** Whether a script takes the place of the module of this name. */
    readonly isShadowed: (name: string) => boolean = () => false,
  ) {
    // A function may use a global that is assigned further down.
    for (let i = 0; i < 2; i++) {
      walk(chunk, (node, { target, guard }) => {
        if (node.type === 'Index') {
          if (target) this.#note(this.added, node.object, node.key)
          else if (guard) this.#note(this.bindings.asked, node.object, node.key)
        }
        const value = this.#evaluate(node as Expression)
        if (value !== null) this.#values.set(node as Expression, value)
      })
    }
  }

  of(e: Expression): Value | null {
    return this.#values.get(e) ?? null
  }

  /** The module that `require` gives; undefined for a script, and for what there isn't. */
  moduleOf(name: string): Member | undefined {
    return this.isShadowed(name) ? undefined : this.definitions.modules.get(name)
  }

  /** The value of a variable that is assigned to once. */
  ofBinding(binding: Binding): Value | null {
    const { values } = this.bindings.of(binding)
    const [value] = values
    return values.length === 1 && value ? this.of(value) : null
  }

  /** The path of the library's or module's function that is called; of a method, `class:method`. */
  calleeOf(call: Call | MethodCall): string | null {
    if (call.type === 'MethodCall') {
      const object = this.of(call.object)
      if (object?.is === 'object') return `${object.shape.name}:${call.method.value}`
      return object?.is === 'known' && object.member.shape !== null ? `${object.path}.${call.method.value}` : null
    }
    const callee = this.of(call.callee)
    return callee?.is === 'known' ? callee.path : null
  }

  #note(paths: Set<string>, object: Expression, key: Expression): void {
    const table = this.of(object)
    const name = stringOf(this.of(key))
    if (table?.is === 'known') paths.add(`${table.path}.${name ?? '*'}`)
  }

  #global(name: string): Value | null {
    if (this.bindings.of(name).values.length > 0) return this.ofBinding(name)
    const member = this.bindings.ownGlobals ? undefined : this.definitions.globals.get(name)
    return member === undefined ? null : { is: 'known', member, path: name }
  }

  #name(e: Name): Value | null {
    if (this.bindings.isEnvironment(e)) return { is: 'globals' }
    const binding = this.bindings.bindingOf(e) as Binding
    return typeof binding === 'string' ? this.#global(binding) : this.ofBinding(binding)
  }

  #member(object: Value, name: string): Value | null {
    if (object.is === 'globals') return this.#global(name)
    const shape = object.is === 'object' ? object.shape : object.is === 'known' ? object.member.shape : null
    const member = shape?.members.get(name)
    if (member === undefined) return null
    const type = member.kind === 'value' && member.returns !== null && this.definitions.classes.get(member.returns)
    if (type) return { is: 'object', shape: type }
    const path = object.is === 'known' ? `${object.path}.${name}` : `${(shape as Shape).name}:${name}`
    return { is: 'known', member, path }
  }

  #call(member: Member, path: string, args: readonly Expression[]): Value | null {
    if (path === 'require') {
      const [first] = args
      const name = first === undefined ? null : stringOf(this.of(first))
      const module = name === null ? undefined : this.moduleOf(name)
      return module === undefined ? null : { is: 'known', member: module, path: name as string }
    }
    const shape = member.returns === null ? undefined : this.definitions.classes.get(member.returns)
    return shape === undefined ? null : { is: 'object', shape }
  }

  #binary(operator: string, left: Value | null, right: Value | null): Value | null {
    if (operator === '..') {
      const a = text(left)
      const b = text(right)
      return a !== null && b !== null && a.length + b.length <= stringMax ? constant(a + b) : null
    }
    return operator === 'or' && left !== null && isTrue(left) ? left : null
  }

  #evaluate(e: Expression): Value | null {
    switch (e.type) {
      case 'Nil':
        return constant(null)
      case 'True':
      case 'False':
        return constant(e.type === 'True')
      case 'Numeral':
        return constant(numeral(e.text))
      case 'String':
        return constant(e.value)
      case 'Function':
        return { is: 'function', node: e }
      case 'Table':
        return { is: 'table', node: e }
      case 'Paren':
        return this.of(e.expression)
      case 'Name':
        return this.#name(e)
      case 'Unary': {
        const operand = this.of(e.operand)
        const negated = e.operator === '-' && operand?.is === 'constant' && typeof operand.value === 'bigint'
        return negated ? constant(BigInt.asIntN(64, -(operand.value as bigint))) : null
      }
      case 'Binary':
        return this.#binary(e.operator, this.of(e.left), this.of(e.right))
      case 'Index': {
        const object = this.of(e.object)
        const name = stringOf(this.of(e.key))
        return object === null || name === null ? null : this.#member(object, name)
      }
      case 'Call': {
        const callee = this.of(e.callee)
        return callee?.is === 'known' ? this.#call(callee.member, callee.path, e.args) : null
      }
      case 'MethodCall': {
        const object = this.of(e.object)
        const method = object === null ? null : this.#member(object, e.method.value)
        return method?.is === 'known' ? this.#call(method.member, method.path, e.args) : null
      }
      default:
        return null
    }
  }
}
