import t from 'tap'
import {
  luaL_addchar,
  luaL_addgsub,
  luaL_addlstring,
  luaL_addsize,
  luaL_addstring,
  luaL_addvalue,
  luaL_Buffer,
  luaL_buffaddr,
  luaL_buffinit,
  luaL_buffinitsize,
  luaL_bufflen,
  luaL_buffsub,
  luaL_gsub,
  luaL_prepbuffer,
  luaL_prepbuffsize,
  luaL_pushresult,
  luaL_pushresultsize,
} from '../../src/lua/lauxlib.js'
import {
  LUAL_BUFFERSIZE,
  lua_gettop,
  lua_newtable,
  lua_pushinteger,
  lua_pushstring,
  lua_tolstring,
  lua_tostring,
} from '../../src/lua/lua.js'
import { raised, state, taken } from './bare.js'

t.test('a buffer takes bytes, text, characters and values', async (t) => {
  const L = state(t)
  const B = new luaL_Buffer()
  luaL_buffinit(L, B)
  luaL_addstring(B, 'é-')
  luaL_addlstring(B, Uint8Array.of(0, 255))
  luaL_addlstring(B, 'abc', 2)
  luaL_addchar(B, 'x')
  luaL_addchar(B, 0xfe)
  lua_pushinteger(L, 42)
  luaL_addvalue(B)
  t.equal(lua_gettop(L), 0)
  t.equal(luaL_bufflen(B), 11)
  t.same([...luaL_buffaddr(B)], [0xc3, 0xa9, 0x2d, 0, 255, 0x61, 0x62, 0x78, 0xfe, 0x34, 0x32])
  luaL_buffsub(B, 2)
  luaL_pushresult(B)
  t.equal(lua_gettop(L), 1)
  t.same([...(lua_tolstring(L, 1) as Uint8Array)], [0xc3, 0xa9, 0x2d, 0, 255, 0x61, 0x62, 0x78, 0xfe])
})

t.test('what luaL_prepbuffsize gives is filled, and then added', async (t) => {
  const L = state(t)
  const B = new luaL_Buffer()
  luaL_buffinit(L, B)
  luaL_addstring(B, '<')
  t.equal(luaL_prepbuffer(B).length, LUAL_BUFFERSIZE)
  luaL_prepbuffsize(B, 1000).fill(0x61)
  luaL_addsize(B, 999)
  t.ok(B.size >= 1000)
  luaL_prepbuffsize(B, 1)[0] = 0x3e
  luaL_pushresultsize(B, 1)
  t.same(taken(L), [`<${'a'.repeat(999)}>`])
})

t.test('a buffer grows, and two may be filled at a time', async (t) => {
  const L = state(t)
  const [A, B] = [new luaL_Buffer(), new luaL_Buffer()]
  luaL_buffinit(L, A)
  luaL_buffinitsize(L, B, 3).set(Buffer.from('one'))
  luaL_addsize(B, 3)
  for (let i = 0; i < 10_000; i++) {
    luaL_addstring(A, 'a')
    luaL_addchar(B, 'b')
  }
  luaL_pushresult(A)
  luaL_pushresult(B)
  t.ok(lua_tostring(L, 1) === 'a'.repeat(10_000))
  t.ok(lua_tostring(L, 2) === `one${'b'.repeat(10_000)}`)
  luaL_buffinit(L, A)
  luaL_pushresult(A)
  t.equal(lua_tostring(L, 3), '')
})

t.test('what C leaves to its caller is an error', async (t) => {
  const L = state(t)
  const B = new luaL_Buffer()
  t.throws(() => luaL_addstring(B, 'x'), /^luaL_add\w+: the buffer is not initialized/)
  t.throws(() => luaL_pushresult(B), /^luaL_pushresult: the buffer is not initialized/)
  luaL_buffinit(L, B)
  luaL_addstring(B, 'x')
  t.throws(() => luaL_addsize(B, B.size), /^luaL_addsize: the buffer has room for/)
  t.throws(() => luaL_addsize(B, 0.5), /^luaL_addsize: 0.5 is no size/)
  t.throws(() => luaL_buffsub(B, 2), /^luaL_buffsub: the buffer has 1 bytes, not 2/)
  t.throws(() => luaL_addchar(B, 256), /^luaL_addchar: 256 is no byte/)
  t.throws(() => luaL_addchar(B, 'é'), /^luaL_addchar: "é" is no byte/)
  t.throws(() => luaL_addlstring(B, 'abc', 4), /^luaL_addlstring: 4 of 3 bytes/)
  t.throws(() => luaL_prepbuffsize(B, -1), /^luaL_prepbuffsize: -1 is no size/)
  lua_newtable(L)
  t.throws(() => luaL_addvalue(B), /^luaL_addvalue: what is on the top is no string/)
  t.equal(
    raised(L, () => {
      luaL_prepbuffsize(B, 2 ** 31)
      return 0
    }),
    'buffer too large',
  )
  luaL_pushresult(B)
  t.equal(lua_tostring(L, -1), 'x')
  t.throws(() => luaL_addstring(B, 'x'), /the buffer is not initialized/)
})

t.test('luaL_gsub and luaL_addgsub replace text, not patterns', async (t) => {
  const L = state(t)
  t.equal(luaL_gsub(L, 'a.b.c', '.', '$&'), 'a$&b$&c')
  t.equal(luaL_gsub(L, 'abc', 'x', 'y'), 'abc')
  t.equal(lua_gettop(L), 2)
  const B = new luaL_Buffer()
  luaL_buffinit(L, B)
  luaL_addstring(B, '>')
  luaL_addgsub(B, '??', '?', 'ab')
  luaL_pushresult(B)
  t.same(taken(L), ['a$&b$&c', 'abc', '>abab'])
  t.throws(() => luaL_gsub(L, 'abc', '', 'y'), /^luaL_\w+: there is nothing to look for/)
  lua_pushstring(L, '')
})
