// What a chunk has that other engines don't read, or read otherwise: the parser notes it, ltranslate.ts writes it as
// they do. Numbers are offsets in the source, from 0, unless they are lines and columns.
import type { Place } from './lobject.js'

export type Newer =
  /** A single `/`. */
  | { readonly what: 'slash'; readonly at: number }
  /** A numeral that ends where a `.` begins. */
  | { readonly what: 'dots'; readonly at: number }
  /** A numeral that may need more than 32 bits. */
  | ({ readonly what: 'numeral'; readonly text: string; readonly negated: boolean; readonly at: number } & Place)
  /** A loop's start or step that may be a string. */
  | { readonly what: 'for'; readonly start: number; readonly end: number }
  /** The name of `...name`, and where the parameters' `)` ends. */
  | {
      readonly what: 'vararg'
      readonly start: number
      readonly end: number
      readonly name: string
      readonly body: number
    }
  /** `<const>` or `<close>`; behind `local`, for the whole list, or behind a name. */
  | ({
      readonly what: 'attrib'
      readonly start: number
      readonly end: number
      readonly kind: 'const' | 'close'
      readonly prefix: boolean
    } & Place)
  /** The end of a name that the list's attribute is for. */
  | { readonly what: 'attribute'; readonly at: number; readonly kind: 'const' | 'close' }
  /** A name that `global` declares and that a local variable further out has too. */
  | { readonly what: 'shadowed'; readonly at: number }
  /** `global` and all that it declares; without values. */
  | { readonly what: 'global'; readonly start: number; readonly end: number }
  /** From `global` to before the `=`, and the end of the values. */
  | {
      readonly what: 'globals'
      readonly start: number
      readonly names: readonly string[]
      readonly namesEnd: number
      readonly end: number
    }
  /** `global function name`: from `global` to the end of the name. */
  | {
      readonly what: 'globalfunction'
      readonly start: number
      readonly functionAt: number
      readonly nameAt: number
      readonly name: string
      readonly end: number
    }
