// Writes a chunk of the kernel's Lua for an engine that has an older one. Stands for nothing in C. Each token stays in
// its line, so that the engine's errors name the right one; columns may move.
//
// What an older Lua has no words for calls a hidden function: a method of strings, which each chunk reaches whatever
// its globals are, under a name that begins with a NUL. The runtime provides them:
// - `("")["\0for"](v)`: the integer that v holds if v is a string with one, else v
// - `("")["\0vararg"](...)`: the table of a named vararg, with `n`
// - `("")["\0global"](v, name)`: raises "global 'name' already defined" unless v is nil
//
// Two things differ from 5.5. A `...` next to a named vararg doesn't see what was written to its table; and where the
// values of a `global x = ...` take several lines, the error that x is defined names their last, not their first.
import type { CompileError } from './lobject.js'
import { luaY_parse } from './lparser.js'
import { refusal } from './lrefuse.js'
import type { Newer } from './newer.js'

/** Lua 5.4 with integers of 64 bits, or 5.3 with integers of 32. */
export type Target = '5.4' | '5.3'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
  /** Whether it comes before others at the same place. */
  readonly outer?: true
}

const hidden = (name: 'for' | 'vararg' | 'global') => `("")["\\0${name}"]`
const alreadyDefined = (name: string) => `${hidden('global')}(_ENV.${name}, "${name}")`

function edits(note: Newer, source: string, target: Target): Edit[] {
  const insert = (at: number, text: string) => ({ start: at, end: at, text })
  /** In the place of what is from `start` to `end`; its line breaks stay, each between what was between them. */
  const replace = (start: number, end: number, text: string) => ({
    start,
    end,
    text: text + source.slice(start, end).replace(/[^\r\n]+/g, ' '),
  })
  switch (note.what) {
    case 'slash':
      return [insert(note.at, '/')]
    case 'dots':
      return [insert(note.at, ' ')]
    case 'for':
      return [{ ...insert(note.start, `${hidden('for')}(`), outer: true }, insert(note.end, ')')]
    case 'vararg': {
      const attrib = target === '5.4' ? ' <const>' : ''
      const local = ` local ${note.name}${attrib} = ${hidden('vararg')}(...);`
      return [replace(note.start, note.end, ''), insert(note.body, local)]
    }
    case 'attrib':
      return target === '5.4' && !note.prefix ? [] : [replace(note.start, note.end, '')]
    case 'attribute':
      // The space is for the `=` that may follow: `>=` is another token.
      return target === '5.4' ? [insert(note.at, ` <${note.kind}> `)] : []
    case 'shadowed':
      return [insert(note.at, '_ENV.')]
    case 'global':
      // The semicolon keeps the statement before from calling a parenthesis after.
      return [replace(note.start, note.end, ';')]
    case 'globals': {
      // As in C, all values come first, then the last name is checked and set, and so on to the first.
      const values = note.names.map((_, i) => `_${i}`)
      const sets = note.names.map((name, i) => `;${alreadyDefined(name)} _ENV.${name} = _${i}`).reverse()
      return [
        replace(note.start, note.namesEnd, `do local ${values.join(', ')}`),
        insert(note.end, ` ${sets.join(' ')} end`),
      ]
    }
    case 'globalfunction':
      return [replace(note.start, note.functionAt, `;${alreadyDefined(note.name)} `), insert(note.nameAt, '_ENV.')]
    case 'numeral':
      return []
  }
}

function applied(source: string, all: Edit[]): string {
  // Notes come as the parser finds them, that of a loop's start after those of what is in it.
  all.sort((a, b) => a.start - b.start || Number(b.outer ?? false) - Number(a.outer ?? false))
  let text = ''
  let at = 0
  for (const { start, end, text: written } of all) {
    text += source.slice(at, start) + written
    at = end
  }
  return text + source.slice(at)
}

/**
 * @param source one character for each byte
 * @param lenient for 5.3: whether integers beyond 32 bits pass, as the floats that they are there
 * @returns `source` itself where there is nothing to change
 */
export function luaY_translate(
  source: string,
  target: Target,
  lenient = false,
): { readonly source: string } | { readonly error: CompileError } {
  const parsed = luaY_parse(source)
  if ('error' in parsed) return parsed
  const error = target === '5.3' ? refusal(parsed, lenient) : null
  if (error !== null) return { error }
  const all: Edit[] = []
  for (const note of parsed.newer) all.push(...edits(note, source, target))
  return { source: all.length === 0 ? source : applied(source, all) }
}
