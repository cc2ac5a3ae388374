// What declarations may look like.
import t from 'tap'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'
import { check } from './parse.js'

t.test('attributes', async (t) => {
  check(t, [
    ['local a <const>, b <close> = 1, nil', null],
    ['local <const> a, b <close> = 1, 2', null],
    ['local x <foo> = 1', "1: unknown attribute 'foo'"],
    ['local <foo>\n = 1', "1: unknown attribute 'foo'"],
    ['local a <close>, b <close> = 1', '1: multiple to-be-closed variables in local list'],
    ['local <close> a, b = 1', '1: multiple to-be-closed variables in local list'],
    ['local x <const>= 1', "1: '>' expected near '>='"],
    ['local x <1>', "1: <name> expected near '1'"],
    ['local 1', "1: <name> expected near '1'"],
    ['global x <close>', '1: global variables cannot be to-be-closed'],
    ['global <close> *', '1: global variables cannot be to-be-closed'],
    ['global x <bar>', "1: unknown attribute 'bar'"],
  ])
})

t.test("'global' declares where a declaration can follow, and is a name elsewhere", async (t) => {
  check(t, [
    ['global x, y <const>', null],
    ['global\nfunction f() end', null],
    ['global * global x', null],
    ['global = 5 global.x = 5 global["x"] = 5 global:f() global(1) global "x" global {1} global, y = 1, 2', null],
    ['local t = {1; global * 2, global < 3, global = 4}', null],
    ['for global = 1, 2 do goto global ::global:: end', null],
    ['local global f()', null],
    ['global', '1: syntax error near <eof>'],
    ['global * x', '1: syntax error near <eof>'],
    ['global <const>', '1: <name> expected near <eof>'],
    ['global x =', '1: unexpected symbol near <eof>'],
    ['global function a.b() end', "1: '(' expected near '.'"],
  ])
})

t.test('declarations as a tree', async (t) => {
  t.match(luaY_parse('global x, y <const> = 1\nglobal <const> *\nglobal function f() end'), {
    ast: {
      body: [
        {
          type: 'Global',
          variables: [
            { name: 'x', kind: 'global', column: 8 },
            { name: 'y', kind: 'global const' },
          ],
          values: [{ text: '1' }],
        },
        { type: 'Global', variables: [{ name: '*', kind: 'global const' }] },
        { type: 'GlobalFunction', line: 3, variable: { name: 'f' }, func: { endLine: 3 } },
      ],
    },
  })
  t.match(luaY_parse('local function f(a, ...t) end function a.b:c() end'), {
    ast: {
      body: [
        { type: 'LocalFunction', func: { parameters: [{ name: 'a' }], vararg: { name: 't', kind: 'vararg' } } },
        {
          type: 'FunctionStatement',
          isMethod: true,
          target: { type: 'Index' },
          func: { parameters: [{ name: 'self' }] },
        },
      ],
    },
  })
})
