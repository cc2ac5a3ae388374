// What the kernel's compiler refuses. It stops at the first error; here a float or `^` is taken for an integer or `*`
// and the rest is looked at as well, because whoever ports a script wants to know all of them.
import type { Chunk } from '../lua/dialect/ast.js'
import type { CompileError } from '../lua/dialect/lobject.js'
import { luaY_parse } from '../lua/dialect/lparser.js'
import { type Code, type Finding, printable } from './finding.js'

/** How many floats and `^` are reported of one script, and how many bytes are read for them. */
const repairsMax = 100
const bytesMax = 32 << 20

const floatLiteral = /0[xX][\da-fA-F]*\.?[\da-fA-F]*(?:[pP][-+]?\d*)?|\d*\.?\d*(?:[eE][-+]?\d*)?/y

/** A numeral that starts at an offset, and whether it is a float of other Luas. */
function numeralAt(source: string, at: number): { readonly text: string; readonly isFloat: boolean } {
  floatLiteral.lastIndex = at
  const [float = ''] = floatLiteral.exec(source) ?? []
  const all = /[\w.]*/y
  all.lastIndex = at
  const [text = ''] = all.exec(source) ?? []
  // A float may go on behind a sign.
  if (float.length < text.length) return { text, isFloat: false }
  const isFloat = /^(?:0[xX](?=.*[\da-fA-F])[^pP]*(?:\.|[pP][-+]?\d)|(?!0[xX])(?=\.?\d).*(?:\.|[eE][-+]?\d))/.test(
    float,
  )
  return { text: float, isFloat }
}

/** Where a place is in the source. */
function offsetOf(source: string, { line, column }: CompileError): number {
  const newline = /\r\n|\n\r|\n|\r/g
  for (let i = 1; i < line; i++) newline.exec(source)
  return newline.lastIndex + column - 1
}

/** What is wrong at an offset and can be mended: its text there, and what an integer's script has instead. */
interface Mendable {
  readonly start: number
  readonly text: string
  readonly code: Code
  readonly hint: string
  readonly mended: string
}

const integersOnly = "the kernel's Lua has integers only"

function mendable(source: string, at: number): Mendable | null {
  if (source[at] === '^') {
    return { start: at, text: '^', code: 'power-operator', hint: `no ^: ${integersOnly}`, mended: '*' }
  }
  // The lexer takes `1.5` for a 1 and the malformed `.5`.
  let start = at
  if (source[at] === '.') while (/[\da-fA-FxX]/.test(source[start - 1] ?? '')) start--
  // A name's end is no numeral: `a1.x`.
  while (start < at && !/\d/.test(source[start] as string)) start++
  if (/[A-Za-z_]/.test(source[start - 1] ?? '')) return null
  const { text, isFloat } = numeralAt(source, start)
  if (!/\d/.test(text)) return null
  const shown = printable(text)
  const mended = '0'.padEnd(text.length)
  if (isFloat) return { start, text, code: 'float-literal', hint: `${shown} is a float, ${integersOnly}`, mended }
  if (!/^\d+$/.test(text)) return { start, text, code: 'malformed-number', hint: '', mended }
  return { start, text, code: 'malformed-number', hint: 'more than an integer of 64 bits holds', mended }
}

const codeOf = (message: string): Code => {
  if (message.startsWith('attempt to assign to const variable')) return 'const-assignment'
  return /^variable '.*' not declared/.test(message) ? 'undeclared-global' : 'syntax-error'
}

/** A chunk's tree, null where there is none, and what the compiler refuses. */
export function compile(source: string): { readonly chunk: Chunk | null; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  let text = source
  for (let i = 0; ; i++) {
    const parsed = luaY_parse(text)
    if (!('error' in parsed)) return { chunk: parsed.ast, findings }
    const { error } = parsed
    const at = offsetOf(text, error)
    const numeral = /^malformed number|near '\.'$|near '\^'$/.test(error.message) ? mendable(text, at) : null
    if (numeral === null) {
      // Behind a float that was mended an error may be the mending's.
      if (i === 0) {
        const { line, column, message } = error
        findings.push({ line, column, severity: 'error', code: codeOf(message), message: printable(message) })
      }
      return { chunk: null, findings }
    }
    const { start, code, hint, mended } = numeral
    const message = `${printable(error.message)}${hint === '' ? '' : `: ${hint}`}`
    findings.push({ line: error.line, column: error.column - (at - start), severity: 'error', code, message })
    text = text.slice(0, start) + mended + text.slice(start + mended.length)
    if (i >= repairsMax || (i + 1) * text.length > bytesMax) return { chunk: null, findings }
  }
}
