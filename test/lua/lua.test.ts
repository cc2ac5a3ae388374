// The contract of the façade, on the engine of this process.
// variants: default fengari
import t from 'tap'
import { luaL_loadbufferx, luaL_loadstring, luaL_newstate, luaL_requiref } from '../../src/lua/lauxlib.js'
import {
  LUA_ERRMEM,
  LUA_ERRRUN,
  LUA_ERRSYNTAX,
  LUA_MASKCOUNT,
  LUA_MULTRET,
  LUA_OK,
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  LUA_TNUMBER,
  LuaError,
  lua_call,
  lua_close,
  lua_closethread,
  lua_error,
  lua_getextraspace,
  lua_getfield,
  lua_getglobal,
  lua_gettop,
  lua_insert,
  lua_isinteger,
  lua_newtable,
  lua_newthread,
  lua_newuserdatauv,
  lua_next,
  lua_pcall,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_rawgetp,
  lua_rawsetp,
  lua_recover,
  lua_remove,
  lua_replace,
  lua_resume,
  type lua_State,
  lua_setfield,
  lua_setglobal,
  lua_sethook,
  lua_settop,
  lua_tointeger,
  lua_tointegerx,
  lua_tolstring,
  lua_tostring,
  lua_touserdata,
  lua_type,
  lua_typename,
  lua_upvalueindex,
} from '../../src/lua/lua.js'
import { luaopen_base, luaopen_coroutine, luaopen_string } from '../../src/lua/lualib.js'
import { collects, wide } from '../engine.js'

function state(t: { teardown(f: () => void): unknown }): lua_State {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['coroutine', luaopen_coroutine],
    ['string', luaopen_string],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  return L
}

/** Runs a chunk; its results as strings, or the status and the message. */
function run(L: lua_State, chunk: string): (string | number | null)[] {
  const top = lua_gettop(L)
  const status = luaL_loadbufferx(L, Buffer.from(chunk), '=chunk', null) || lua_pcall(L, 0, LUA_MULTRET, 0)
  const results = []
  for (let i = top + 1; i <= lua_gettop(L); i++) results.push(lua_tostring(L, i))
  lua_settop(L, top)
  return status === LUA_OK ? results : [status, ...results]
}

t.test('strings cross byte for byte, and are copied', async (t) => {
  const L = state(t)
  const bytes = Uint8Array.from([0, 255, 10, 0, 128])
  lua_pushlstring(L, bytes)
  bytes.fill(1)
  t.strictSame([...(lua_tolstring(L, -1) as Uint8Array)], [0, 255, 10, 0, 128])
  lua_pushstring(L, 'é\0x')
  t.equal(lua_tostring(L, -1), 'é\0x')
  lua_pushnil(L)
  t.equal(lua_tolstring(L, -1), null)
  t.equal(lua_tostring(L, -1), null)
})

t.test('strings of any length cross whole, and alone', async (t) => {
  const L = state(t)
  const all = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) % 251)
  for (const length of [0, 1, 2, 31, 32, 33, 500, 1023, 1024, 1025, 4096, 5000]) {
    const bytes = all.subarray(length, 2 * length)
    lua_pushlstring(L, bytes.slice())
    t.strictSame(Buffer.from(lua_tolstring(L, -1) ?? []), Buffer.from(bytes), `${length}`)
    lua_settop(L, 0)
  }
})

t.test('integers are exact to 2^53; beyond they are too, or are refused', async (t) => {
  const L = state(t)
  for (const n of [
    0,
    -1,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 40,
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
  ]) {
    lua_pushinteger(L, n)
    t.equal(lua_tointegerx(L, -1), n)
    t.ok(lua_isinteger(L, -1))
  }
  lua_pushinteger(L, 7n)
  t.equal(lua_tointeger(L, -1), 7)
  lua_pushcfunction(L, (L) => {
    lua_pushinteger(L, 2n ** 60n)
    return 1
  })
  if (wide) {
    t.equal(lua_pcall(L, 0, 1, 0), LUA_OK)
    t.equal(lua_tointegerx(L, -1), 2n ** 60n)
    t.equal(lua_tostring(L, -1), '1152921504606846976')
  } else {
    t.equal(lua_pcall(L, 0, 1, 0), LUA_ERRRUN)
    t.match(lua_tostring(L, -1), /^integer overflow: 1152921504606846976/)
  }
})

t.test('what is no integer is null to lua_tointegerx and 0 to lua_tointeger', async (t) => {
  const L = state(t)
  for (const chunk of ['return "1.5"', 'return "x"', 'return "9223372036854775808"', 'return {}', 'return nil']) {
    luaL_loadstring(L, chunk)
    lua_call(L, 0, 1)
    t.equal(lua_tointegerx(L, -1), null)
    t.equal(lua_tointeger(L, -1), 0)
  }
})

t.test('a JavaScript error under a pcall becomes a Lua error with its message', async (t) => {
  const L = state(t)
  lua_pushcfunction(L, () => {
    throw new TypeError('from JavaScript')
  })
  lua_setglobal(L, 'f')
  t.strictSame(run(L, 'return pcall(f)'), [null, 'from JavaScript'])
  lua_getglobal(L, 'f')
  t.equal(lua_pcall(L, 0, 0, 0), LUA_ERRRUN)
  t.equal(lua_tostring(L, -1), 'from JavaScript')
  lua_pushcfunction(L, () => {
    throw Object.create(null)
  })
  t.equal(lua_pcall(L, 0, 0, 0), LUA_ERRRUN)
  t.equal(lua_tostring(L, -1), 'a JavaScript value without a description')
})

t.test('a nil error object becomes <no error object>, in C and in Lua', async (t) => {
  const L = state(t)
  t.strictSame(run(L, 'error()'), [LUA_ERRRUN, '<no error object>'])
  t.strictSame(run(L, 'return select(2, pcall(error))'), ['<no error object>'])
  lua_pushcfunction(L, (L) => {
    lua_pushnil(L)
    return lua_error(L)
  })
  t.equal(lua_pcall(L, 0, 0, 0), LUA_ERRRUN)
  t.equal(lua_tostring(L, -1), '<no error object>')
})

t.test('an error outside every pcall is a LuaError, and lua_recover makes the state usable again', async (t) => {
  const L = state(t)
  lua_pushstring(L, 'kept')
  luaL_loadbufferx(L, Buffer.from('local function f() error("deep") end f()'), '=chunk', null)
  t.throws(() => lua_call(L, 0, 0), new LuaError('chunk:1: deep'))
  lua_recover(L, 1)
  t.equal(lua_gettop(L), 1)
  // C Lua makes room for the message where the calls began.
  if (!collects) t.equal(lua_tostring(L, 1), 'kept')
  t.strictSame(run(L, 'return 1 + 1'), ['2'])
  t.strictSame(run(L, 'error("again", 0)'), [LUA_ERRRUN, 'again'])
})

t.test('a syntax error has its line', async (t) => {
  const L = state(t)
  t.match(run(L, '\nx = = 1'), [LUA_ERRSYNTAX, /^chunk:2: unexpected symbol near '='/])
})

t.test('the name of a chunk is never cut', async (t) => {
  const L = state(t)
  const path = `/${'long/'.repeat(100)}x.lua`
  luaL_loadbufferx(L, Buffer.from('error("x")'), `@${path}`, null)
  lua_pcall(L, 0, 0, 0)
  t.equal(lua_tostring(L, -1), `${path}:1: x`)
})

t.test('extra space is one cell for a state and its coroutines', async (t) => {
  const L = state(t)
  const other = state(t)
  lua_getextraspace(L).value = 'mine'
  lua_pushcfunction(L, (L1) => {
    lua_pushstring(L1, lua_getextraspace(L1).value as string)
    return 1
  })
  lua_setglobal(L, 'f')
  t.strictSame(run(L, 'return coroutine.wrap(f)()'), ['mine'])
  t.equal(lua_getextraspace(other).value, undefined)
})

t.test('a count hook that raises at every instruction ends any loop of pcalls, in coroutines too', async (t) => {
  const L = state(t)
  const raise = (L1: lua_State) => {
    lua_sethook(L1, raise, LUA_MASKCOUNT, 1)
    lua_sethook(L, raise, LUA_MASKCOUNT, 1)
    lua_pushstring(L1, 'hooked')
    lua_error(L1)
  }
  const spin = 'while true do pcall(function() while true do end end) end'
  for (const chunk of [spin, `return coroutine.wrap(function() ${spin} end)()`]) {
    lua_sethook(L, raise, LUA_MASKCOUNT, 1000)
    t.match(run(L, chunk), [LUA_ERRRUN, /hooked$/])
    lua_sethook(L, null, 0, 0)
  }
})

t.test('userdata are cells, light userdata any value, both equal only to themselves', async (t) => {
  const L = state(t)
  const block = lua_newuserdatauv(L, 1)
  block.value = 'private'
  t.equal(lua_touserdata(L, -1), block)
  const key = {}
  lua_pushlightuserdata(L, key)
  t.equal(lua_touserdata(L, -1), key)
  lua_pushnil(L)
  t.equal(lua_touserdata(L, -1), null)
  lua_pop(L, 1)
  lua_pushinteger(L, 5)
  lua_rawsetp(L, LUA_REGISTRYINDEX, key)
  t.equal(lua_rawgetp(L, LUA_REGISTRYINDEX, key), LUA_TNUMBER)
  t.equal(lua_rawgetp(L, LUA_REGISTRYINDEX, {}), LUA_TNIL)
})

t.test('closures have upvalues', async (t) => {
  const L = state(t)
  lua_pushstring(L, 'up')
  lua_pushcclosure(
    L,
    (L) => {
      lua_pushvalue(L, lua_upvalueindex(1))
      return 1
    },
    1,
  )
  lua_call(L, 0, 1)
  t.equal(lua_tostring(L, -1), 'up')
})

t.test('the stack macros do as in C', async (t) => {
  const L = state(t)
  for (const s of ['a', 'b', 'c']) lua_pushstring(L, s)
  lua_insert(L, 1)
  t.strictSame(
    [1, 2, 3].map((i) => lua_tostring(L, i)),
    ['c', 'a', 'b'],
  )
  lua_remove(L, 2)
  lua_pushstring(L, 'z')
  lua_replace(L, 1)
  t.strictSame(
    [1, 2].map((i) => lua_tostring(L, i)),
    ['z', 'b'],
  )
  t.equal(lua_gettop(L), 2)
})

t.test('lua_next goes through a table', async (t) => {
  const L = state(t)
  lua_newtable(L)
  lua_pushboolean(L, true)
  lua_setfield(L, -2, 'k')
  lua_pushnil(L)
  t.ok(lua_next(L, -2))
  t.equal(lua_tostring(L, -2), 'k')
  lua_pop(L, 1)
  t.notOk(lua_next(L, -2))
})

t.test('lua_typename names each type', async (t) => {
  const L = state(t)
  lua_getfield(L, LUA_REGISTRYINDEX, 'nothing')
  t.equal(lua_typename(L, lua_type(L, -1)), 'nil')
  t.equal(lua_typename(L, lua_type(L, 5)), 'no value')
})

t.test('string.rep repeats with a separator, and makes nothing that takes seconds', async (t) => {
  const L = state(t)
  for (const [call, result] of [
    ['("ab"):rep(3)', 'ababab'],
    ['("ab"):rep(4, ",")', 'ab,ab,ab,ab'],
    ['("ab"):rep(1, ",")', 'ab'],
    ['("ab"):rep(0, ",")', ''],
    ['("ab"):rep(-1)', ''],
    ['(""):rep(1000)', ''],
    ['(""):rep(3, "-")', '--'],
    ['#("x"):rep(64 * 1024 * 1024)', '67108864'],
  ] as const) {
    t.strictSame(run(L, `return ${call}`), [result], call)
  }
  // C Lua knows its own message again.
  const status = collects ? LUA_ERRMEM : LUA_ERRRUN
  t.match(run(L, 'return ("x"):rep(64 * 1024 * 1024 + 1)'), [status, /^not enough memory$/])
  t.match(run(L, 'return ("xx"):rep(2147483647)'), [status, /^not enough memory$/])
})

t.test('lua_closethread leaves a thread as a new one, and an error object on its stack', async (t) => {
  const L = state(t)
  const co = lua_newthread(L)
  luaL_loadstring(co, 'local x = ... error("ended")')
  t.equal(lua_resume(co, L, 0), LUA_ERRRUN)
  t.equal(lua_closethread(co, L), LUA_ERRRUN)
  t.equal(lua_gettop(co), 1)
  t.match(lua_tostring(co, -1), /ended$/)
  t.equal(lua_closethread(co, L), LUA_OK)
  t.equal(lua_gettop(co), 0)
  luaL_loadstring(co, 'return "again"')
  t.equal(lua_resume(co, L, 0), LUA_OK)
  t.equal(lua_tostring(co, -1), 'again')
})

t.test('string.sub takes a part by its positions, of any length', async (t) => {
  const L = state(t)
  const long = 'local s = ("0123456789"):rep(100) '
  for (const [expression, result] of [
    ['("hello"):sub(2)', 'ello'],
    ['("hello"):sub(-3, -2)', 'll'],
    ['("hello"):sub(-100, 100)', 'hello'],
    ['("hello"):sub(0, 0) .. ("hello"):sub(4, 2) .. ("hello"):sub(9) .. (""):sub(1)', ''],
    ['("hello"):sub(2, nil)', 'ello'],
    ['string.sub(12345, "2", "3")', '23'],
    ['s:sub(1, 300):sub(-1) .. #s:sub(2, 999) .. s:sub(11, 510):sub(1, 3)', '9998012'],
    ['tostring(s:sub(1, 1000) == s) .. tostring(({[s] = 1})[s:sub(1)])', 'true1'],
  ] as const) {
    t.strictSame(run(L, `${long} return ${expression}`), [result], expression)
  }
  t.match(run(L, 'return ("x"):sub()'), [LUA_ERRRUN, /number expected, got no value/])
})
