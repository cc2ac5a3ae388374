import t from 'tap'
import { LUA_NOREF, LUA_REFNIL, luaL_ref, luaL_unref } from '../../src/lua/lauxlib.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  lua_gettop,
  lua_newtable,
  lua_pop,
  lua_pushinteger,
  lua_pushnil,
  lua_pushstring,
  lua_rawgeti,
  lua_settop,
  lua_tointeger,
  lua_tostring,
  lua_type,
} from '../../src/lua/lua.js'
import { state } from './bare.js'

t.test('a reference keeps a value in the registry, until it is given back', async (t) => {
  const L = state(t)
  const refs = ['a', 'b', 'c'].map((s) => {
    lua_pushstring(L, s)
    return luaL_ref(L, LUA_REGISTRYINDEX)
  })
  t.equal(lua_gettop(L), 0)
  t.equal(new Set(refs).size, 3)
  for (const ref of refs) t.ok(ref > 3, String(ref))
  refs.forEach((ref, i) => {
    lua_rawgeti(L, LUA_REGISTRYINDEX, ref)
    t.equal(lua_tostring(L, -1), 'abc'[i])
    lua_pop(L, 1)
  })
  luaL_unref(L, LUA_REGISTRYINDEX, refs[1] as number)
  luaL_unref(L, LUA_REGISTRYINDEX, refs[0] as number)
  lua_rawgeti(L, LUA_REGISTRYINDEX, refs[1] as number)
  t.not(lua_tostring(L, -1), 'b')
  lua_settop(L, 0)
  lua_pushstring(L, 'd')
  t.equal(luaL_ref(L, LUA_REGISTRYINDEX), refs[0])
  lua_pushstring(L, 'e')
  t.equal(luaL_ref(L, LUA_REGISTRYINDEX), refs[1])
  lua_rawgeti(L, LUA_REGISTRYINDEX, refs[2] as number)
  t.equal(lua_tostring(L, -1), 'c')
})

t.test('nil has a reference of its own, and no reference is given back', async (t) => {
  const L = state(t)
  lua_newtable(L)
  lua_pushnil(L)
  t.equal(luaL_ref(L, 1), LUA_REFNIL)
  t.equal(lua_gettop(L), 1)
  luaL_unref(L, 1, LUA_REFNIL)
  luaL_unref(L, 1, LUA_NOREF)
  t.equal(lua_gettop(L), 1)
  t.throws(() => luaL_unref(L, 1, undefined as never), /^luaL_unref: undefined is no reference/)
})

t.test("many references of a table of one's own", async (t) => {
  const L = state(t)
  lua_newtable(L)
  const refs: number[] = []
  for (let i = 0; i < 100; i++) {
    lua_pushinteger(L, i)
    refs.push(luaL_ref(L, -2))
  }
  t.equal(new Set(refs).size, 100)
  for (const i of [7, 50, 51, 99]) luaL_unref(L, 1, refs[i] as number)
  for (const i of [99, 51, 50, 7]) {
    lua_pushinteger(L, 1000 + i)
    t.equal(luaL_ref(L, 1), refs[i])
  }
  const values = refs.map((ref) => {
    lua_rawgeti(L, 1, ref)
    const value = lua_tointeger(L, -1)
    lua_pop(L, 1)
    return value
  })
  t.same(
    values,
    refs.map((_, i) => ([7, 50, 51, 99].includes(i) ? 1000 + i : i)),
  )
  lua_rawgeti(L, 1, 500)
  t.equal(lua_type(L, -1), LUA_TNIL)
})
