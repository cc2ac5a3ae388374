import t from 'tap'
import {
  lua_assert,
  luaL_argexpected,
  luaL_checkstack,
  luaL_checkversion,
  luaL_checkversion_,
  luaL_error,
  luaL_typename,
} from '../../src/lua/lauxlib.js'
import {
  LUA_VERSION_NUM,
  LUAI_MAXSTACK,
  LUAL_NUMSIZES,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushnil,
  lua_register,
} from '../../src/lua/lua.js'
import { raised, run, state } from './bare.js'

t.test('luaL_error formats, and takes a message without arguments as it is', async (t) => {
  const L = state(t)
  t.equal(
    raised(L, (L) => luaL_error(L, "no '%s' in %d of 100%%", 'x', 7)),
    "no 'x' in 7 of 100%",
  )
  t.equal(
    raised(L, (L) => luaL_error(L, 'at 50% of %s, 100%%')),
    'at 50% of %s, 100%',
  )
  lua_register(L, 'fail', (L) => luaL_error(L, 'code %I', 2n ** 62n))
  t.throws(() => run(L, '\nfail()'), { message: '[string "..."]:2: code 4611686018427387904' })
  t.match(
    raised(L, (L) => luaL_error(L, '%s and %s', 'one')),
    /^luaL_error: %s has no argument/,
  )
})

t.test('luaL_argexpected names the type that it got', async (t) => {
  const L = state(t)
  lua_register(L, 'f', (L) => {
    luaL_argexpected(L, false, 1, 'number or string')
    return 0
  })
  t.throws(() => run(L, 'f({})'), { message: /bad argument #1 to 'f' \(number or string expected, got table\)$/ })
  t.throws(() => run(L, 'f(setmetatable({}, {__name = "mine"}))'), { message: /expected, got mine\)$/ })
  luaL_argexpected(L, true, 1, 'anything')
  run(L, 'return setmetatable({}, {__name = "mine"})')
  t.equal(luaL_typename(L, -1), 'table')
  t.equal(luaL_typename(L, 9), 'no value')
})

t.test('luaL_checkstack makes room or raises', async (t) => {
  const L = state(t)
  t.equal(
    raised(L, (L) => {
      luaL_checkstack(L, 150, 'many')
      for (let i = 0; i < 150; i++) lua_pushinteger(L, i)
      return 0
    }),
    null,
  )
  t.equal(
    raised(L, (L) => {
      luaL_checkstack(L, LUAI_MAXSTACK + 1, 'too many')
      return 0
    }),
    'stack overflow (too many)',
  )
  t.equal(
    raised(L, (L) => {
      luaL_checkstack(L, LUAI_MAXSTACK + 1, null)
      return 0
    }),
    'stack overflow',
  )
})

t.test('luaL_checkversion', async (t) => {
  const L = state(t)
  luaL_checkversion(L)
  t.equal(
    raised(L, (L) => {
      luaL_checkversion_(L, LUA_VERSION_NUM, 4)
      return 0
    }),
    'core and library have incompatible numeric types',
  )
  t.equal(
    raised(L, (L) => {
      luaL_checkversion_(L, 503, LUAL_NUMSIZES)
      return 0
    }),
    'version mismatch: app. needs 503, Lua core provides 504',
  )
  lua_assert(true)
  t.throws(() => lua_assert(false), { message: 'a lua_assert does not hold' })
  lua_pushnil(L)
  lua_pushboolean(L, true)
})
