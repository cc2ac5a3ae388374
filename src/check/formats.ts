// Formats that the kernel's string library doesn't know, because there are no floats: of string.format and string.pack.
import type { Call, Expression, MethodCall } from '../lua/dialect/ast.js'
import { quoted } from './finding.js'
import { failing, type Rule } from './script.js'
import { stringOf, type Values } from './values.js'
import type { Context, Node } from './walk.js'

const withFormat = new Set(['format', 'pack', 'packsize', 'unpack'])

/** The string function that is called, and its format. */
function formatted(
  call: Call | MethodCall,
  values: Values,
): { readonly name: string; readonly format: Expression } | null {
  if (call.type === 'MethodCall') {
    const { object, method } = call
    return stringOf(values.of(object)) === null ? null : { name: method.value, format: object }
  }
  const [, name] = /^string\.(\w+)$/.exec(values.calleeOf(call) ?? '') ?? []
  const [format] = call.args
  return name === undefined || format === undefined ? null : { name, format }
}

/** What the kernel raises for a format; null for one that it knows as far as floats go. */
export function formatError(name: string, format: string): string | null {
  if (!withFormat.has(name)) return null
  if (name !== 'format') {
    const option = /[fd]/.exec(format)?.[0]
    return option === undefined ? null : `invalid format option '${option}'`
  }
  for (const [form] of format.matchAll(/%(?:%|[-+ #0-9.]*[^%])/g)) {
    if (/[aAeEfFgGp]$/.test(form)) return `invalid conversion '${form}' to 'format'`
  }
  return null
}

const kinds: Record<string, string> = { p: 'pointers: tostring shows them' }

export const formats: Rule =
  ({ values, report }) =>
  (node: Node, context: Context) => {
    if (node.type !== 'Call' && node.type !== 'MethodCall') return
    const found = formatted(node, values)
    const format = found === null ? null : stringOf(values.of(found.format))
    if (found === null || format === null) return
    const message = formatError(found.name, format)
    if (message === null) return
    const option = /(\w)'/.exec(message)?.[1] ?? ''
    const why = kinds[option] ?? "the kernel's Lua has integers only"
    report(node, failing(context), 'float-format', `${message} in ${quoted(format)}: ${why}`)
  }
