import t from 'tap'
import {
  LUA_TSTRING,
  lua_gettop,
  lua_newtable,
  lua_pushfstring,
  lua_tolstring,
  lua_topointer,
  lua_type,
} from '../../src/lua/lua.js'
import { lua_pointer2str } from '../../src/lua/pointers.js'
import { raised, state } from './bare.js'

t.test('lua_pushfstring pushes and returns what it has formatted', async (t) => {
  const L = state(t)
  t.equal(lua_pushfstring(L, 'plain'), 'plain')
  t.equal(lua_pushfstring(L, '100%%'), '100%')
  t.equal(lua_pushfstring(L, '%s and %s', 'a', null), 'a and (null)')
  t.equal(lua_pushfstring(L, '%d/%d', 7, -1), '7/-1')
  t.equal(lua_pushfstring(L, '%I %I', 2n ** 63n - 1n, -3), '9223372036854775807 -3')
  t.equal(lua_pushfstring(L, '%f', 2.9), '2')
  t.equal(lua_pushfstring(L, '%c%c', 0x41, 0x142), 'AB')
  t.equal(lua_pushfstring(L, '%U%U%U', 0x24, 0xe9, 0x1f600), '$é😀')
  t.equal(lua_gettop(L), 8)
  t.equal(lua_type(L, -1), LUA_TSTRING)
  lua_pushfstring(L, '<%s>', Uint8Array.of(0, 255))
  t.same([...(lua_tolstring(L, -1) as Uint8Array)], [0x3c, 0, 255, 0x3e])
  lua_pushfstring(L, '%U', 0x7fff_ffff)
  t.same([...(lua_tolstring(L, -1) as Uint8Array)], [0xfd, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf])
  lua_pushfstring(L, '%c', 0xff)
  t.same([...(lua_tolstring(L, -1) as Uint8Array)], [0xff])
  lua_newtable(L)
  const p = lua_topointer(L, -1)
  t.equal(lua_pushfstring(L, '%p %p', p, null), `${lua_pointer2str(p)} 0000000000000000`)
})

t.test('a conversion that there is not is raised; an argument that is missing is an error', async (t) => {
  const L = state(t)
  t.equal(
    raised(L, (L) => {
      lua_pushfstring(L, '%x', 1)
      return 1
    }),
    "invalid option '%x' to 'lua_pushfstring'",
  )
  t.throws(() => lua_pushfstring(L, '%s'), /^lua_pushfstring: %s has no argument/)
  t.throws(() => lua_pushfstring(L, 'x', 1), /^lua_pushfstring: the format has 0 conversions, for 1 arguments/)
  t.throws(() => lua_pushfstring(L, '%d', 1.5), /^lua_pushfstring: %d is 1.5, not an integer of 32 bits/)
  t.throws(() => lua_pushfstring(L, '%I', 2n ** 64n), /no integer of 64 bits/)
  t.throws(() => lua_pushfstring(L, '%s', 5), /5 has no bytes/)
  t.equal(lua_gettop(L), 0)
})
