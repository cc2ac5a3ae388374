import t from 'tap'
import { compile } from '../../src/check/compile.js'
import { finds } from './checked.js'

t.test('what does not compile', async (t) => {
  finds(t, [
    ['local x = 1.5', '1:11 error float-literal'],
    ['local x = .5', '1:11 error float-literal'],
    ['local x = 1.', '1:11 error float-literal'],
    ['local x = 1e5', '1:11 error float-literal'],
    ['local x = 1e-5', '1:11 error float-literal'],
    ['local x = 0x1p4', '1:11 error float-literal'],
    ['local x = 0xA.8', '1:11 error float-literal'],
    ['local x = 2 ^ 3', '1:13 error power-operator'],
    ['local x = 9223372036854775808', '1:11 error malformed-number'],
    ['local x = 3x', '1:11 error malformed-number'],
    ['local x <const> = 1\nx = 2', '2:1 error const-assignment'],
    ['global x; y = 1', '1:11 error undeclared-global'],
    ['x = = 1', '1:5 error syntax-error'],
    ['local x = a1.5', '1:13 error syntax-error'],
  ])
})

t.test('what does', async (t) => {
  finds(t, [
    ['local x = 9223372036854775807 .. 0xffffffffffffffffff'],
    ['local x = 1 ..2'],
    ['local x <const>, s = 1, "1.5 ^ 2e5" -- 1.5 ^ 2'],
    ['#!/usr/bin/env lunatik 1.5\nlocal x = 1', '1:1 error syntax-error'],
    [''],
  ])
})

t.test('all floats of a script are found, and what comes behind them', async (t) => {
  finds(t, [
    [
      'local a = 1.5\r\nlocal b = { 2e3, 2 ^ 2 }\nprint(os)',
      '1:11 error float-literal',
      '2:13 error float-literal',
      '2:20 error power-operator',
      '3:7 error missing-global',
    ],
    ['local a = 1.5\nlocal = 2', '1:11 error float-literal'],
  ])
  const many = compile('x = 1.5\n'.repeat(1000))
  t.equal(many.findings.length, 101, 'but not without end')
})

t.test("the words are the kernel's, with a hint", async (t) => {
  const message = (source: string) => compile(source).findings[0]?.message
  t.equal(message('x = 1.5'), "malformed number near '.5': 1.5 is a float, the kernel's Lua has integers only")
  t.equal(message('x = 2^2'), "unexpected symbol near '^': no ^: the kernel's Lua has integers only")
  t.equal(message('x ='), 'unexpected symbol near <eof>')
})
