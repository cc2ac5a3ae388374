import t from 'tap'
import {
  LUA_TNIL,
  LUA_TNONE,
  LUA_TNUMBER,
  LUA_TSTRING,
  lua_call,
  lua_getiuservalue,
  lua_gettop,
  lua_getupvalue,
  lua_getuservalue,
  lua_newuserdata,
  lua_newuserdatauv,
  lua_pushcclosure,
  lua_pushinteger,
  lua_pushstring,
  lua_pushvalue,
  lua_setiuservalue,
  lua_settop,
  lua_setupvalue,
  lua_setuservalue,
  lua_tostring,
  lua_touserdata,
  lua_type,
  lua_upvalueid,
  lua_upvalueindex,
  lua_upvaluejoin,
} from '../../src/lua/lua.js'
import { run, state, taken } from './bare.js'

t.test('the upvalues of a function of Lua', async (t) => {
  const L = state(t)
  run(L, 'local a, b = 1, 2 return function() return a, b end')
  t.equal(lua_getupvalue(L, 1, 2), 'b')
  t.equal(lua_tostring(L, -1), '2')
  lua_settop(L, 1)
  for (const n of [0, 3, -1]) t.equal(lua_getupvalue(L, 1, n), null)
  t.equal(lua_gettop(L), 1)
  lua_pushinteger(L, 7)
  t.equal(lua_setupvalue(L, 1, 1), 'a')
  t.equal(lua_gettop(L), 1)
  lua_pushinteger(L, 8)
  t.equal(lua_setupvalue(L, 1, 3), null)
  t.equal(lua_gettop(L), 2)
  lua_settop(L, 1)
  lua_call(L, 0, 2)
  t.same(taken(L), ['7', '2'])
})

t.test('the upvalues of a function of C are those that it was given', async (t) => {
  const L = state(t)
  lua_pushinteger(L, 1)
  lua_pushinteger(L, 2)
  lua_pushcclosure(
    L,
    (L) => {
      lua_pushvalue(L, lua_upvalueindex(1))
      lua_pushvalue(L, lua_upvalueindex(2))
      return 2
    },
    2,
  )
  t.equal(lua_getupvalue(L, 1, 1), '')
  t.equal(lua_tostring(L, -1), '1')
  lua_settop(L, 1)
  t.equal(lua_getupvalue(L, 1, 3), null)
  t.equal(lua_getupvalue(L, 1, 0), null)
  lua_pushstring(L, 'other')
  t.equal(lua_setupvalue(L, 1, 1), '')
  t.not(lua_upvalueid(L, 1, 1), lua_upvalueid(L, 1, 2))
  t.equal(lua_upvalueid(L, 1, 3), null)
  t.equal(lua_upvalueid(L, 1, 0), null)
  lua_call(L, 0, 2)
  t.same(taken(L), ['other', '2'])
})

t.test('closures share an upvalue, or are made to', async (t) => {
  const L = state(t)
  run(
    L,
    'local a, b = "a", "b" return function() return a end, function() return a end, function() return b end, \
     function(v) b = v end',
  )
  t.not(lua_upvalueid(L, 1, 1), null)
  t.equal(lua_upvalueid(L, 1, 1), lua_upvalueid(L, 2, 1))
  t.not(lua_upvalueid(L, 1, 1), lua_upvalueid(L, 3, 1))
  t.equal(lua_upvalueid(L, 1, 2), null)
  lua_upvaluejoin(L, 1, 1, 3, 1)
  t.equal(lua_upvalueid(L, 1, 1), lua_upvalueid(L, 3, 1))
  lua_pushvalue(L, 4)
  lua_pushstring(L, 'new')
  lua_call(L, 1, 0)
  lua_pushvalue(L, 1)
  lua_call(L, 0, 1)
  t.equal(lua_tostring(L, -1), 'new')
  lua_pushvalue(L, 2)
  lua_call(L, 0, 1)
  t.equal(lua_tostring(L, -1), 'a')
  t.throws(() => lua_upvaluejoin(L, 1, 2, 3, 1), /^lua_upvaluejoin: the function at 1 has no upvalue 2/)
  t.throws(() => lua_upvaluejoin(L, 1, 1, 5, 1), /^lua_upvaluejoin: no function of Lua's is at 5/)
  lua_pushcclosure(L, () => 0, 0)
  t.throws(() => lua_upvaluejoin(L, -1, 1, 3, 1), /^lua_upvaluejoin: no function of Lua's is at -1/)
  t.throws(() => lua_upvalueid(L, 5, 1), /^lua_upvalueid: no function is at 5/)
  t.throws(() => lua_getupvalue(L, 99, 1), /^lua_getupvalue: 99 is no index/)
})

t.test('user values', async (t) => {
  const L = state(t)
  const block = lua_newuserdatauv(L, 2)
  t.equal(lua_getiuservalue(L, 1, 1), LUA_TNIL)
  lua_settop(L, 1)
  lua_pushstring(L, 'one')
  t.equal(lua_setiuservalue(L, 1, 1), true)
  lua_pushinteger(L, 2)
  t.equal(lua_setiuservalue(L, -2, 2), true)
  t.equal(lua_gettop(L), 1)
  t.equal(lua_getiuservalue(L, 1, 1), LUA_TSTRING)
  t.equal(lua_getiuservalue(L, 1, 2), LUA_TNUMBER)
  t.equal(lua_tostring(L, 2), 'one')
  t.equal(lua_tostring(L, 3), '2')
  for (const n of [0, 3, 4, -1]) {
    lua_settop(L, 1)
    t.equal(lua_getiuservalue(L, 1, n), LUA_TNONE)
    t.equal(lua_type(L, -1), LUA_TNIL)
    t.equal(lua_setiuservalue(L, 1, n), false)
    t.equal(lua_gettop(L), 1)
  }
  t.equal(lua_touserdata(L, 1), block)
  t.throws(() => lua_getiuservalue(L, 2, 1), /2 is no index/)
  lua_pushinteger(L, 2)
  t.throws(() => lua_getiuservalue(L, 2, 1), /^lua_getiuservalue: no full userdata is at 2/)
})

t.test('the older names have one user value', async (t) => {
  const L = state(t)
  lua_newuserdata(L).value = 5
  t.same(lua_touserdata(L, 1), { value: 5 })
  lua_pushstring(L, 'one')
  t.equal(lua_setuservalue(L, 1), true)
  t.equal(lua_getuservalue(L, 1), LUA_TSTRING)
  t.equal(lua_tostring(L, -1), 'one')
  t.equal(lua_getiuservalue(L, 1, 2), LUA_TNONE)
})
