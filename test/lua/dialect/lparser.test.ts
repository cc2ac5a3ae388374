// Statements, and all that the kernel was recorded to say of chunks that don't compile.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'
import { check, engineError, errorOf } from './parse.js'
import { generator } from './programs.js'

const cases = new URL('../../../../test/conformance/cases/', import.meta.url)

/** What the recordings' driver answers: it tries `return CHUNK` first, and gives the second error of some. */
function recorded(chunk: string): string | null {
  const first = errorOf(`return ${chunk}`)
  if (first === null) return null
  const second = errorOf(chunk)
  return second === null || /^(?:do|local|return) /.test(chunk) ? second : first
}

/** As the driver writes it: `%q`, with line breaks as `\n` and addresses as `PTR`. */
const quoted = (text: string) =>
  `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`.replace(/0x[\da-f]+/g, 'PTR')

for (const name of ['dialect_numbers', 'dialect_syntax', 'dialect_globals']) {
  t.test(`${name}: the kernel's recorded answers`, async (t) => {
    let compared = 0
    for (const line of readFileSync(new URL(`${name}/expected.txt`, cases), 'latin1').split('\n')) {
      const [, chunk, answer] = /^ {2}\| (.*?) {2}=> {2}(.*)$/.exec(line) ?? []
      if (chunk === undefined || answer === undefined) continue
      const error = recorded(chunk.replaceAll('\\n', '\n'))
      const expected = answer.startsWith('COMPILE') ? answer : null
      t.equal(error && `COMPILE ${quoted(`chunk:${error}`)}`, expected, chunk)
      compared++
    }
    t.ok(compared > 20)
  })
}

t.test('what is expected', async (t) => {
  check(t, [
    ['', null],
    [';;;', null],
    ['do', "1: 'end' expected near <eof>"],
    ['do\n\n', "3: 'end' expected (to close 'do' at line 1) near <eof>"],
    ['if x then\nelse\nfoo()', "3: 'end' expected (to close 'if' at line 1) near <eof>"],
    ['while x do\n', "2: 'end' expected (to close 'while' at line 1) near <eof>"],
    ['for i = 1, 2 do\n', "2: 'end' expected (to close 'for' at line 1) near <eof>"],
    ['function f()\n', "2: 'end' expected (to close 'function' at line 1) near <eof>"],
    ['repeat\n', "2: 'until' expected (to close 'repeat' at line 1) near <eof>"],
    ['x = (1\n', "2: ')' expected (to close '(' at line 1) near <eof>"],
    ['x = {1\n', "2: '}' expected (to close '{' at line 1) near <eof>"],
    ['f(\n1\n', "3: ')' expected (to close '(' at line 1) near <eof>"],
    ['x = {1 2}', "1: '}' expected near '2'"],
    ['x = a[1', "1: ']' expected near <eof>"],
    ['if x', "1: 'then' expected near <eof>"],
    ['while x', "1: 'do' expected near <eof>"],
    ['for i do end', "1: '=' or 'in' expected near 'do'"],
    ['for i = 1 do end', "1: ',' expected near 'do'"],
    ['for a, b do end', "1: 'in' expected near 'do'"],
    ['for 1', "1: <name> expected near '1'"],
    ['function f(1) end', "1: <name> or '...' expected near '1'"],
    ['function f(..., a) end', "1: ')' expected near ','"],
    ['function 1', "1: <name> expected near '1'"],
    ['function a.b:c.d() end', "1: '(' expected near '.'"],
    ['x = a:b', '1: function arguments expected near <eof>'],
    ['x = }', "1: unexpected symbol near '}'"],
    ['x + 1', "1: syntax error near '+'"],
    ['(x)', '1: syntax error near <eof>'],
    ['(x) = 1', "1: syntax error near '='"],
    ['f() = 1', "1: syntax error near '='"],
    ['a, f() = 1', "1: syntax error near '='"],
    ['a, b', "1: '=' expected near <eof>"],
    ['goto 1', "1: <name> expected near '1'"],
    ['::a', "1: '::' expected near <eof>"],
    ['return 1 x', "1: <eof> expected near 'x'"],
    ['end', "1: <eof> expected near 'end'"],
    ['function f() return ... end', "1: cannot use '...' outside a vararg function near '...'"],
    ['return ...', null],
  ])
})

t.test('a break needs a loop in its function', async (t) => {
  check(t, [
    ['break', "1: break outside loop near 'break'"],
    ['while x do\nfunction f()\nbreak\nend end', "3: break outside loop near 'break'"],
    ['for i = 1, 2 do if i then break end end', null],
    ['repeat break until x', null],
  ])
})

t.test('an error has a column', async (t) => {
  const at = (source: string) => {
    const parsed = luaY_parse(source)
    return 'error' in parsed ? `${parsed.error.line}:${parsed.error.column}` : null
  }
  t.equal(at('x = = 1'), '1:5')
  t.equal(at('\n  x = 1.5'), '2:8')
  t.equal(at('local x <const> = 1\r\n  x = 2'), '2:3')
  t.equal(at('x = [[\n\n'), '3:1')
  t.equal(at('x'), '1:2')
})

t.test('what nests too deep is an error, and never overflows the stack', async (t) => {
  const n = 100_000
  for (const deep of ['return (', 'x = {', 'f(', 'do ', 'function f() ', 'return not ', 'return a..', '::a::', 'a,']) {
    const [begin, again] = deep.startsWith('return ') ? ['return ', deep.slice(7)] : ['', deep]
    t.equal(errorOf(begin + again.repeat(n)), 'C stack overflow', deep)
  }
  t.equal(errorOf(`return ${'('.repeat(190)}1${')'.repeat(190)}`), null)
  for (const long of [`return 1${' + 1'.repeat(n)}`, `f${'()'.repeat(n)}`, `a${'.b'.repeat(n)} = 1`, ';'.repeat(n)]) {
    t.equal(errorOf(long), null)
  }
})

t.test('statements as a tree', async (t) => {
  const parsed = luaY_parse('local a <const> = 1\n  if a then f(a) else goto b end ::b:: return 2')
  t.hasStrict(parsed, {
    ast: {
      type: 'Chunk',
      body: [
        { type: 'Local', line: 1, column: 1, variables: [{ name: 'a', kind: 'const', line: 1, column: 7 }] },
        {
          type: 'If',
          line: 2,
          column: 3,
          clauses: [{ condition: { type: 'Name', name: 'a' }, body: [{ type: 'CallStatement' }] }],
          orelse: [{ type: 'Goto', label: 'b' }],
        },
        { type: 'Label', label: 'b' },
        { type: 'Return', values: [{ type: 'Numeral', text: '2' }] },
      ],
    },
  })
})

t.test('any sequence of tokens gives a tree or an error', async (t) => {
  const { tokens } = generator(1)
  for (let i = 0; i < 5000; i++) {
    const source = tokens()
    const error = errorOf(source)
    if (error !== null && !/^\d+: ./.test(error)) t.fail(`${JSON.stringify(source)}: ${error}`)
  }
})

t.test('programs of what all versions have are taken as the engine takes them', async (t) => {
  const { program } = generator(2)
  let accepted = 0
  for (let i = 0; i < 1500; i++) {
    const source = program()
    const error = errorOf(source)
    const theirs = engineError(source)
    // 5.5 finds these where 5.3 has no rule, or another.
    if (error !== null && /already defined|const variable|break outside/.test(error)) continue
    if ((error === null) !== (theirs === null)) t.fail(`${JSON.stringify(source)}: ${error}, the engine: ${theirs}`)
    if (error === null) accepted++
  }
  t.ok(accepted > 200, `${accepted} accepted`)
})
