import t from 'tap'
import { luaL_error } from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  LUA_VERSION_NUM,
  LUA_YIELD,
  LuaError,
  lua_atpanic,
  type lua_CFunction,
  lua_call,
  lua_gettop,
  lua_newthread,
  lua_pcall,
  lua_pushcfunction,
  lua_recover,
  lua_resetthread,
  lua_resume,
  lua_setcstacklimit,
  lua_setwarnf,
  lua_status,
  lua_tostring,
  lua_version,
  lua_warning,
  lua_yield,
} from '../../src/lua/lua.js'
import { state } from './bare.js'

t.test('a warning comes in one piece, also where it was given in several', async (t) => {
  const L = state(t)
  const warnings: string[] = []
  lua_warning(L, 'to nobody', false)
  lua_setwarnf(L, (message) => void warnings.push(message))
  lua_warning(L, 'whole', false)
  lua_warning(L, 'in ', true)
  lua_warning(L, 'two ', true)
  t.same(warnings, ['whole'])
  lua_warning(L, 'pieces', false)
  t.same(warnings, ['whole', 'in two pieces'])
  t.throws(() => lua_warning(L, null as never, false), /^lua_warning: null is no string/)
})

t.test('the panic function sees an error that nobody catches', async (t) => {
  const L = state(t)
  const seen: (string | null)[] = []
  const panicf: lua_CFunction = (L) => {
    seen.push(lua_tostring(L, -1))
    return 0
  }
  t.equal(lua_atpanic(L, panicf), null)
  const fail = (L: Parameters<lua_CFunction>[0]) => luaL_error(L, 'uncaught')
  lua_pushcfunction(L, fail)
  t.equal(lua_pcall(L, 0, 0, 0) === LUA_OK, false)
  t.same(seen, [])
  lua_recover(L, 0)
  lua_pushcfunction(L, fail)
  t.throws(() => lua_call(L, 0, 0), { name: 'LuaError', message: 'uncaught' })
  t.same(seen, ['uncaught'])
  lua_recover(L, 0)

  // As C's longjmp out of it, another error takes its place.
  t.equal(
    lua_atpanic(L, () => {
      throw new RangeError('of the panic')
    }),
    panicf,
  )
  lua_pushcfunction(L, fail)
  t.throws(() => lua_call(L, 0, 0), { message: 'of the panic' })
  lua_recover(L, 0)
  t.type(lua_atpanic(L, null), 'function')
  lua_pushcfunction(L, fail)
  t.throws(() => lua_call(L, 0, 0), LuaError)
  lua_recover(L, 0)
  t.equal(lua_gettop(L), 0)
  t.throws(() => lua_atpanic(L, 5 as never), /^lua_atpanic: 5 is no function/)
})

t.test('what stays as it is', async (t) => {
  const L = state(t)
  t.equal(lua_version(L), 504)
  t.equal(lua_version(null), LUA_VERSION_NUM)
  t.equal(lua_setcstacklimit(L, 1000), 200)
  t.equal(lua_setcstacklimit(L, 1), 200)
})

t.test('lua_resetthread ends a coroutine', async (t) => {
  const L = state(t)
  const co = lua_newthread(L)
  lua_pushcfunction(co, (L) => lua_yield(L, 0))
  t.equal(lua_resume(co, L, 0), LUA_YIELD)
  t.equal(lua_resetthread(co), LUA_OK)
  t.equal(lua_status(co), LUA_OK)
  t.equal(lua_gettop(co), 0)
})
