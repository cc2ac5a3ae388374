// The chunks that older engines get, where their tokens are, and what they do in the engine.
import t from 'tap'
import { LexState } from '../../../src/lua/dialect/llex.js'
import { TK_EOS, TK_INT } from '../../../src/lua/dialect/ltokens.js'
import { luaY_translate, type Target } from '../../../src/lua/dialect/ltranslate.js'
import { engineError, target as own, run } from './parse.js'
import { generator } from './programs.js'

function translate(source: string, target: Target = '5.4'): string {
  const result = luaY_translate(source, target)
  return 'error' in result ? `${result.error.line}: ${result.error.message}` : result.source
}

const FOR = '("")["\\0for"]'
const VARARG = '("")["\\0vararg"]'
const GLOBAL = '("")["\\0global"]'

t.test('what every version reads stays as it is', async (t) => {
  for (const source of [
    '',
    '#',
    'local a = 1 -- x / y\nfor i = 1, #a, -1 do f(a // 2, "/") end\nfor k, v in pairs(t) do end',
    'local function f(...) return ... end goto x ::x:: return a.b, a["c"], 1 .. 2, 0xff',
    'for i = 1, 10 do for j = i, i + 1 do end end',
    'local n <const> = 1',
  ]) {
    const result = luaY_translate(source, '5.4')
    if (source === '#') t.match(result, { error: {} })
    else t.match(result, { source }, source)
  }
})

const rewritten: [source: string, to54: string, to53?: string][] = [
  ['return a/b, 7 / 2 // 1, "/", [[/]] -- /', 'return a//b, 7 // 2 // 1, "/", [[/]] -- /'],
  ['return 1..2, 0xA..b, 1 ..2', 'return 1 ..2, 0xA ..b, 1 ..2'],
  ['for i = a, b, c.d do end', `for i = ${FOR}(a), b, ${FOR}(c.d) do end`],
  ['for i = "1", "3" do end', `for i = ${FOR}("1"), "3" do end`],
  ['for i = (f()), 3, -1 do end', `for i = ${FOR}((f())), 3, -1 do end`],
  ['for i = a or b, 3, a..b do end', `for i = ${FOR}(a or b), 3, ${FOR}(a..b) do end`],
  ['for i = a + b, 3, #a do end', 'for i = a + b, 3, #a do end'],
  ['for i = a/b, 3, f(a/b) do end', `for i = a//b, 3, ${FOR}(f(a//b)) do end`],
  ['for i =\na -- x\n, 3 do end', `for i =\n${FOR}(a) -- x\n, 3 do end`],
  [
    'function f(a, ...t) (g)() end',
    `function f(a, ... ) local t <const> = ${VARARG}(...); (g)() end`,
    `function f(a, ... ) local t = ${VARARG}(...); (g)() end`,
  ],
  [
    'function f(...\nt\n) end',
    `function f(...\n \n) local t <const> = ${VARARG}(...); end`,
    `function f(...\n \n) local t = ${VARARG}(...); end`,
  ],
  ['local a <const>, b = 1', 'local a <const>, b = 1', 'local a  , b = 1'],
  ['local <const> a, b=1', 'local   a <const> , b <const> =1', 'local   a, b=1'],
  ['f()\nglobal x\n(x)()', 'f()\n; \n(x)()'],
  ['f()global *(g)()', 'f(); (g)()'],
  ['global x <const>, -- y\n\ty', '; \n '],
  ['global x = 1', `do local _0  = 1 ;${GLOBAL}(_ENV.x, "x") _ENV.x = _0 end`],
  [
    'global x,\ny = 2,\n1',
    `do local _0, _1 \n  = 2,\n1 ;${GLOBAL}(_ENV.y, "y") _ENV.y = _1 ;${GLOBAL}(_ENV.x, "x") _ENV.x = _0 end`,
  ],
  ['global function f() end', `;${GLOBAL}(_ENV.f, "f")  function _ENV.f() end`],
  ['local x; global x; x = 1; function x() end', 'local x; ; ; _ENV.x = 1; function _ENV.x() end'],
  ['local x; global x; for i = x, 2 do end', `local x; ; ; for i = ${FOR}(_ENV.x), 2 do end`],
]

t.test('what is written otherwise', async (t) => {
  for (const [source, to54, to53 = to54] of rewritten) {
    t.equal(translate(source, '5.4'), to54, source)
    t.equal(translate(source, '5.3'), to53, source)
  }
})

t.test('what it does in the engine', async (t) => {
  const results: [source: string, result: string][] = [
    ['return 7/2 .. -7/2', '3-4'],
    ['return 1..2', '12'],
    ['local s = "" for i = "1", "3" do s = s .. i end return s', '123'],
    ['local s, a, b = "", "3", "-1" for i = a, 1, b do s = s .. i end return s', '321'],
    ['local function f(...t) return t.n .. t[1] .. t[2] end return f(10, 20)', '21020'],
    [
      'local function f(a, ...t)\n(function() a = a + t.n end)()\nreturn a .. select("#", ...) end return f(1, nil, nil)',
      '32',
    ],
    ['local <const> a, b = 1, 2 return a + b', '3'],
    ['do global x; x = 5 return x end', '5'],
    ['do global y = 7 return y end', '7'],
    ['global x, y, z = (function() return 1, 2 end)() return x .. y', '12'],
    ['global x, y = 1, 2\nglobal y\nglobal z,\n y = 1, 3', "chunk:4: global 'y' already defined"],
    ['global function f() return 6 end return f()', '6'],
    ['global function print() end', "chunk:1: global 'print' already defined"],
    ['local x = 1; do global x; x = 2 end return x .. _ENV.x', '12'],
    ['local x = 1; do global function x() return 3 end end return x .. _ENV.x()', '13'],
    ['local _ENV = {}; global x = 1; return x', '1'],
    ['local f = type\nglobal *\n(f)(1)\nreturn 4', '4'],
    ['\nreturn 1\n+ nil / 2', 'chunk:3: attempt to perform arithmetic on a nil value'],
  ]
  for (const [source, result] of results) t.equal(run(translate(source, own)), result, source)
})

/** The integers of a chunk with their lines: none is ever written or taken away. */
function integers(source: string): string[] {
  const ls = new LexState(source)
  const list = []
  for (ls.luaX_next(); ls.t.token !== TK_EOS; ls.luaX_next()) {
    if (ls.t.token === TK_INT) list.push(`${ls.t.line}: ${ls.t.value}`)
  }
  return list
}

t.test('tokens stay in their lines, and what was accepted is accepted by the engine', async (t) => {
  const { newer } = generator(3)
  let changed = 0
  for (let i = 0; i < 1000; i++) {
    const source = newer()
    for (const target of ['5.4', '5.3'] as const) {
      const result = luaY_translate(source, target)
      if ('error' in result) continue
      if (result.source !== source) changed++
      const before = integers(source).join()
      const after = integers(result.source).join()
      if (before !== after) t.fail(`${source}\n${result.source}\n${before}\n${after}`)
      const theirs = target === own ? engineError(result.source) : null
      if (theirs !== null) t.fail(`${source}\n${result.source}\n${theirs}`)
    }
  }
  t.ok(changed > 200, `${changed} changed`)
})
