// ctype.h as the kernel has it: its classes are Latin-1's, not those of the C locale. 0x80 to 0x9f are in none of them.

/**
 * The classes of a pattern that have bytes past 0x7f, as what a set holds: ranges alone, so that none joins what
 * follows.
 */
const ranges: Readonly<Record<string, string>> = {
  a: 'A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xff',
  g: '!-~\xa1-\xff',
  l: 'a-z\xdf-\xf6\xf8-\xff',
  p: '!-/:-@[-`{-~\xa1-\xbf\xd7-\xd7\xf7-\xf7',
  s: '\t-\r - \xa0-\xa0',
  u: 'A-Z\xc0-\xd6\xd8-\xde',
  w: '0-9A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xff',
}

/**
 * What of each class is past 0x7f: ranges, each of its first and its last character. Of other classes nothing is.
 */
export const latin1Ranges: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(ranges).map(([letter, set]) => [
    letter,
    [...set.matchAll(/(.)-(.)/gs)].map(([, first, last]) => `${first}${last}`).filter((range) => range > '\x80'),
  ]),
)

/** The ranges of all bytes that are in none of these, which are in order. */
function complement(set: string): string {
  let [rest, next] = ['', 0]
  for (let i = 0; i < set.length; i += 3) {
    const [first, last] = [set.charCodeAt(i), set.charCodeAt(i + 2)]
    if (first > next) rest += `${String.fromCharCode(next)}-${String.fromCharCode(first - 1)}`
    next = last + 1
  }
  return next > 0xff ? rest : `${rest}${String.fromCharCode(next)}-\xff`
}

const classes = new Map(
  Object.entries(ranges).flatMap(([name, set]) => [
    [name, set],
    [name.toUpperCase(), complement(set)],
  ]),
)

/**
 * Where a pattern's set ends, behind its `]`, and its ranges; null for one that doesn't end. `at` is behind the `[`.
 */
function expandSet(pattern: string, at: number): { end: number; set: string } | null {
  let [set, i] = ['[', at]
  if (pattern[i] === '^') set += pattern[i++]
  // A `]` at the start is a member.
  for (let first = true; first || pattern[i] !== ']'; first = false) {
    if (i >= pattern.length) return null
    if (pattern[i] !== '%') {
      set += pattern[i++]
      continue
    }
    const item = pattern.slice(i, i + 2)
    set += classes.get(item.slice(1)) ?? item
    i += 2
  }
  return { end: i + 1, set: `${set}]` }
}

function expand(pattern: string): string {
  let expanded = ''
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i]
    const letter = pattern[i + 1] ?? ''
    if (c === '[') {
      const found = expandSet(pattern, i + 1)
      if (found === null) return pattern
      expanded += found.set
      i = found.end
    } else if (c !== '%') {
      expanded += c
      i++
    } else if (letter === 'b') {
      expanded += pattern.slice(i, i + 4)
      i += 4
    } else if (letter === 'f' && pattern[i + 2] !== '[') {
      return pattern
    } else {
      const set = classes.get(letter)
      expanded += set === undefined ? pattern.slice(i, i + 2) : `[${set}]`
      i += 2
    }
  }
  return expanded
}

/**
 * A pattern of strings whose classes are sets of ranges, so that an engine in the C locale has the kernel's.
 * @param pattern each character a byte
 * @returns the pattern itself where it has no such class, and where it is malformed
 */
export const latin1Pattern = (pattern: string): string => (/%[aglpsuw]/i.test(pattern) ? expand(pattern) : pattern)

/** To each byte the one `distance` further on, if it `isChanged`. */
const mapping = (isChanged: RegExp, distance: number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, c) => (isChanged.test(String.fromCharCode(c)) ? c + distance : c))

/** toupper: also of 0xdf and 0xff, whose upper case isn't Latin-1's, the byte 32 below. */
export const upperCase = mapping(new RegExp(`^[${ranges.l}]$`), -32)
/** tolower. */
export const lowerCase = mapping(new RegExp(`^[${ranges.u}]$`), 32)
