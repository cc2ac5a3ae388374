// Random chunks, the same ones for the same seed: tokens in any order, and programs that may be right.

const words =
  `and break do else elseif end false for function goto if in local nil not or repeat return then true until while
// .. ... == >= <= ~= << >> :: + - * / % ^ & ~ | # ( ) { } [ ] < > = ; : , . a b global _ENV 1 0x10 1.5 .5 1e3
"s" 'q\\65' "\\q" [[l]] <const> <close> <foo> @ $ "un --[[ [==[`.split(/\s+/)

const expressions = [
  '1',
  'a',
  'x',
  'f(a)',
  '"s"',
  '{1, x = 2; [a] = b}',
  'function(a, ...) return a, ... end',
  'function(a) return ... end',
  'not a',
  '-1',
  'a.b',
  'a["c"]',
  '(x)',
  'a .. "b"',
  '1 + 2 * 3 // 4',
  '#a',
  'a and b or x',
  'a:m(1)',
  'f{1}"x"',
]

export function generator(seed: number): { tokens(): string; program(): string; newer(): string } {
  /** mulberry32, a number below `n`. */
  const random = (n: number) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n)
  }
  const pick = <T>(list: readonly T[]) => list[random(list.length)] as T
  const e = () => pick(expressions)
  const list = (n: number, item: () => string) =>
    Array.from({ length: n }, () => item() + pick([' ', '\n', ';'])).join('')

  const statement = (depth: number): string => {
    const body = () => list(random(3), () => statement(depth + 1))
    const simple = [
      () => `local ${pick(['a', 'x', 'b'])} = ${e()}`,
      () => `${pick(['a', 'b', 'x', 'a.b', 'a[1]'])}, x = ${e()}`,
      () => `f(${e()}, ${e()})`,
      () => `goto ${pick(['a', 'b'])}`,
      () => `::${pick(['a', 'b'])}::`,
      () => `do return ${e()} end`,
      () => 'break',
    ]
    const nested = [
      () => `if ${e()} then ${body()} elseif ${e()} then ${body()} else ${body()} end`,
      () => `while ${e()} do ${body()} end`,
      () => `for i = ${e()}, ${e()} do ${body()} end`,
      () => `for k, v in ${e()} do ${body()} end`,
      () => `repeat ${body()} until ${e()}`,
      () => `do ${body()} end`,
      () => `local function f(a, b) ${body()} return ${e()} end`,
      () => `function a.b:c(...) ${body()} end`,
    ]
    return pick(depth > 2 ? simple : [...simple, ...nested])()
  }

  /** A statement that other versions don't have, or have otherwise; its parts may be in different lines. */
  const newerStatement = (depth: number): string => {
    const value = () => pick(['1', 'a', 'x', 'f(2)', '"3"', 'a/4', '1..2', 'function(...t) return t.n, 5 end', '(x)'])
    const body = () => list(depth > 2 ? 1 : random(3), () => newerStatement(depth + 1))
    const attrib = () => pick(['', '', ' <const>'])
    const parts = pick([
      () => ['global', attrib(), `x${attrib()}`, ',', 'y'],
      () => ['global', attrib(), '*'],
      () => ['global', 'x', ',', 'a', '=', value(), ',', value()],
      () => ['global', 'function', 'f', '(', 'a', ',', '...', 'x', ')', body(), 'return', value(), 'end'],
      () => ['local', attrib(), `a${attrib()}`, ',', 'y', '=', value(), ',', value()],
      () => ['local', 'function', 'f', '(', '...', 'x', ')', body(), 'end'],
      () => ['for', 'i', '=', value(), ',', value(), ',', value(), 'do', body(), 'end'],
      () => ['do', body(), 'end'],
      () => ['f', '(', value(), ',', value(), ')'],
      () => ['(f)', '(', value(), ')'],
      () => ['z', '=', value(), '/', value()],
    ])()
    return parts.map((part) => part + pick([' ', ' ', ' ', '\n', '\r\n', ' -- / 1\n', '--[[\n]]'])).join('')
  }

  return {
    newer: () => list(1 + random(4), () => newerStatement(0)),
    tokens: () => list(1 + random(12), () => pick(words)),
    program: () => {
      const source = list(1 + random(4), () => statement(0))
      if (random(3) > 0) return source
      // One token is another, or gone.
      const parts = source.split(/\b/)
      parts[random(parts.length)] = pick(['', ' end ', ' a ', ' , ', ' ( ', ' = '])
      return parts.join('')
    },
  }
}
