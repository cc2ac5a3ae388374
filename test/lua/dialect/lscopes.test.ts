// Which variable a name is, what may be assigned to, where a goto may jump to, and how many of each there may be.
import t from 'tap'
import type { Name } from '../../../src/lua/dialect/ast.js'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'
import { check } from './parse.js'

/** The names in `return a, b` at the end of a chunk. */
function returned(source: string): readonly Name[] {
  const parsed = luaY_parse(source)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const last = parsed.ast.body.at(-1)
  return last?.type === 'Return' ? (last.values as readonly Name[]) : []
}

t.test('a name is the innermost declaration of it', async (t) => {
  const [a, b, print] = returned('local a = 1\ndo local b end\nlocal a = 2\nreturn a, b, print')
  t.match(a, { declaration: { line: 3, column: 7, kind: 'local' }, upvalue: false })
  t.match(b, { declaration: null, upvalue: false })
  t.match(print, { declaration: null })
  t.match(returned('local x; global x; return x'), [{ declaration: { kind: 'global' } }])
  t.match(returned('global *; return x, _ENV'), [{ declaration: { name: '*' } }, { declaration: { name: '_ENV' } }])
})

t.test('a name of an outer function is an upvalue', async (t) => {
  const parsed = luaY_parse('local a = f()\nfunction g() return a, function() return a end end')
  t.match(parsed, {
    ast: {
      body: [
        {},
        {
          func: {
            body: [
              { values: [{ upvalue: true, declaration: { line: 1 } }, { body: [{ values: [{ upvalue: true }] }] }] },
            ],
          },
        },
      ],
    },
  })
})

t.test('constants', async (t) => {
  const error = (line: number, name: string) => `${line}: attempt to assign to const variable '${name}'`
  check(t, [
    ['local x <const> = 5; x = 6', error(1, 'x')],
    ['local x <const> = f()\nfunction g()\nx = 6 end', error(3, 'x')],
    ['local x <close> = nil; a, x = 1', error(1, 'x')],
    ['local <const> a, b = 1, 2; b = 3', error(1, 'b')],
    ['local <close> a, b <const> = 1, 2; b = 3', error(1, 'b')],
    ['local x <const> = 1; function x() end', error(1, 'x')],
    ['local x <const> = 1; function x.y() end; x.y = 1', null],
    ['for i = 1, 3 do i = 5 end', error(1, 'i')],
    ['for k, v in f do v = 1 end', null],
    ['for k, v in f do k = 1 end', error(1, 'k')],
    ['function f(a, ...t) a = 1; t[1] = 2 end', null],
    ['function f(...t) t = 1 end', error(1, 't')],
    ['local x <const> = 1; local x = 2; x = 3', null],
    ['global x <const>; x = 1', error(1, 'x')],
    ['global <const> x, y; y = 1', error(1, 'y')],
    ['global <const> *; y = 1', error(1, 'y')],
    ['global <const> *; global y; y = 1', null],
    ['global <const> *; function f() end', error(1, 'f')],
  ])
})

t.test('a global declaration voids the one that a chunk begins with', async (t) => {
  check(t, [
    ['global x; x = 1; return x', null],
    ['global x\nreturn y', "2: variable 'y' not declared"],
    ['global x; do global y; y = 1 end; return y', "1: variable 'y' not declared"],
    ['do global x end; return y', null],
    ['global x; global *; return y', null],
    ['global *; do global x; return y end', null],
    ['global x; local y; return function() return y, z end', "1: variable 'z' not declared"],
    ['global x = y', null],
    ['global function f() return f end', null],
    ['global x; global function f() return g end', "1: variable 'g' not declared"],
    ['global _ENV, a\na = 10', "2: _ENV is global when accessing variable 'a'"],
    ['local _ENV <const> = {}; a = 10', null],
  ])
})

t.test('gotos and labels', async (t) => {
  check(t, [
    ['goto done; ::done::', null],
    ['::a:: goto a', null],
    ['for i = 1, 3 do local x; goto cont; local y; ::cont:: end', null],
    ['for i = 1, 3 do local x; goto cont; local y; ::cont:: ; ::other:: ; end', null],
    ['do goto inner end ::inner::', null],
    ['goto nowhere', "1: no visible label 'nowhere' for <goto> at line 1"],
    ['function f()\ngoto a\nend\n::a::', "3: no visible label 'a' for <goto> at line 2"],
    ['do ::a:: end goto a', "1: no visible label 'a' for <goto> at line 1"],
    ['::a::\nf()\n::a::', "3: label 'a' already defined on line 1"],
    ['::a::\n::a::', "2: label 'a' already defined on line 2"], // C declares the label after those that follow it
    ['::a:: do ::a:: end', "1: label 'a' already defined on line 1"],
    ['do ::a:: end ::a::', null],
    ['::a:: function f() ::a:: end', null],
    ['goto l\nlocal x\n::l:: f()', "3: <goto l> at line 1 jumps into the scope of 'x'"],
    ['do goto l; local y; ::l:: f(y) end', "1: <goto l> at line 1 jumps into the scope of 'y'"],
    ['goto l; global x; ::l:: f()', "1: variable 'f' not declared"],
    ['goto l; global f; ::l:: f()', "1: <goto l> at line 1 jumps into the scope of 'f'"],
    ['goto l; global *; ::l:: f()', "1: <goto l> at line 1 jumps into the scope of '*'"],
    ['repeat goto l; local x; ::l:: until x', "1: <goto l> at line 1 jumps into the scope of 'x'"],
  ])
})

t.test('limits', async (t) => {
  const locals = (n: number) => Array.from({ length: n }, (_, i) => `local a${i}\n`).join('')
  const where = (n: number) => `(limit is ${n}) in`
  check(t, [
    [locals(200), null],
    [`${locals(201)}x = 1`, `202: too many local variables ${where(200)} main function near 'x'`],
    [`\nfunction f()\n${locals(201)}end`, `204: too many local variables ${where(200)} function at line 2 near 'end'`],
    [`${locals(199)}local c <const> = 1\nlocal d\nglobal e`, null],
    [`${locals(198)}for i = 1, 2 do end`, `199: too many local variables ${where(200)} main function near 'end'`],
  ])
  const outer = `${locals(150)}function f() ${locals(150).replaceAll('a', 'b').replaceAll('locbl', 'local')}`
  const use = (n: number, name: string) => Array.from({ length: n }, (_, i) => `x = ${name}${i};`).join('')
  check(t, [
    [`${outer}function g() ${use(150, 'a')}${use(104, 'b')} end end`, null],
    [
      `${outer}function g() ${use(150, 'a')}${use(106, 'b')} end end`,
      `301: too many upvalues ${where(255)} function at line 301 near ';'`,
    ],
  ])
})
