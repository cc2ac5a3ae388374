// variants: default
import t from 'tap'
import { luaL_intop } from '../../src/lua/lauxlib.js'

t.test('luaL_intop wraps around at 64 bits', async (t) => {
  const max = 2n ** 63n - 1n
  t.equal(luaL_intop('+', 1, 2), 3)
  t.equal(luaL_intop('+', max, 1), -(2n ** 63n))
  t.equal(luaL_intop('-', 0, 1), -1)
  t.equal(luaL_intop('*', max, 2), -2)
  t.equal(luaL_intop('&', -1, 0xff), 0xff)
  t.equal(luaL_intop('|', 1, 6), 7)
  t.equal(luaL_intop('^', 5, 1), 4)
  t.equal(luaL_intop('<<', 1, 63), -(2n ** 63n))
  t.equal(luaL_intop('<<', 1, 64), 0)
  t.equal(luaL_intop('>>', -1, 60), 15)
  t.throws(() => luaL_intop('/' as never, 1, 1), /^luaL_intop: "\/" is no operator/)
})
