// Drivers: the tables that device.new gets, and their callbacks.
import type { Call, Chunk, Expression, FunctionExpression, Variable } from '../lua/dialect/ast.js'
import type { Place } from '../lua/dialect/lobject.js'
import { l_str2int } from '../lua/dialect/lobject.js'
import type { Binding } from './bindings.js'
import { printable, quoted } from './finding.js'
import { ownExtension } from './members.js'
import { failing, type Rule, type Script } from './script.js'
import { stringOf, type Value, type Values } from './values.js'
import { type Context, type Node, walk } from './walk.js'

interface Driver {
  /** The values of its fields, as far as they can be seen. */
  readonly fields: ReadonlyMap<string, readonly Expression[]>
  /** Whether it has no others. */
  readonly complete: boolean
}

/** The value of a driver's field that is set once. */
function fieldOf({ fields }: Driver, name: string, values: Values): Value | null {
  const [only, ...others] = fields.get(name) ?? []
  return only === undefined || others.length > 0 ? null : values.of(only)
}

function add(fields: Map<string, Expression[]>, name: string, value: Expression): void {
  const known = fields.get(name)
  if (known === undefined) fields.set(name, [value])
  else known.push(value)
}

/** The driver that an expression is; null where that can't be seen. */
function driverOf(argument: Expression, values: Values): Driver | null {
  const value = values.of(argument)
  if (value?.is !== 'table') return null
  const fields = new Map<string, Expression[]>()
  let complete = true
  for (const { key, value: field } of value.node.fields) {
    const name = key === null ? null : stringOf(values.of(key))
    if (name !== null) add(fields, name, field)
    else if (key !== null) complete = false
  }
  if (argument.type === 'Table') return { fields, complete }
  const { bindings } = values
  const binding = bindings.bindingOf(argument)
  if (binding === null) return { fields, complete: false }
  const bound = bindings.of(binding)
  for (const [name, assigned] of bound.fields) {
    // What is assigned to a field has no order with what it is made with.
    if (assigned.length === 0) complete = false
    for (const each of assigned) add(fields, name, each)
  }
  // This call is the one place where it is more than its fields. A method may set others.
  return { fields, complete: complete && bound.escapes === 1 && !bound.dynamic && bound.values.length === 1 }
}

/** A callback of a driver. */
interface Callback {
  readonly name: string
  readonly self: Variable | null
}

export interface Drivers {
  readonly calls: ReadonlyMap<Call, Driver>
  readonly callbacks: ReadonlyMap<FunctionExpression, Callback>
  /** What the callbacks call the driver. */
  readonly selves: ReadonlySet<Variable>
}

export function findDrivers(chunk: Chunk, values: Values): Drivers {
  const calls = new Map<Call, Driver>()
  const callbacks = new Map<FunctionExpression, Callback>()
  const selves = new Set<Variable>()
  const operations = values.definitions.classes.get('lunatik.driver')?.members
  const seen = new Set<Binding>()
  walk(chunk, (node) => {
    const [argument] = node.type === 'Call' && values.calleeOf(node) === 'device.new' ? node.args : []
    if (argument === undefined) return
    const binding = values.bindings.bindingOf(argument)
    if (binding !== null && seen.has(binding)) return
    if (binding !== null) seen.add(binding)
    const driver = driverOf(argument, values)
    if (driver === null) return
    calls.set(node as Call, driver)
    for (const [name, assigned] of driver.fields) {
      if (!operations?.has(name)) continue
      for (const each of assigned) {
        const value = values.of(each)
        if (value?.is !== 'function') continue
        const self = value.node.parameters[0] ?? null
        callbacks.set(value.node, { name, self })
        if (self !== null) selves.add(self)
      }
    }
  })
  return { calls, callbacks, selves }
}

const typeOf = (value: Value): string => {
  if (value.is === 'known') return value.member.kind
  if (value.is !== 'constant') return value.is === 'object' ? 'userdata' : value.is === 'globals' ? 'table' : value.is
  if (value.value === null) return 'nil'
  return typeof value.value === 'bigint' ? 'number' : typeof value.value
}

/** Whether it is certain that a value is neither nil nor taken for an integer. */
function isNoInteger(value: Value | null): boolean {
  if (value === null || (value.is === 'known' && value.member.kind === 'value')) return false
  const type = typeOf(value)
  if (type === 'string') return l_str2int(stringOf(value) as string) === null
  return type !== 'nil' && type !== 'number'
}

function checkName(call: Call, driver: Driver, context: Context, { values, bindings, report }: Script): void {
  const wrong = (message: string) => report(call, failing(context), 'device-name', message)
  const [first] = driver.fields.get('name') ?? []
  if (first === undefined) {
    const isComplete = driver.complete && (call.args[0]?.type === 'Table' || !bindings.fieldsAssigned.has('name'))
    if (isComplete) wrong("bad field 'name' (string expected, got nil)")
    return
  }
  const value = fieldOf(driver, 'name', values)
  if (value === null || (value.is === 'known' && value.member.kind === 'value')) return
  const name = stringOf(value)
  if (name === null) wrong(`bad field 'name' (string expected, got ${typeOf(value)})`)
  else if (name.split('\0', 1)[0] === '') wrong('failed to create a new device (-22): the name is empty')
  else if (name.includes('%')) {
    report(call, 'warning', 'device-name', `a kernel takes the % in ${quoted(name)} as a format's`)
  }
}

/** Modes as chmod(1) takes them: as Lua's integers they are others. */
const octal = new Set('400 440 444 600 640 644 660 664 666 700 750 755 770 775 777'.split(' '))

function checkMode(call: Call, driver: Driver, { values, report }: Script): void {
  const value = fieldOf(driver, 'mode', values)
  if (value === null) return
  if (isNoInteger(value)) {
    report(call, 'warning', 'device-mode', `mode is a ${typeOf(value)}, which is ignored: 0600 it is`)
  } else if (value.is === 'constant' && octal.has(String(value.value))) {
    const digits = BigInt(value.value as bigint).toString(8)
    report(
      call,
      'warning',
      'device-mode',
      `mode ${value.value} is decimal, in octal ${digits}: linux.stat has the bits`,
    )
  }
}

/** Whether one change makes a name the other: a letter more, less or another, or two neighbours the other way round. */
function isNear(a: string, b: string): boolean {
  if (a.length > b.length) return isNear(b, a)
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  const rest = (name: string, from: number) => name.slice(from)
  if (a.length < b.length) return b.length === a.length + 1 && rest(a, i) === rest(b, i + 1)
  const swapped = a[i] === b[i + 1] && a[i + 1] === b[i] && rest(a, i + 2) === rest(b, i + 2)
  return swapped || rest(a, i + 1) === rest(b, i + 1)
}

/** Which callback a name was meant to be; null for none. */
function meant(name: string, operations: readonly string[]): string | null {
  if (name === 'close') return 'release'
  return operations.find((operation) => isNear(name.toLowerCase(), operation)) ?? null
}

function checkCallbacks(driver: Driver, { definitions, bindings, values, report }: Script): void {
  const members = definitions.classes.get('lunatik.driver')?.members ?? new Map()
  const operations = [...members].flatMap(([name, { beyond }]) =>
    beyond === null && name !== 'name' && name !== 'mode' ? [name as string] : [],
  )
  for (const [name, assigned] of driver.fields) {
    const [first] = assigned
    if (first === undefined || values.of(first)?.is !== 'function') continue
    const at: Place = first
    if (members.get(name)?.beyond === 'own') {
      report(at, 'warning', 'own-extension', `a driver's ${quoted(name)} ${ownExtension}`)
    } else if (!members.has(name) && !bindings.fieldsRead.has(name)) {
      const operation = meant(name, operations)
      if (operation === null) continue
      report(at, 'warning', 'callback-name', `nothing calls ${quoted(name)}: the callback is ${printable(operation)}`)
    }
  }
}

/** `error{errno = N}`, as far as nothing of the script's catches it. */
function checkRaised(call: Call, { caught }: Context, { values, report }: Script): void {
  const [argument] = call.args
  if (caught || argument === undefined || values.calleeOf(call) !== 'error') return
  const value = values.of(argument)
  if (value?.is !== 'table') return
  const raises = value.node.fields.some(({ key }) => key !== null && stringOf(values.of(key)) === 'errno')
  if (raises)
    report(call, 'warning', 'own-extension', "error{errno = ...} is this project's own: a kernel gives ECANCELED")
}

export const driverTables = (drivers: Drivers): Rule => {
  return (script) => (node: Node, context: Context) => {
    const driver = node.type === 'Call' ? drivers.calls.get(node) : undefined
    if (node.type === 'Call') checkRaised(node, context, script)
    if (driver !== undefined) {
      checkName(node as Call, driver, context, script)
      checkMode(node as Call, driver, script)
      checkCallbacks(driver, script)
    } else if (node.type === 'Index' && node.object.type === 'Name' && node.key.type === 'String') {
      const { declaration } = node.object
      if (node.key.value !== 'caller' || context.target || declaration === null || !drivers.selves.has(declaration))
        return
      const { bindings, report } = script
      if (bindings.fieldsAssigned.has('caller') || bindings.fieldsMade.has('caller')) return
      report(node, 'warning', 'own-extension', `a driver's 'caller' ${ownExtension}`)
    }
  }
}

/** What crashes a kernel: results of callbacks that it takes for integers unseen, and memory of no bytes. */
export const crashes = (drivers: Drivers): Rule => {
  return ({ values, report }) =>
    (node: Node, { func }: Context) => {
      if (node.type === 'MethodCall') {
        const [size] = node.args
        const value = size === undefined ? null : values.of(size)
        if (values.calleeOf(node) !== 'lunatik.data:resize' || value?.is !== 'constant' || value.value !== 0n) return
        report(node, 'error', 'resize-zero', 'data:resize(0) crashes a kernel')
      } else if (node.type === 'Return' && func !== null) {
        const name = drivers.callbacks.get(func)?.name
        const [first, second] = node.values.map((e) => values.of(e))
        const crash = (at: Place, what: string) =>
          report(at, 'error', 'bad-result', `${what}, which crashes a kernel: ${name}`)
        if (name === 'write' && first && isNoInteger(first)) {
          crash(node.values[0] as Expression, `the result is a ${typeOf(first)} and no number`)
        }
        if ((name === 'write' || name === 'read') && second && isNoInteger(second)) {
          crash(node.values[1] as Expression, `the new offset is a ${typeOf(second)} and no integer`)
        }
      }
    }
}
