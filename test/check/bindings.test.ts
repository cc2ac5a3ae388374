import t from 'tap'
import { Bindings } from '../../src/check/bindings.js'
import { luaY_parse } from '../../src/lua/dialect/lparser.js'

function bindingsOf(source: string): Bindings {
  const parsed = luaY_parse(source)
  if ('error' in parsed) throw new Error(parsed.error.message)
  return new Bindings(parsed.ast)
}

t.test('the globals that a script sets', async (t) => {
  const { globals } = bindingsOf(`
    global * a = 1 function b() end global c = 2 global function d() end _G.e = 1 _ENV["f"], _G.g.h = 1
    local i = 1 i = 2 global j function k.l() end`)
  t.strictSame(globals.sort(), ['a', 'b', 'c', 'd', 'e', 'f'])
})

t.test('what is only asked for', async (t) => {
  const { asked } = bindingsOf('if os then end x = math.floor or 1 type(_G.bit32) x = y and z if a.b.c.d then end')
  t.strictSame([...asked].sort(), ['bit32', 'math.floor', 'os', 'y'])
})

t.test('globals that may be anything', async (t) => {
  for (const source of [
    'local _ENV = {}',
    'function f(_ENV) end',
    '_ENV = {}',
    '_G[x] = 1',
    'setmetatable(_G, {})',
    'rawset(_G, "x", 1)',
  ]) {
    t.equal(bindingsOf(source).ownGlobals, true, source)
  }
  for (const source of ['_G.x = 1', 'local e = _ENV.x', 'local _G = {} _G[x] = 1']) {
    t.equal(bindingsOf(source).ownGlobals, false, source)
  }
})

t.test('fields of variables', async (t) => {
  const bindings = bindingsOf('d = {} d.a = 1 function d.b() end d.a = 2 d[x] = 3 f(d) d:g() e = {}')
  const { fields, dynamic, escapes } = bindings.of('d')
  t.strictSame(
    [...fields].map(([name, values]) => [name, values.length]),
    [
      ['a', 2],
      ['b', 1],
    ],
  )
  t.equal(dynamic, true)
  t.equal(escapes, 1)
  t.equal(bindings.of('e').dynamic, false)
})
