// Metamethods that the kernel never calls: `/` is `//` there, and there is no `^`.
import type { Place } from '../lua/dialect/lobject.js'
import type { Rule } from './script.js'
import type { Context, Node } from './walk.js'

export const metamethods: Rule = ({ bindings, report }) => {
  const look = (name: string, at: Place) => {
    if (name === '__pow') report(at, 'warning', 'dead-metamethod', "__pow is never called: the kernel's Lua has no ^")
    // Who sets both knows.
    else if (name === '__div' && !bindings.fieldsMade.has('__idiv') && !bindings.fieldsAssigned.has('__idiv')) {
      report(at, 'warning', 'dead-metamethod', '__div is never called: / calls __idiv on a kernel')
    }
  }
  return (node: Node, { target }: Context) => {
    if (node.type === 'Table') {
      for (const { key } of node.fields) if (key?.type === 'String') look(key.value, key)
    } else if (node.type === 'Index' && target && node.key.type === 'String') look(node.key.value, node)
  }
}
