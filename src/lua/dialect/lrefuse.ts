// What fengari, with Lua 5.3 and integers of 32 bits, would misread and no translation mends. Stands for nothing in C.
import type { CompileError, Place } from './lobject.js'
import type { Parsed } from './lparser.js'

const only53 = 'fengari, this engine, has Lua 5.3'
const only32 = 'fengari, this engine, has 32 bits'

/** Why fengari misreads this integer, a minus before it or not; null for one that it reads rightly. */
function refuseNumber(numeral: string, negated: boolean): string | null {
  const hex = /^0x/i.test(numeral)
  const digits = numeral.slice(hex ? 2 : 0).replace(/^0+/, '')
  if (digits.length > (hex ? 16 : 19)) return `${numeral} is an integer of more than 64 bits: ${only32}`
  const value = BigInt(`${hex ? '0x0' : '0'}${digits}`)
  if (value < 1n << 31n || (negated && value === 1n << 31n)) return null
  if (!hex || value >= 1n << 32n) return `${numeral} is an integer of 64 bits: ${only32}`
  return `${numeral} is ${value} in 64 bits: ${only32} and reads ${BigInt.asIntN(32, value)}`
}

/**
 * The first thing in a chunk that fengari misreads.
 * @param lenient whether wide integers pass, as floats: for chunks that a script makes while it runs
 */
export function refusal({ newer, wideEscapes }: Parsed, lenient: boolean): CompileError | null {
  const all: CompileError[] = []
  const refuse = ({ line, column }: Place, message: string) => all.push({ line, column, message })
  for (const note of newer) {
    if (note.what === 'numeral') {
      const message = refuseNumber(note.text, note.negated)
      if (message !== null && !lenient) refuse(note, message)
    } else if (note.what === 'attrib' && note.kind === 'close') refuse(note, `'<close>' is Lua 5.4: ${only53}`)
  }
  for (const wide of wideEscapes) refuse(wide, `'${wide.text}' is Lua 5.4: ${only53}`)
  all.sort((a, b) => a.line - b.line || a.column - b.column)
  return all[0] ?? null
}
