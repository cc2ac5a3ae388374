// What `require` finds on a kernel, and the scripts of which runtimes are made.
import type { Call, Expression } from '../lua/dialect/ast.js'
import { printable, quoted } from './finding.js'
import { laterKernels, ownExtension } from './members.js'
import { contexts, failing, type Rule, type RuntimeContext, type Script } from './script.js'
import { isKernelModule } from './stdlib.js'
import { stringOf, type Values } from './values.js'
import type { Context, Node } from './walk.js'

/** What a script starts: another script, in a context. */
export interface Start {
  readonly script: string
  readonly context: string
}

const makers = new Set(['lunatik.runtime', 'lunatik.runner.run', 'lunatik.runner.spawn'])

/** What a call starts, where its arguments are constants; null for any other call. */
export function startOf(call: Call, values: Values): Start | null {
  const path = values.calleeOf(call)
  if (path === null || !makers.has(path)) return null
  const argument = (e: Expression | undefined) => (e === undefined ? null : values.of(e))
  const script = stringOf(argument(call.args[0]))
  const given = argument(call.args[1])
  const context =
    call.args[1] === undefined || (given?.is === 'constant' && given.value === null) ? 'process' : stringOf(given)
  if (script === null || context === null) return null
  return { script: path === 'lunatik.runtime' ? script : script.replace(/\.lua$/, ''), context }
}

export const isContext = (name: string): name is RuntimeContext => (contexts as readonly string[]).includes(name)

/** Whether a call wants a script once for each CPU. */
function wantsPercpu(call: Call, values: Values): boolean {
  const third = call.args[2]
  const value = third === undefined ? null : values.of(third)
  return value?.is === 'constant' && value.value !== null && value.value !== false
}

function checkStart(call: Call, { script, context }: Start, { values, folders, report }: Script): void {
  if (!isContext(context)) {
    report(call, 'error', 'invalid-context', `invalid option ${quoted(context)}: process, softirq or hardirq`)
  } else if (values.calleeOf(call) === 'lunatik.runner.spawn' && context !== 'process') {
    report(call, 'error', 'process-only', 'IRQ runtime cannot spawn threads')
  } else if (values.calleeOf(call) === 'lunatik.runner.spawn' && wantsPercpu(call, values)) {
    report(call, 'error', 'invalid-context', 'spawn does not support percpu scripts')
  }
  if (!folders.hasScript(script)) {
    report(call, 'warning', 'missing-script', `cannot open ${printable(script)}.lua: no folder of scripts has it`)
  }
}

function checkRequire(call: Call, context: Context, script: Script, setsPackage: boolean): void {
  const { values, folders, report } = script
  const [first] = call.args
  const name = first === undefined ? null : stringOf(values.of(first))
  if (name === null) return
  const module = values.moduleOf(name)
  if (module?.beyond === 'own') report(call, 'warning', 'own-extension', `${name} ${ownExtension}`)
  else if (module?.beyond === 'later') {
    report(call, 'warning', 'own-extension', `${name} ${laterKernels}`)
  }
  if (module !== undefined || folders.hasModule(name)) return
  if (folders.isExample(name)) {
    report(call, 'warning', 'own-extension', `${name} is a module of this project's devices: a kernel needs one in C`)
    return
  }
  if (isKernelModule(name)) {
    report(call, 'warning', 'not-here', `${printable(name)} needs a kernel: this project can't run it`)
    return
  }
  // Whoever sets where modules are looked for, or what is loaded, knows what is found.
  if (setsPackage) return
  const symbol = `luaopen_${name.replaceAll('.', '_')}`
  report(
    call,
    failing(context),
    'missing-module',
    `error loading module ${quoted(name)} from file ${quoted(name)}: ${printable(symbol)} not found in kernel symbol table`,
  )
}

export const modules: Rule = (script) => {
  const { values, shared } = script
  const setsPackage = [...values.added, ...shared.added].some((path) => path.startsWith('package.'))
  return (node: Node, context: Context) => {
    if (node.type !== 'Call') return
    if (values.calleeOf(node) === 'require') checkRequire(node, context, script, setsPackage)
    const start = startOf(node, values)
    if (start !== null) checkStart(node, start, script)
  }
}
