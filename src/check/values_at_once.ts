// More values at once than a kernel's stack of 200 slots has room for.
import type { Rule } from './script.js'
import type { Node } from './walk.js'

/** As many values fit in a callback, where most of the stack is left. */
const valuesMax = 157

export const valuesAtOnce: Rule = ({ values, report }) => {
  const integer = (node: Node | undefined): number | null => {
    const value = node === undefined ? null : values.of(node as Parameters<typeof values.of>[0])
    return value?.is === 'constant' && typeof value.value === 'bigint' ? Number(value.value) : null
  }
  return (node: Node) => {
    if (node.type !== 'Call') return
    const unpacks = values.calleeOf(node) === 'table.unpack'
    const last = unpacks ? integer(node.args[2]) : null
    const n = last === null ? node.args.length : last - (integer(node.args[1]) ?? 1) + 1
    if (n <= valuesMax) return
    const message = `${n} values at once: a kernel's stack of 200 slots has room for ${valuesMax} at most`
    report(node, 'warning', 'stack-overflow', message)
  }
}
