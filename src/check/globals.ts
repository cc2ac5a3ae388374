// Globals that other Luas have and the kernel hasn't, and those that nothing sets.
import type { Expression } from '../lua/dialect/ast.js'
import { quoted } from './finding.js'
import { failing, type Rule } from './script.js'
import { instead } from './stdlib.js'
import { stringOf, type Value } from './values.js'
import type { Context, Node } from './walk.js'

/** `table.unpack or unpack`: the right one is never read where the left one is there. */
export const isSpare = (node: Expression, { parent }: Context, left: (e: Expression) => Value | null): boolean =>
  parent?.type === 'Binary' && parent.operator === 'or' && parent.right === node && left(parent.left)?.is === 'known'

/** What follows a message that something isn't there. */
export const advice = (path: string): string => {
  const text = instead(path)
  return text === undefined || text === '' ? '' : `: ${text}`
}

export const missingGlobals: Rule = ({ bindings, values, definitions, shared, report }) => {
  const told = new Set<string>()
  return (node: Node, context: Context) => {
    if (node.type !== 'Name' && node.type !== 'Index') return
    const name = bindings.bindingOf(node)
    if (typeof name !== 'string' || context.target || context.guard || bindings.ownGlobals) return
    if (bindings.isEnvironment(node) || definitions.globals.has(name) || bindings.asked.has(name)) return
    if (bindings.of(name).values.length > 0 || shared.globals.has(name)) return
    if (isSpare(node, context, (e) => values.of(e))) return
    const { parent } = context
    const field = parent?.type === 'Index' && parent.object === node ? stringOf(values.of(parent.key)) : null
    const path = field === null ? name : `${name}.${field}`
    if (bindings.asked.has(path)) return
    if (instead(name) !== undefined) {
      const hint = instead(path) === undefined ? advice(name) : advice(path)
      report(node, failing(context), 'missing-global', `the kernel's Lua has no ${quoted(name)}${hint}`)
    } else if (node.type === 'Name' && !told.has(name)) {
      told.add(name)
      report(node, 'warning', 'unknown-global', `${quoted(name)} is nil unless another script of the runtime sets it`)
    }
  }
}
