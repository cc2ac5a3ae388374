import t from 'tap'
import {
  luaL_argcheck,
  luaL_Buffer,
  luaL_buffinitsize,
  luaL_callmeta,
  luaL_checkany,
  luaL_checkinteger,
  luaL_checklstring,
  luaL_checkstring,
  luaL_checktype,
  luaL_checkudata,
  luaL_error,
  luaL_getsubtable,
  luaL_loadbufferx,
  luaL_newlib,
  luaL_newmetatable,
  luaL_newstate,
  luaL_optinteger,
  luaL_optstring,
  luaL_pushresultsize,
  luaL_requiref,
  luaL_setfuncs,
  luaL_setmetatable,
  luaL_testudata,
  luaL_traceback,
} from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TNIL,
  LUA_TTABLE,
  type lua_CFunction,
  lua_close,
  lua_closethread,
  lua_error,
  lua_getfield,
  lua_getglobal,
  lua_gettop,
  lua_newtable,
  lua_newthread,
  lua_newuserdatauv,
  lua_pcall,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushstring,
  lua_resume,
  type lua_State,
  lua_setfield,
  lua_setglobal,
  lua_setmetatable,
  lua_settop,
  lua_tostring,
} from '../../src/lua/lua.js'
import { luaopen_base } from '../../src/lua/lualib.js'
import { processorTime } from '../processor.js'

function state(t: { teardown(f: () => void): unknown }): lua_State {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  luaL_requiref(L, '_G', luaopen_base, true)
  lua_pop(L, 1)
  return L
}

/** What calling `f` in Lua gives: the first result, or the error's message. */
function call(L: lua_State, f: lua_CFunction, args: string): string | null {
  lua_pushcfunction(L, f)
  lua_setglobal(L, 'f')
  luaL_loadbufferx(L, Buffer.from(`return f(${args})`), '=chunk', null)
  lua_pcall(L, 0, 1, 0)
  const result = lua_tostring(L, -1)
  lua_settop(L, 0)
  return result
}

const returns =
  (f: (L: lua_State) => unknown): lua_CFunction =>
  (L) => {
    lua_pushstring(L, String(f(L)))
    return 1
  }

t.test('the checks accept what C accepts and say what C says', async (t) => {
  const L = state(t)
  for (const [f, args, result] of [
    [(L) => luaL_checkinteger(L, 1), '"0x10"', '16'],
    [(L) => luaL_checkinteger(L, 1), '"3.0"', "chunk:1: bad argument #1 to 'f' (number expected, got string)"],
    [(L) => luaL_checkinteger(L, 1), '"1.5"', "chunk:1: bad argument #1 to 'f' (number expected, got string)"],
    [(L) => luaL_checkinteger(L, 1), 'tonumber("9007199254740991")', '9007199254740991'],
    [(L) => luaL_checkinteger(L, 1), '{}', "chunk:1: bad argument #1 to 'f' (number expected, got table)"],
    [(L) => luaL_checkinteger(L, 2), '1', "chunk:1: bad argument #2 to 'f' (number expected, got no value)"],
    [(L) => luaL_optinteger(L, 1, 9), 'nil', '9'],
    [(L) => luaL_optinteger(L, 1, 9), '2', '2'],
    [(L) => luaL_checkstring(L, 1), '12', '12'],
    [(L) => luaL_checkstring(L, 1), 'true', "chunk:1: bad argument #1 to 'f' (string expected, got boolean)"],
    [(L) => luaL_checklstring(L, 1).length, '"a\\0b"', '3'],
    [(L) => luaL_optstring(L, 1, 'def'), '', 'def'],
    [(L) => luaL_checktype(L, 1, LUA_TTABLE), '1', "chunk:1: bad argument #1 to 'f' (table expected, got number)"],
    [(L) => luaL_checkany(L, 1), '', "chunk:1: bad argument #1 to 'f' (value expected)"],
    [(L) => luaL_argcheck(L, false, 1, 'no good'), '1', "chunk:1: bad argument #1 to 'f' (no good)"],
    [(L) => luaL_argcheck(L, true, 1, 'no good'), '1', 'undefined'],
    [(L) => luaL_checkudata(L, 1, 'T'), '{}', "chunk:1: bad argument #1 to 'f' (T expected, got table)"],
    [(L) => luaL_error(L, 'mine'), '', 'chunk:1: mine'],
  ] as [(L: lua_State) => unknown, string, string][]) {
    const got = call(L, returns(f), args)
    t.ok(got?.endsWith(result), `${args}: ${got}`)
  }
})

t.test('a metatable has one name in a state', async (t) => {
  const L = state(t)
  t.ok(luaL_newmetatable(L, 'T'))
  t.notOk(luaL_newmetatable(L, 'T'))
  const block = lua_newuserdatauv(L, 0)
  t.equal(luaL_testudata(L, -1, 'T'), null)
  luaL_setmetatable(L, 'T')
  t.equal(luaL_testudata(L, -1, 'T'), block)
  t.equal(luaL_checkudata(L, -1, 'T'), block)
  t.equal(luaL_testudata(L, -1, 'U'), null)
})

t.test('functions are put into tables with shared upvalues or as placeholders', async (t) => {
  const L = state(t)
  luaL_newlib(L, [
    { name: 'one', func: returns(() => 'one') },
    { name: 'later', func: null },
  ])
  lua_getfield(L, -1, 'one')
  t.equal(lua_pcall(L, 0, 1, 0), LUA_OK)
  t.equal(lua_tostring(L, -1), 'one')
  lua_settop(L, 0)
  lua_newtable(L)
  lua_pushinteger(L, 1)
  luaL_setfuncs(L, [{ name: 'f', func: returns(() => '') }], 1)
  t.equal(lua_gettop(L), 1)
})

t.test('luaL_getsubtable makes a table once', async (t) => {
  const L = state(t)
  lua_newtable(L)
  t.notOk(luaL_getsubtable(L, 1, 'sub'))
  lua_pop(L, 1)
  t.ok(luaL_getsubtable(L, 1, 'sub'))
})

t.test('luaL_requiref opens a module once and sets the global where asked', async (t) => {
  const L = state(t)
  let opened = 0
  const open: lua_CFunction = (L) => {
    opened++
    lua_newtable(L)
    return 1
  }
  luaL_requiref(L, 'm', open, false)
  t.equal(lua_getglobal(L, 'm'), LUA_TNIL)
  luaL_requiref(L, 'm', open, true)
  t.equal(lua_getglobal(L, 'm'), LUA_TTABLE)
  t.equal(opened, 1)
})

t.test('luaL_callmeta calls a metamethod if there is one', async (t) => {
  const L = state(t)
  lua_newtable(L)
  t.notOk(luaL_callmeta(L, 1, '__x'))
  lua_newtable(L)
  lua_pushcfunction(
    L,
    returns(() => 'meta'),
  )
  lua_setfield(L, -2, '__x')
  lua_setmetatable(L, 1)
  t.ok(luaL_callmeta(L, 1, '__x'))
  t.equal(lua_tostring(L, -1), 'meta')
})

t.test('a traceback starts with the message', async (t) => {
  const L = state(t)
  lua_pushcfunction(L, (L) => {
    luaL_traceback(L, L, 'msg', 0)
    return lua_error(L)
  })
  lua_pcall(L, 0, 0, 0)
  t.match(lua_tostring(L, -1), /^msg\nstack traceback:\n/)
})

t.test('a traceback of a deep stack shows both of its ends, and takes no time', async (t) => {
  const L = state(t)
  const co = lua_newthread(L)
  const lines = (chunk: string) => {
    luaL_loadbufferx(co, Buffer.from(chunk), '=chunk', null)
    lua_resume(co, L, 0)
    luaL_traceback(L, co, null, 0)
    const text = lua_tostring(L, -1) ?? ''
    lua_closethread(co, L)
    return text.split('\n\t')
  }
  const deep = (n: number) => `local function f(n) if n == 0 then error("deep") end return f(n - 1), 1 end f(${n})`
  t.equal(lines(deep(19)).length, 1 + 22, 'error, 20 calls of f, the chunk')
  // As C counts: two levels are left out here.
  t.strictSame(lines(deep(20)).slice(9, 14), [
    "chunk:1: in upvalue 'f'",
    "chunk:1: in upvalue 'f'",
    '...\t(skipping 1 levels)',
    "chunk:1: in upvalue 'f'",
    "chunk:1: in upvalue 'f'",
  ])
  t.equal(lines(deep(5000)).length, 1 + 22)
  let overflow: string[] = []
  const work = await processorTime(() => {
    overflow = lines('local function f() return 1 + f() end return f()')
  })
  t.ok(work < 10_000, `${work} ms`)
  t.match(overflow[11], /^\.\.\.\t\(skipping \d{4,} levels\)$/)
})

t.test('a buffer becomes a string, also one that is filled while another is', async (t) => {
  const L = state(t)
  const outer = new luaL_Buffer()
  luaL_buffinitsize(L, outer, 3).set([1, 2, 3])
  const inner = new luaL_Buffer()
  luaL_buffinitsize(L, inner, 2).set([9, 9])
  luaL_pushresultsize(inner, 1)
  luaL_pushresultsize(outer, 3)
  t.strictSame([...luaL_checklstring(L, -2)], [9])
  t.strictSame([...luaL_checklstring(L, -1)], [1, 2, 3])
})
