// What a chunk says of its variables before anything is evaluated: what they are bound to, what is assigned to them and
// to their fields, and which globals it only asks for.
import type { Chunk, Expression, Index, Name, Variable } from '../lua/dialect/ast.js'
import { type Context, type Node, walk } from './walk.js'

/** The variables of a chunk: a local by its declaration, a global by its name. */
export type Binding = Variable | string

/** What is known of a variable. */
export interface Bound {
  /** Its values, in the order of the source; null for one that isn't an expression of its own. */
  readonly values: (Expression | null)[]
  /** What is assigned to its fields. */
  readonly fields: Map<string, Expression[]>
  /** Whether fields are assigned that have no constant name. */
  dynamic: boolean
  /** How often it is read for anything else than one of its fields. */
  escapes: number
}

const isGlobalKind = ({ declaration }: Name) => declaration === null || declaration.kind.startsWith('global')

/** Whether the name is the table of all globals, as each chunk has it. */
const isEnvironment = (e: Expression): boolean =>
  e.type === 'Name' && ((e.name === '_ENV' && e.declaration?.line === 0) || (e.name === '_G' && isGlobalKind(e)))

/** A constant key. */
const keyOf = ({ key }: Index): string | null => (key.type === 'String' ? key.value : null)

export class Bindings {
  readonly #bound = new Map<Binding, Bound>()
  /** The paths of globals, `os` or `math.floor`, that are only asked for somewhere. */
  readonly asked = new Set<string>()
  /** The names of all fields and methods that are read. */
  readonly fieldsRead = new Set<string>()
  /** The names of all fields that are assigned to; those that tables are made with besides. */
  readonly fieldsAssigned = new Set<string>()
  readonly fieldsMade = new Set<string>()
  /** Whether globals may be anything: the chunk has an environment of its own, or sets globals by computed names. */
  ownGlobals = false

  constructor(chunk: Chunk) {
    walk(chunk, (node, context) => this.#visit(node, context))
  }

  /** The globals that are assigned to. */
  get globals(): string[] {
    return [...this.#bound].flatMap(([binding, { values }]) =>
      typeof binding === 'string' && values.length > 0 ? [binding] : [],
    )
  }

  /** What a name or `_G.x` means; null for any other expression. */
  bindingOf(e: Expression): Binding | null {
    if (e.type === 'Name') return isGlobalKind(e) ? e.name : e.declaration
    return e.type === 'Index' && isEnvironment(e.object) ? keyOf(e) : null
  }

  isEnvironment = isEnvironment

  of(binding: Binding): Bound {
    let bound = this.#bound.get(binding)
    if (bound === undefined) {
      bound = { values: [], fields: new Map(), dynamic: false, escapes: 0 }
      this.#bound.set(binding, bound)
    }
    return bound
  }

  #bind(binding: Binding, value: Expression | null): void {
    this.of(binding).values.push(value)
  }

  /** `first, second = values` */
  #bindAll(bindings: readonly (Binding | null)[], values: readonly Expression[], declared: boolean): void {
    const last = values.at(-1)
    const open = last !== undefined && ['Call', 'MethodCall', 'Vararg'].includes(last.type)
    for (const [i, binding] of bindings.entries()) {
      if (binding === null) continue
      const value = values[i]
      if (value !== undefined) this.#bind(binding, value)
      else if (open || !declared) this.#bind(binding, null)
      // A variable that is only declared gets its value later.
    }
  }

  #field(target: Index, value: Expression | null): void {
    const name = keyOf(target)
    if (isEnvironment(target.object)) {
      if (name === null) this.ownGlobals = true
      else this.#bind(name, value)
      return
    }
    const binding = this.bindingOf(target.object)
    if (binding === null) return
    const bound = this.of(binding)
    if (name === null) bound.dynamic = true
    else if (value !== null) {
      const values = bound.fields.get(name)
      if (values === undefined) bound.fields.set(name, [value])
      else values.push(value)
    } else if (!bound.fields.has(name)) bound.fields.set(name, [])
  }

  #assign(target: Name | Index, value: Expression | null): void {
    if (target.type === 'Index') this.#field(target, value)
    else if (target.name === '_ENV') this.ownGlobals = true
    else this.#bind(this.bindingOf(target) as Binding, value)
  }

  /** `os` or `math.floor`, of a global that is asked for. */
  #ask(e: Expression): void {
    const names: string[] = []
    let at = e
    for (; at.type === 'Index'; at = at.object) {
      if (isEnvironment(at.object)) break
      names.push(keyOf(at) ?? '')
      if (names.length > 2) return
    }
    const binding = this.bindingOf(at)
    if (typeof binding === 'string') this.asked.add([binding, ...names.reverse()].join('.'))
  }

  #visit(node: Node, { parent, guard, target }: Context): void {
    if (guard && (node.type === 'Name' || node.type === 'Index')) this.#ask(node)
    switch (node.type) {
      case 'Name': {
        const binding = this.bindingOf(node)
        const isObject = (parent?.type === 'Index' || parent?.type === 'MethodCall') && parent.object === node
        if (binding !== null && !target && !isObject) this.of(binding).escapes++
        // Whoever hands out the table of globals may have it filled.
        if (isEnvironment(node) && parent?.type === 'Call' && parent.callee !== node) this.ownGlobals = true
        break
      }
      case 'Index':
        ;(target ? this.fieldsAssigned : this.fieldsRead).add(keyOf(node) ?? '')
        break
      case 'Table':
        for (const { key } of node.fields) if (key?.type === 'String') this.fieldsMade.add(key.value)
        break
      case 'MethodCall':
        this.fieldsRead.add(node.method.value)
        break
      case 'Local':
      case 'Global':
        if (node.variables.some(({ name }) => name === '_ENV')) this.ownGlobals = true
        this.#bindAll(
          node.variables.map((variable) => (node.type === 'Local' ? variable : variable.name)),
          node.values,
          true,
        )
        break
      case 'LocalFunction':
        this.#bind(node.variable, node.func)
        break
      case 'GlobalFunction':
        this.#bind(node.variable.name, node.func)
        break
      case 'FunctionStatement':
        this.#assign(node.target, node.func)
        break
      case 'Assignment':
        for (const [i, each] of node.targets.entries()) this.#assign(each, node.values[i] ?? null)
        break
      case 'Function':
        if (node.parameters.some(({ name }) => name === '_ENV')) this.ownGlobals = true
        for (const parameter of node.parameters) this.#bind(parameter, null)
        break
      case 'NumericFor':
        this.#bind(node.variable, null)
        break
      case 'GenericFor':
        for (const variable of node.variables) this.#bind(variable, null)
        break
      default:
    }
  }
}
