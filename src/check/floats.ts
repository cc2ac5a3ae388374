// Where floats would come about at run time: strings that hold one, and divisions, which round down on a kernel.
import type { Binary } from '../lua/dialect/ast.js'
import { l_str2int } from '../lua/dialect/lobject.js'
import { quoted } from './finding.js'
import { failing, type Rule } from './script.js'
import { stringOf, type Value } from './values.js'
import type { Context, Node } from './walk.js'

const arithmetic = new Set(['+', '-', '*', '/', '//', '%', '&', '|', '~', '<<', '>>'])

/** Whether other Luas take a string for a number and the kernel's doesn't. */
export function isFloatString(text: string): boolean {
  const number =
    /^[ \f\n\r\t\v]*[-+]?(?:0[xX](?=\.?[\da-fA-F])[\da-fA-F]*\.?[\da-fA-F]*(?:[pP][-+]?\d+)?|(?=\.?\d)\d*\.?\d*(?:[eE][-+]?\d+)?)[ \f\n\r\t\v]*$/
  return text.length < 200 && number.test(text) && l_str2int(text) === null
}

const noArithmetic = (text: string) =>
  `arithmetic on ${quoted(text)} raises, because the string holds no integer: the kernel's Lua has no floats`

const integer = (value: Value | null): bigint | null =>
  value?.is === 'constant' && typeof value.value === 'bigint' ? value.value : null

export const floats: Rule = ({ values, report }) => {
  const binary = (node: Binary, context: Context) => {
    if (!arithmetic.has(node.operator)) return
    const operands = [values.of(node.left), values.of(node.right)]
    const text = operands.map(stringOf).find((each) => each !== null && isFloatString(each))
    if (text) {
      report(node, failing(context), 'float-string', noArithmetic(text))
      return
    }
    if (node.operator !== '/') return
    const [a, b] = operands.map(integer)
    if (a != null && b != null && b !== 0n && a % b !== 0n) {
      const quotient = a / b - (a < 0n !== b < 0n ? 1n : 0n)
      report(node, 'warning', 'division', `${a} / ${b} is ${quotient} on a kernel: / rounds down, as // does`)
    } else report(node, 'info', 'division', '/ rounds down on a kernel, as // does')
  }
  return (node: Node, context: Context) => {
    if (node.type === 'Binary') binary(node, context)
    else if (node.type === 'Unary' && node.operator === '-') {
      const text = stringOf(values.of(node.operand))
      if (text === null || !isFloatString(text)) return
      report(node, failing(context), 'float-string', noArithmetic(text))
    } else if (node.type === 'Call' && node.args.length === 1 && values.calleeOf(node) === 'tonumber') {
      const [first] = node.args
      const text = first === undefined ? null : stringOf(values.of(first))
      if (text === null || !isFloatString(text)) return
      report(
        node,
        'warning',
        'float-string',
        `tonumber gives nil for ${quoted(text)}: the kernel's Lua has integers only`,
      )
    }
  }
}
