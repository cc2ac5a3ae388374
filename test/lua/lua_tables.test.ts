import t from 'tap'
import {
  LUA_REGISTRYINDEX,
  LUA_RIDX_GLOBALS,
  LUA_RIDX_LAST,
  LUA_RIDX_MAINTHREAD,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTHREAD,
  lua_getfield,
  lua_geti,
  lua_gettop,
  lua_islightuserdata,
  lua_isthread,
  lua_newtable,
  lua_pop,
  lua_pushglobaltable,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushliteral,
  lua_pushstring,
  lua_rawgeti,
  lua_register,
  lua_seti,
  lua_tostring,
  lua_tothread,
} from '../../src/lua/lua.js'
import { raised, run, state, taken } from './bare.js'

t.test('lua_geti and lua_seti, with metamethods', async (t) => {
  const L = state(t)
  run(
    L,
    'return {10, 20}, setmetatable({}, {__index = function(_, k) return "i" .. k end, __newindex = \
    function(t, k, v) rawset(t, "set", k .. v) end})',
  )
  t.equal(lua_geti(L, 1, 2), LUA_TNUMBER)
  t.equal(lua_tostring(L, -1), '20')
  t.equal(lua_geti(L, 1, 3), LUA_TNIL)
  lua_pop(L, 2)
  t.equal(lua_geti(L, -1, 5), LUA_TSTRING)
  t.equal(lua_tostring(L, -1), 'i5')
  lua_pop(L, 1)
  lua_pushstring(L, 'v')
  lua_seti(L, 2, 2n ** 40n)
  t.equal(lua_gettop(L), 2)
  lua_getfield(L, 2, 'set')
  t.equal(lua_tostring(L, -1), '1099511627776v')
  lua_pop(L, 1)
  lua_pushinteger(L, 30)
  lua_seti(L, -3, 3)
  lua_geti(L, 1, 3n)
  t.equal(lua_tostring(L, -1), '30')
  t.throws(() => lua_geti(L, 1, 1.5), /^lua_geti: 1.5 is no integer of 64 bits/)
  t.throws(() => lua_seti(L, 99, 1), /^lua_seti: 99 is no index/)
  t.match(
    raised(L, (L) => {
      lua_pushinteger(L, 1)
      lua_geti(L, 1, 1)
      return 0
    }),
    /^attempt to index a number value/,
  )
})

t.test('the globals, the main thread and what C calls macros', async (t) => {
  const L = state(t)
  lua_register(L, 'answer', (L) => {
    lua_pushliteral(L, 'forty-two')
    return 1
  })
  t.equal(lua_gettop(L), 0)
  lua_pushglobaltable(L)
  lua_getfield(L, -1, 'answer')
  run(L, 'return answer()')
  t.equal(taken(L)[2], 'forty-two')
  t.equal(LUA_RIDX_LAST, LUA_RIDX_GLOBALS)
  t.equal(lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD), LUA_TTHREAD)
  t.equal(lua_tothread(L, -1), L)
  t.equal(lua_isthread(L, -1), true)
  lua_newtable(L)
  t.equal(lua_islightuserdata(L, -1), false)
  lua_pushlightuserdata(L, {})
  t.equal(lua_islightuserdata(L, -1), true)
})
