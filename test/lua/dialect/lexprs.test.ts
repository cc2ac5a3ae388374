// Expressions as trees.
import t from 'tap'
import type { Expression } from '../../../src/lua/dialect/ast.js'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'

/** An expression with all its parentheses. */
function show(e: Expression): string {
  switch (e.type) {
    case 'Binary':
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`
    case 'Unary':
      return `(${e.operator} ${show(e.operand)})`
    case 'Paren':
      return show(e.expression)
    case 'Index':
      return `${show(e.object)}[${show(e.key)}]`
    case 'Call':
      return `${show(e.callee)}(${e.args.map(show).join(', ')})`
    case 'MethodCall':
      return `${show(e.object)}:${e.method.value}(${e.args.map(show).join(', ')})`
    case 'Table':
      return `{${e.fields.map(({ key, value }) => (key ? `[${show(key)}] = ${show(value)}` : show(value))).join(', ')}}`
    case 'Function':
      return `function(${e.parameters.map(({ name }) => name)}${e.isVararg ? `...${e.vararg?.name ?? ''}` : ''})`
    case 'Name':
      return e.name
    case 'Numeral':
      return e.text
    case 'String':
      return JSON.stringify(e.value)
    default:
      return e.type
  }
}

function value(source: string): Expression {
  const parsed = luaY_parse(`return ${source}`)
  const last = 'ast' in parsed ? parsed.ast.body.at(-1) : undefined
  if (last?.type !== 'Return') throw new Error(source)
  return last.values[0] as Expression
}

t.test('priorities', async (t) => {
  for (const [source, shown] of [
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['1 / 2 // 3 % 4', '(((1 / 2) // 3) % 4)'],
    ['a .. b .. c', '(a .. (b .. c))'],
    ['a or b and c', '(a or (b and c))'],
    ['not a == b', '((not a) == b)'],
    ['- -1 - 2', '((- (- 1)) - 2)'],
    ['1 << 2 + 3 .. "x"', '(1 << ((2 + 3) .. "x"))'],
    ['1 | 2 ~ 3 & 4', '(1 | (2 ~ (3 & 4)))'],
    ['a < b == c', '((a < b) == c)'],
    ['~1 ~ #x', '((~ 1) ~ (# x))'],
    ['(1 + 2) * 3', '((1 + 2) * 3)'],
    ['1..2', '(1 .. 2)'],
  ] as const) {
    t.equal(show(value(source)), shown, source)
  }
})

t.test('what follows a name', async (t) => {
  for (const [source, shown] of [
    ['a.b["c"][1]', 'a["b"]["c"][1]'],
    ['f(1, ...){2}"x"[[y]]', 'f(1, Vararg)({2})("x")("y")'],
    ['a.b:c "x"', 'a["b"]:c("x")'],
    ['{1, a = 2; [b] = 3, c}', '{1, ["a"] = 2, [b] = 3, c}'],
    ['function(a, ...t) end', 'function(a...t)'],
    ['nil', 'Nil'],
  ] as const) {
    t.equal(show(value(source)), shown, source)
  }
})

t.test("a string's value is its bytes", async (t) => {
  for (const [source, bytes] of [
    ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\\'"', '\x07\b\f\n\r\t\v\\"\''],
    ['"\\x41\\065\\z  \n\tB\\\r\nC"', 'AAB\nC'],
    ['"\\0000"', '\x000'],
    ['"\\u{e9}\\u{20AC}\\u{1F600}\\u{7FFFFFFF}"', '\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xfd\xbf\xbf\xbf\xbf\xbf'],
    ['[[\r\na\rb\n\rc]]', 'a\nb\nc'],
    ['[==[]]]==]', ']]'],
    ['"\xe9\0"', '\xe9\0'],
  ] as const) {
    t.match(value(source), { type: 'String', value: bytes }, source)
  }
})

t.test('each node has the place of its first token', async (t) => {
  t.match(value('\n  a.b +\n\tc'), {
    type: 'Binary',
    line: 2,
    column: 3,
    left: { type: 'Index', line: 2, column: 3, key: { line: 2, column: 5 } },
    right: { line: 3, column: 2 },
  })
})
