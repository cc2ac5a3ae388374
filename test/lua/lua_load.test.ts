import t from 'tap'
import { luaL_error, luaL_loadstring } from '../../src/lua/lauxlib.js'
import {
  LUA_ERRRUN,
  LUA_ERRSYNTAX,
  LUA_OK,
  lua_call,
  lua_dump,
  lua_error,
  lua_gettop,
  lua_load,
  lua_pcall,
  lua_pushboolean,
  lua_pushcfunction,
  lua_pushstring,
  type lua_Reader,
  lua_settop,
  lua_toboolean,
  lua_tostring,
} from '../../src/lua/lua.js'
import { run, state, taken } from './bare.js'

/** A reader of these pieces. */
function pieces(...left: (string | Uint8Array)[]): lua_Reader {
  return () => left.shift() ?? null
}

t.test('lua_load asks for pieces until there is none, and runs nothing', async (t) => {
  const L = state(t)
  lua_pushstring(L, 'below')
  t.equal(lua_load(L, pieces('ret', Buffer.from('urn 4'), '2, ...'), '=chunk', null), LUA_OK)
  t.equal(lua_gettop(L), 2)
  lua_pushstring(L, 'x')
  lua_call(L, 1, 2)
  t.same(taken(L), ['below', '42', 'x'])
  // What comes after an empty piece is not asked for.
  t.equal(lua_load(L, pieces('return 1', '', '+1'), '=chunk', 't'), LUA_OK)
  lua_call(L, 0, 1)
  t.same(taken(L), ['1'])
  t.equal(
    lua_load(L, () => null, '=chunk', null),
    LUA_OK,
  )
  lua_call(L, 0, 0)
  t.equal(lua_gettop(L), 0)
})

t.test("a chunk is of the kernel's dialect, and finds the globals", async (t) => {
  const L = state(t)
  run(L, 'answer = 42')
  t.equal(lua_load(L, pieces('return 7/2, answer'), '=chunk', null), LUA_OK)
  lua_call(L, 0, 2)
  t.same(taken(L), ['3', '42'])
})

t.test('what is wrong with a chunk is its error', async (t) => {
  const L = state(t)
  t.equal(lua_load(L, pieces('x ='), '=chunk', null), LUA_ERRSYNTAX)
  t.same(taken(L), ['chunk:1: unexpected symbol near <eof>'])
  t.equal(lua_load(L, pieces('x ='), null, null), LUA_ERRSYNTAX)
  t.match(taken(L), [/:1: unexpected symbol near <eof>$/])
  t.equal(lua_load(L, pieces('return 1'), '=chunk', 'b'), LUA_ERRSYNTAX)
  t.same(taken(L), ["attempt to load a text chunk (mode is 'b')"])
  t.equal(lua_load(L, pieces('\x1bLua'), '=chunk', 't'), LUA_ERRSYNTAX)
  t.same(taken(L), ["attempt to load a binary chunk (mode is 't')"])
  t.equal(lua_load(L, pieces('\x1bLua'), '=chunk', null), LUA_ERRSYNTAX)
  t.match(taken(L), [/^chunk: .*truncated/])
})

t.test("a reader's error is the load's, whatever it is", async (t) => {
  const L = state(t)
  lua_pushstring(L, 'below')
  t.equal(
    lua_load(L, (L) => luaL_error(L, 'no more'), '=chunk', null),
    LUA_ERRRUN,
  )
  t.same(taken(L), ['below', 'no more'])
  const raise: lua_Reader = (L) => {
    lua_pushboolean(L, true)
    return lua_error(L)
  }
  t.equal(lua_load(L, raise, '=chunk', null), LUA_ERRRUN)
  t.equal(lua_toboolean(L, -1), true)
  lua_settop(L, 0)
  const fault: lua_Reader = () => {
    throw new Error('a fault')
  }
  t.equal(lua_load(L, fault, '=chunk', null), LUA_ERRRUN)
  t.same(taken(L), ['a fault'])
  t.equal(lua_load(L, (() => 5) as never, '=chunk', null), LUA_ERRRUN)
  t.match(taken(L), [/5 has no bytes/])
  const pushes: lua_Reader = (L) => {
    lua_pushstring(L, 'left')
    return null
  }
  t.equal(lua_load(L, pushes, '=chunk', null), LUA_ERRRUN)
  t.match(taken(L), [/the reader left 1 values where there were 0/])
  t.throws(() => lua_load(L, null as never, '=chunk', null), /^lua_load: null is no function/)
})

t.test('a reader runs in the function that calls lua_load', async (t) => {
  const L = state(t)
  lua_pushcfunction(L, (L) => {
    let given = false
    const reader = () => {
      if (given || lua_gettop(L) !== 1) return null
      given = true
      return lua_tostring(L, 1)
    }
    lua_load(L, reader, '=chunk', null)
    return 1
  })
  lua_pushstring(L, 'return "of the argument"')
  lua_call(L, 1, 1)
  lua_call(L, 0, 1)
  t.same(taken(L), ['of the argument'])
})

t.test('lua_dump gives a chunk that can be loaded again', async (t) => {
  const L = state(t)
  luaL_loadstring(L, 'local a = ... return a .. "!"')
  const written: Uint8Array[] = []
  const status = lua_dump(
    L,
    (_L, p) => {
      written.push(p)
      return 0
    },
    false,
  )
  t.equal(status, 0)
  t.equal(lua_gettop(L), 1)
  lua_settop(L, 0)
  t.equal(lua_load(L, pieces(...written), '=binary', 'b'), LUA_OK)
  lua_pushstring(L, 'hello')
  lua_call(L, 1, 1)
  t.same(taken(L), ['hello!'])
})

t.test('lua_dump strips, stops where its writer says so, and refuses functions of C', async (t) => {
  const L = state(t)
  luaL_loadstring(L, 'error("here")')
  const chunks = [false, true].map((strip) => {
    const written: Uint8Array[] = []
    lua_dump(L, (_L, p) => Number(written.push(p)) * 0, strip)
    return Buffer.concat(written)
  })
  t.ok((chunks[1] as Buffer).length < (chunks[0] as Buffer).length)
  t.equal(
    lua_dump(L, () => 77, false),
    77,
  )
  lua_settop(L, 0)
  t.equal(lua_load(L, pieces(chunks[1] as Buffer), '=stripped', null), LUA_OK)
  t.equal(lua_pcall(L, 0, 0, 0), LUA_ERRRUN)
  t.match(taken(L), [/^\?:(-1|\?): here$|^here$/])
  lua_pushcfunction(L, () => 0)
  let written = 0
  t.equal(
    lua_dump(L, () => ++written, false),
    1,
  )
  t.equal(written, 0)
})
