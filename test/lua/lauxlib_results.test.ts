import t from 'tap'
import { luaL_execresult, luaL_fileresult, luaL_pushfail } from '../../src/lua/lauxlib.js'
import { LUA_TNIL, lua_type } from '../../src/lua/lua.js'
import { state, taken } from './bare.js'

t.test('luaL_fileresult pushes true, or nil, a message and 0, as a kernel without errno does', async (t) => {
  const L = state(t)
  t.equal(luaL_fileresult(L, true, 'file'), 1)
  t.same(taken(L).length, 1)
  t.equal(luaL_fileresult(L, 0, 'file'), 3)
  t.equal(lua_type(L, 1), LUA_TNIL)
  t.same(taken(L), [null, 'file: (no extra info)', '0'])
  t.equal(luaL_fileresult(L, false, null), 3)
  t.same(taken(L), [null, '(no extra info)', '0'])
})

t.test('luaL_execresult', async (t) => {
  const L = state(t)
  t.equal(luaL_execresult(L, 0), 3)
  t.same(taken(L).slice(1), ['exit', '0'])
  t.equal(luaL_execresult(L, 7), 3)
  t.same(taken(L), [null, 'exit', '7'])
  luaL_pushfail(L)
  t.equal(lua_type(L, 1), LUA_TNIL)
})
