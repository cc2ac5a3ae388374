import t from 'tap'
import {
  LUA_HOOKCALL,
  LUA_HOOKLINE,
  LUA_HOOKRET,
  LUA_MASKCALL,
  LUA_MASKCOUNT,
  LUA_MASKLINE,
  LUA_MASKRET,
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TTABLE,
  LUA_YIELD,
  lua_call,
  lua_Debug,
  lua_getglobal,
  lua_gethook,
  lua_gethookcount,
  lua_gethookmask,
  lua_getinfo,
  lua_getlocal,
  lua_getstack,
  lua_gettop,
  type lua_Hook,
  lua_newthread,
  lua_next,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushnil,
  lua_register,
  lua_resume,
  type lua_State,
  lua_sethook,
  lua_setlocal,
  lua_settop,
  lua_tointeger,
  lua_tostring,
  lua_type,
} from '../../src/lua/lua.js'
import { run, state, taken } from './bare.js'

t.test('lua_getinfo fills in what its letters ask for', async (t) => {
  const L = state(t)
  let seen: lua_Debug | null = null
  lua_register(L, 'look', (L) => {
    seen = lua_getstack(L, 1)
    t.equal(lua_getinfo(L, 'nSltu', seen as lua_Debug), 1)
    return 0
  })
  run(L, 'local up = 1\nlocal function f(a, b, ...)\n  look(up)\n  return 1\nend\nf()')
  t.match(seen, {
    what: 'Lua',
    source: 'local up = 1\nlocal function f(a, b, ...)\n  look(up)\n  return 1\nend\nf()',
    srclen: 70,
    currentline: 3,
    linedefined: 2,
    lastlinedefined: 5,
    nups: 2,
    nparams: 2,
    isvararg: true,
    istailcall: false,
    name: 'f',
    namewhat: 'local',
  })
})

t.test('after > it is about the function on the top, which is popped', async (t) => {
  const L = state(t)
  const ar = new lua_Debug()
  t.equal(ar.currentline, -1)
  run(L, 'return 1, function(a) return a end')
  lua_getinfo(L, '>Su', ar)
  t.equal(lua_gettop(L), 1)
  t.match(ar, { what: 'Lua', linedefined: 1, nparams: 1, isvararg: false })
  lua_pushcfunction(L, () => 0)
  lua_getinfo(L, '>Sfu', ar)
  t.equal(lua_type(L, -1), LUA_TFUNCTION)
  t.match(ar, { what: 'C', short_src: '[C]', linedefined: -1, nups: ar.nups, isvararg: true })
  lua_settop(L, 0)
  run(L, 'return function()\n  local a = 1\n\n  return a\nend')
  lua_getinfo(L, '>L', ar)
  t.equal(lua_type(L, -1), LUA_TTABLE)
  const lines: number[] = []
  lua_pushnil(L)
  while (lua_next(L, 1)) {
    lines.push(lua_tointeger(L, -2))
    lua_pop(L, 1)
  }
  t.same(
    lines.sort().filter((line) => line > 1),
    [2, 4, 5],
  )
  lua_settop(L, 0)
  lua_pushcfunction(L, () => 0)
  lua_getinfo(L, '>L', ar)
  t.equal(lua_type(L, -1), LUA_TNIL)
})

t.test('a record is good while its call goes on', async (t) => {
  const L = state(t)
  let kept: lua_Debug | null = null
  lua_register(L, 'look', (L) => {
    kept = lua_getstack(L, 1)
    return 0
  })
  run(L, 'local function f() look() end f()')
  const over = kept as unknown as lua_Debug
  t.throws(() => lua_getinfo(L, 'l', over), /^lua_getinfo: the call of the record is over/)
  t.throws(() => lua_getlocal(L, over, 1), /^lua_getlocal: the call of the record is over/)
  lua_pushinteger(L, 1)
  t.throws(() => lua_setlocal(L, over, 1), /^lua_setlocal: the call of the record is over/)
  t.throws(() => lua_getinfo(L, 'l', new lua_Debug()), /^lua_getinfo: the record is of no call/)
  t.throws(() => lua_getinfo(L, '>S', new lua_Debug()), /^lua_getinfo: no function is on the top/)
  t.throws(() => lua_getlocal(L, null, 1), /^lua_getlocal: no function is on the top/)
  t.throws(() => lua_getinfo(L, 'x', over), /^lua_getinfo: "x" has no such letter/)
})

t.test('lua_getlocal and lua_setlocal see the variables of a call', async (t) => {
  const L = state(t)
  const names: (string | null)[] = []
  lua_register(L, 'look', (L) => {
    const ar = lua_getstack(L, 1) as lua_Debug
    for (const n of [1, 2, 3, 99]) {
      const top = lua_gettop(L)
      names.push(lua_getlocal(L, ar, n))
      t.equal(lua_gettop(L), top + Number(names.at(-1) !== null))
    }
    names.push(lua_tostring(L, 1), lua_tostring(L, 2), lua_tostring(L, 3))
    names.push(lua_getlocal(L, ar, -1), lua_tostring(L, -1))
    lua_pushinteger(L, 77)
    t.equal(lua_setlocal(L, ar, 3), 'c')
    lua_pushinteger(L, 78)
    const top = lua_gettop(L)
    t.equal(lua_setlocal(L, ar, 99), null)
    t.equal(lua_gettop(L), top)
    return 0
  })
  run(L, 'local function f(a, b, ...) local c = 3 look() return c end return f(1, 2, "more")')
  t.same(names, ['a', 'b', 'c', null, '1', '2', '3', names[7], 'more'])
  t.match(names[7], /^\(.*vararg\)$/)
  t.same(taken(L), ['77'])
  run(L, 'return function(x, y) end')
  t.equal(lua_getlocal(L, null, 2), 'y')
  t.equal(lua_getlocal(L, null, 3), null)
  t.equal(lua_gettop(L), 1)
})

t.test('the variables of a coroutine that waits', async (t) => {
  const L = state(t)
  const co = lua_newthread(L)
  run(co, 'return function(a) local b = 5 coroutine.yield() return a, b end')
  lua_pushinteger(co, 1)
  t.equal(lua_resume(co, L, 1), LUA_YIELD)
  const ar = lua_getstack(co, 1) as lua_Debug
  t.equal(lua_getlocal(co, ar, 2), 'b')
  t.equal(lua_tostring(co, -1), '5')
  lua_pop(co, 1)
  lua_pushinteger(co, 6)
  t.equal(lua_setlocal(co, ar, 2), 'b')
  t.equal(lua_resume(co, L, 0), LUA_OK)
  t.same(taken(co), ['1', '6'])
})

t.test('a hook is called for calls, returns and lines', async (t) => {
  const L = state(t)
  const seen: string[] = []
  const hook: lua_Hook = (L, ar) => {
    if (ar.event === LUA_HOOKLINE) seen.push(`line ${ar.currentline}`)
    else {
      lua_getinfo(L, 'nS', ar)
      seen.push(`${ar.event === LUA_HOOKCALL ? 'call' : ar.event === LUA_HOOKRET ? 'return' : '?'} ${ar.linedefined}`)
    }
  }
  run(L, 'function f()\n  return 1\nend')
  lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE, 0)
  t.equal(lua_gethook(L), hook)
  t.equal(lua_gethookmask(L), LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE)
  lua_getglobal(L, 'f')
  lua_call(L, 0, 1)
  lua_sethook(L, null, 0, 0)
  t.same(seen, ['call 1', 'line 2', 'return 1'])
  t.equal(lua_gethook(L), null)
  t.equal(lua_gethookmask(L), 0)
})

t.test('a count hook, and what coroutines inherit', async (t) => {
  const L = state(t)
  let calls = 0
  const hook = () => {
    calls++
  }
  lua_sethook(L, hook, LUA_MASKCOUNT, 100)
  t.equal(lua_gethookcount(L), 100)
  const co: lua_State = lua_newthread(L)
  t.equal(lua_gethook(co), hook)
  t.equal(lua_gethookmask(co), LUA_MASKCOUNT)
  run(L, 'for i = 1, 1000 do end')
  t.ok(calls > 5, String(calls))
  lua_sethook(L, hook, 0, 0)
  t.equal(lua_gethook(L), null)
})

t.test('a hook that is called now and then is called whatever Lua does', async (t) => {
  const L = state(t)
  let calls = 0
  lua_sethook(L, () => void calls++, LUA_MASKCOUNT, 1000)
  t.equal(lua_gethookmask(L), LUA_MASKCOUNT)
  // None of them has less than 100,000 instructions, nor more than a few without a jump, a call or a return.
  const programs = {
    'numeric for': 'for i = 1, 40000 do local x = i * 2 end',
    'generic for': 'local function next(n, i) if i < n then return i + 1 end end for i in next, 20000, 0 do end',
    while: 'local i = 0 while i < 40000 do i = i + 1 end',
    repeat: 'local i = 0 repeat i = i + 1 until i == 40000',
    goto: 'local i = 0 ::again:: i = i + 1 if i < 40000 then goto again end',
    'calls, and no jump': `
      local f = function() return 1 end
      for _ = 1, 14 do local g = f f = function() return g() + g() end end
      return f()`,
    'tail calls':
      'local f f = { function() return f[2]() end, function() return 1 end } for i = 1, 20000 do f[1]() end',
    varargs: 'local function f(...) return ... end for i = 1, 20000 do f(i) end',
    metamethods: `
      local t = setmetatable({}, { __index = function(t, k) return k end, __add = function(a, b) return 1 end })
      for i = 1, 10000 do local x = t[i] + (t + i) end`,
    'protected calls': 'for i = 1, 20000 do pcall(function() end) end',
    coroutines: `
      local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)
      for i = 1, 20000 do co() end`,
  }
  for (const [name, program] of Object.entries(programs)) {
    calls = 0
    run(L, program)
    t.ok(calls >= 10 && calls <= 500, `${name}: ${calls}`)
  }
})
