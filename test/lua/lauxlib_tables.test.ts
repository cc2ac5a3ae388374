import t from 'tap'
import {
  luaL_dostring,
  luaL_len,
  luaL_loadbuffer,
  luaL_newlib,
  luaL_newlibtable,
  luaL_newstate,
  luaL_setfuncs,
  luaL_tolstring,
} from '../../src/lua/lauxlib.js'
import {
  LUA_ERRRUN,
  LUA_ERRSYNTAX,
  LUA_OK,
  lua_call,
  lua_close,
  lua_gettop,
  lua_newtable,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  type lua_State,
  lua_tostring,
  lua_upvalueindex,
} from '../../src/lua/lua.js'
import { raised, run, state, taken } from './bare.js'

t.test('luaL_tolstring shows every kind of value, also without the basic library', async (t) => {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  lua_pushinteger(L, 42)
  lua_pushstring(L, 'text')
  lua_pushboolean(L, true)
  lua_pushnil(L)
  lua_newtable(L)
  const shown = [1, 2, 3, 4, -5].map((idx) => {
    const bytes = luaL_tolstring(L, idx)
    t.equal(Buffer.from(bytes).toString(), lua_tostring(L, -1))
    return lua_tostring(L, -1)
  })
  t.same(shown.slice(0, 3), ['42', 'text', 'true'])
  t.equal(shown[3], 'nil')
  t.equal(lua_gettop(L), 10)
  luaL_tolstring(L, 5)
  t.match(lua_tostring(L, -1), /^table: [\da-f]{16}$/)
})

t.test('luaL_tolstring calls __tostring, and takes __name', async (t) => {
  const L = state(t)
  run(
    L,
    'return setmetatable({}, {__tostring = function() return "mine" end}), setmetatable({}, {__name = "kind"}), \
     setmetatable({}, {__tostring = function() return {} end})',
  )
  luaL_tolstring(L, 1)
  t.equal(lua_tostring(L, -1), 'mine')
  luaL_tolstring(L, 2)
  t.match(lua_tostring(L, -1), /^kind: [\da-f]{16}$/)
  run(L, 'return tostring((...))')
  t.equal(
    raised(L, (L) => {
      run(L, 'return setmetatable({}, {__tostring = function() return {} end})')
      luaL_tolstring(L, -1)
      return 0
    }),
    "'__tostring' must return a string",
  )
})

t.test('luaL_len', async (t) => {
  const L = state(t)
  run(
    L,
    'return {1, 2, 3}, setmetatable({}, {__len = function() return "x" end}), setmetatable({}, {__len = \
    function() return "7" end})',
  )
  t.equal(luaL_len(L, 1), 3)
  t.equal(luaL_len(L, 3), 7)
  t.equal(lua_gettop(L), 3)
  t.equal(
    raised(L, (L) => {
      run(L, 'return setmetatable({}, {__len = function() return "x" end})')
      return luaL_len(L, 1)
    }),
    'object length is not an integer',
  )
})

t.test('luaL_newlibtable and luaL_setfuncs share upvalues', async (t) => {
  const L = state(t)
  const count = (L: lua_State) => {
    lua_pushvalue(L, lua_upvalueindex(1))
    return 1
  }
  const l = [
    { name: 'a', func: count },
    { name: 'b', func: count },
  ]
  luaL_newlibtable(L, l)
  lua_pushstring(L, 'shared')
  luaL_setfuncs(L, l, 1)
  t.equal(lua_gettop(L), 1)
  run(L, 'return function(lib) return lib.a(), lib.b() end')
  lua_pushvalue(L, 1)
  lua_call(L, 1, 2)
  t.same(taken(L).slice(1), ['shared', 'shared'])
  luaL_newlib(L, l)
  t.equal(lua_gettop(L), 1)
})

t.test('luaL_dostring and luaL_loadbuffer', async (t) => {
  const L = state(t)
  t.equal(luaL_dostring(L, 'return 1, 2'), LUA_OK)
  t.same(taken(L), ['1', '2'])
  t.equal(luaL_dostring(L, 'error("x", 0)'), LUA_ERRRUN)
  t.same(taken(L), ['x'])
  t.equal(luaL_dostring(L, 'x ='), LUA_ERRSYNTAX)
  t.match(taken(L), [/unexpected symbol/])
  t.equal(luaL_loadbuffer(L, 'error("placed")', '=name'), LUA_OK)
  t.match(
    raised(L, (L) => {
      luaL_loadbuffer(L, Buffer.from('error("placed")'), '=name')
      lua_call(L, 0, 0)
      return 0
    }),
    'name:1: placed',
  )
})
