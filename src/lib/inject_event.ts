// What an event is that is injected: an object whose fields are read here, so that a wrong one is told in one line.
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'

/** What is wrong with an event, for whoever injects it. */
export class InjectError extends Error {
  override readonly name = 'InjectError'
}

/** An event's fields. */
export type Fields = Readonly<Record<string, unknown>>

/** What a kind of events does with one. */
export interface Kind {
  /** The fields that it knows, but for `event`. */
  readonly fields: readonly string[]
  /** How many hooks would hear of it. */
  readonly hooks: (fields: Fields) => number
  /**
   * Does it.
   * @param deeds gets what each hook did
   * @returns what is told of it beside that. Rejects with an {@link InjectError}
   */
  readonly inject: (fields: Fields, task: task_struct, deeds: Deed[]) => Promise<Fields>
}

/** The type of a value, as Lua and JSON both name it. */
const typeOf = (value: unknown) =>
  value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`

/** A field that must be a text, or is by default `def`. */
export function text(fields: Fields, name: string, def?: string): string {
  const value = fields[name] ?? def
  if (typeof value === 'string') return value
  throw new InjectError(`the field '${name}' must be a string, not ${typeOf(value)}`)
}

/** A field that must be an integer from min to max, or is by default `def`. */
export function integer(fields: Fields, name: string, min: number, max: number, def?: number): number {
  const value = fields[name] ?? def
  const n = typeof value === 'string' && /^(0x[\da-f]+|-?\d+)$/i.test(value) ? Number(value) : value
  if (typeof n === 'number' && Number.isInteger(n) && n >= min && n <= max) return n
  const got = typeof value === 'number' || typeof value === 'string' ? String(value) : typeOf(value)
  throw new InjectError(`the field '${name}' must be an integer from ${min} to ${max}, not ${got}`)
}

/** A field that must be a list of texts, or one text; none by default. */
export function texts(fields: Fields, name: string): string[] {
  const value = fields[name] ?? []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.map((item) => {
    if (typeof item === 'string' || typeof item === 'number') return String(item)
    throw new InjectError(`the field '${name}' must be a list of strings, not of ${typeOf(item)}`)
  })
}

/**
 * Bytes that are written as hexadecimal digits, with any spaces and colons between; one at least.
 * @param what whose they are, for the message
 */
export function hexBytes(given: string, what: string): Buffer {
  const digits = given.replace(/[\s:]|0x/g, '')
  if (digits === '' || digits.length % 2 === 1 || /[^\da-f]/i.test(digits))
    throw new InjectError(`${what} is a row of bytes, each of two hexadecimal digits, as 4500001c...`)
  return Buffer.from(digits, 'hex')
}
