// What sleeps in a finalizer: on a kernel it holds up whoever happens to collect garbage, and here it raises.
import type { FunctionExpression } from '../lua/dialect/ast.js'
import { processOnly } from './interrupts.js'
import type { Rule } from './script.js'
import type { Context, Node } from './walk.js'

/** What sleeps in process context, by path. */
const sleeps = new Set([
  ...[...processOnly].filter(([, raised]) => raised === '').map(([path]) => path),
  'lunatik.completion:wait',
  'lunatik.inbox:receive',
])

export const finalizers: Rule = ({ values, report }) => {
  /** The calls that sleep, by the function around them. */
  const calls = new Map<FunctionExpression, [at: Node, path: string][]>()
  const reportAll = (f: Node) => {
    if (f.type !== 'Function') return
    for (const [at, path] of calls.get(f) ?? [])
      report(at, 'warning', 'sleeps', `${path} in __gc: what collects garbage can't sleep here, and waits on a kernel`)
  }
  return (node: Node, { func }: Context) => {
    if (node.type === 'Call' || node.type === 'MethodCall') {
      const path = values.calleeOf(node)
      if (func === null || path === null || !sleeps.has(path)) return
      calls.set(func, [...(calls.get(func) ?? []), [node, path]])
    } else if (node.type === 'Table') {
      for (const { key, value } of node.fields) if (key?.type === 'String' && key.value === '__gc') reportAll(value)
    }
  }
}
