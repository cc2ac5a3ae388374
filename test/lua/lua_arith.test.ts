import t from 'tap'
import {
  LUA_OPADD,
  LUA_OPBAND,
  LUA_OPBNOT,
  LUA_OPBOR,
  LUA_OPBXOR,
  LUA_OPDIV,
  LUA_OPEQ,
  LUA_OPIDIV,
  LUA_OPLE,
  LUA_OPLT,
  LUA_OPMOD,
  LUA_OPMUL,
  LUA_OPPOW,
  LUA_OPSHL,
  LUA_OPSHR,
  LUA_OPSUB,
  LUA_OPUNM,
  lua_arith,
  lua_compare,
  lua_gettop,
  lua_len,
  lua_pushinteger,
  lua_pushnil,
  lua_pushstring,
  lua_settop,
  lua_stringtonumber,
  lua_tointegerx,
  lua_tostring,
} from '../../src/lua/lua.js'
import { wide } from '../engine.js'
import { raised, run, state, taken } from './bare.js'

t.test('lua_arith takes its operands and pushes the result', async (t) => {
  const L = state(t)
  for (const [op, a, b, result] of [
    [LUA_OPADD, 7, 3, 10],
    [LUA_OPSUB, 7, 3, 4],
    [LUA_OPMUL, 7, 3, 21],
    [LUA_OPMOD, -7, 3, 2],
    [LUA_OPDIV, -7, 2, -4],
    [LUA_OPIDIV, 7, 2, 3],
    [LUA_OPBAND, 6, 3, 2],
    [LUA_OPBOR, 6, 3, 7],
    [LUA_OPBXOR, 6, 3, 5],
    [LUA_OPSHL, 1, 4, 16],
    [LUA_OPSHR, 16, 3, 2],
  ] as const) {
    lua_pushinteger(L, 99)
    lua_pushinteger(L, a)
    lua_pushinteger(L, b)
    lua_arith(L, op)
    t.equal(lua_gettop(L), 2)
    t.equal(lua_tointegerx(L, -1), result, `${a} op ${op} ${b}`)
    t.equal(lua_tointegerx(L, 1), 99)
    lua_settop(L, 0)
  }
  for (const [op, result] of [
    [LUA_OPUNM, -5],
    [LUA_OPBNOT, -6],
  ] as const) {
    lua_pushinteger(L, 5)
    lua_arith(L, op)
    t.same(taken(L), [String(result)])
  }
})

t.test('lua_arith calls metamethods, and raises as the operator does', async (t) => {
  const L = state(t)
  run(
    L,
    'local m = {__add = function(a, b) return "added" end, __idiv = function() return "divided" end}\n\
    return setmetatable({}, m)',
  )
  lua_pushinteger(L, 1)
  lua_arith(L, LUA_OPADD)
  t.same(taken(L), ['added'])
  run(L, 'return setmetatable({}, {__idiv = function() return "divided" end})')
  lua_pushinteger(L, 1)
  lua_arith(L, LUA_OPDIV)
  t.same(taken(L), ['divided'])
  const divide = (L: Parameters<typeof lua_arith>[0]) => {
    lua_pushinteger(L, 1)
    lua_pushinteger(L, 0)
    lua_arith(L, LUA_OPDIV)
    return 1
  }
  t.equal(raised(L, divide), 'attempt to divide by zero')
  t.match(
    raised(L, (L) => {
      lua_pushnil(L)
      lua_arith(L, LUA_OPUNM)
      return 1
    }),
    /^attempt to perform arithmetic on a nil value/,
  )
})

t.test('what lua_arith needs is there', async (t) => {
  const L = state(t)
  lua_pushinteger(L, 1)
  t.throws(() => lua_arith(L, LUA_OPADD), /^lua_arith: it takes 2 from the stack: 1 value is there/)
  t.throws(() => lua_arith(L, 14), /^lua_arith: 14 is no operation/)
  t.throws(() => lua_arith(L, LUA_OPPOW), /^lua_arith: the kernel's Lua has no powers/)
  t.same(taken(L), ['1'])
  t.throws(() => lua_arith(L, LUA_OPUNM), /^lua_arith: it takes 1 from the stack/)
})

t.test('lua_compare', async (t) => {
  const L = state(t)
  run(
    L,
    'local m = {__eq = function() return true end, __lt = function() return true end}\n\
    return 1, 2, "a", setmetatable({}, m), setmetatable({}, m)',
  )
  t.equal(lua_compare(L, 1, 2, LUA_OPLT), true)
  t.equal(lua_compare(L, 2, 1, LUA_OPLE), false)
  t.equal(lua_compare(L, 1, 1, LUA_OPLE), true)
  t.equal(lua_compare(L, 1, -5, LUA_OPEQ), true)
  t.equal(lua_compare(L, 4, 5, LUA_OPEQ), true)
  t.equal(lua_compare(L, 4, 5, LUA_OPLT), true)
  t.equal(lua_compare(L, 1, 9, LUA_OPEQ), false)
  t.equal(lua_compare(L, 9, 9, LUA_OPEQ), false)
  t.equal(lua_gettop(L), 5)
  t.throws(() => lua_compare(L, 1, 2, 3), /^lua_compare: 3 is no comparison/)
  t.throws(() => lua_compare(L, 0, 2, LUA_OPEQ), /^lua_compare: 0 is no index/)
  t.match(
    raised(L, (L) => {
      lua_pushinteger(L, 1)
      lua_pushstring(L, 'a')
      return Number(lua_compare(L, 1, 2, LUA_OPLT))
    }),
    /^attempt to compare number with string/,
  )
})

t.test('lua_len', async (t) => {
  const L = state(t)
  run(L, 'return "abc", {1, 2}, setmetatable({}, {__len = function() return "long" end})')
  lua_len(L, 1)
  lua_len(L, 2)
  lua_len(L, -3)
  t.same(taken(L).slice(3), ['3', '2', 'long'])
  t.throws(() => lua_len(L, 1), /^lua_len: 1 is no index/)
  t.match(
    raised(L, (L) => {
      lua_pushnil(L)
      lua_len(L, 1)
      return 0
    }),
    /^attempt to get length of a nil value/,
  )
})

t.test('lua_stringtonumber reads integers alone', async (t) => {
  const L = state(t)
  t.equal(lua_stringtonumber(L, ' 42 '), 5)
  t.equal(lua_stringtonumber(L, '0x10'), 5)
  t.equal(lua_stringtonumber(L, '9223372036854775807'), 20)
  t.equal(lua_tostring(L, -1), wide ? '9223372036854775807' : lua_tostring(L, -1))
  t.same(taken(L).slice(0, 2), ['42', '16'])
  for (const s of ['', 'x', '1.5', '1e3', '9223372036854775808', '1 2']) t.equal(lua_stringtonumber(L, s), 0, s)
  t.equal(lua_gettop(L), 0)
})
