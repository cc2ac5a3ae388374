// The kernel's debug: Lua 5.5's getinfo and traceback, and nothing of how the engine finds its functions.
import t from 'tap'
import { luaL_loadbufferx } from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  lua_pcall,
  lua_pushcclosure,
  lua_pushinteger,
  lua_setglobal,
  lua_settop,
  lua_tostring,
} from '../../src/lua/lua.js'
import { agrees, evaluate, state } from './evaluate.js'

t.test('getinfo counts the extra arguments of a vararg function', async (t) => {
  agrees(
    t,
    `
    (function(...) return debug.getinfo(1, "t").extraargs end)(1, 2, 3)  =>  3
    (function(a, ...) return debug.getinfo(1).extraargs end)(1, nil, nil)  =>  2
    (function(a, ...) return debug.getinfo(1).extraargs end)()  =>  0
    (function(a, b) return debug.getinfo(1).extraargs end)(1, 2, 3)  =>  0
    (function(...) return (function() return debug.getinfo(2, "t").extraargs end)() end)(1, 2), 1  =>  0  1
    (function(...) local n = (function() return debug.getinfo(2, "t").extraargs end)() return n end)(1, 2)  =>  2
    debug.getinfo(print).extraargs, debug.getinfo(print, "S").extraargs, debug.getinfo(1, "l").extraargs  =>  0  nil  nil
    debug.getinfo(99)  =>  nil
    debug.getinfo(1, "X")  =>  ERROR "chunk:1: bad argument #2 to 'getinfo' (invalid option)"
    debug.getinfo(coroutine.create(function(...) end), 0)  =>  nil
    debug.getinfo(1, "S").short_src, debug.getinfo(1, "l").currentline  =>  "chunk"  1
    `,
  )
})

t.test('the upvalues of C functions are hidden, those of Lua functions are not', async (t) => {
  const L = state(t)
  lua_pushinteger(L, 7)
  lua_pushcclosure(L, () => 0, 1)
  lua_setglobal(L, 'cfunction')
  for (const [expression, results] of [
    ['debug.getupvalue(cfunction, 1)', ''],
    ['debug.getupvalue(cfunction, 2)', ''],
    ['debug.setupvalue(cfunction, 1, "x")', ''],
    ['debug.getupvalue(print, 1)', ''],
    ['(function() local a = 5 local function f() return a end return debug.getupvalue(f, 1) end)()', '"a"  5'],
    ['(function() local a = 5 local function f() return a end return debug.setupvalue(f, 1, 6), f() end)()', '"a"  6'],
  ] as const) {
    t.equal(evaluate(L, expression), results, expression)
  }
})

t.test('what reads a terminal or belongs to C is missing', async (t) => {
  agrees(t, 'debug.debug, debug.setcstacklimit  =>  nil  nil')
})

/** A traceback's text, of a chunk that returns it. */
function traceback(t: Parameters<typeof state>[0], chunk: string): string | null {
  const L = state(t)
  luaL_loadbufferx(L, Buffer.from(chunk), '=chunk', null)
  t.equal(lua_pcall(L, 0, 1, 0), LUA_OK, chunk)
  const text = lua_tostring(L, -1)
  lua_settop(L, 0)
  return text
}

t.test("a traceback names functions in Lua 5.5's words", async (t) => {
  t.equal(
    traceback(t, 'local function ev() return (debug.traceback("msg", 1)) end\nlocal r = ev() return r'),
    "msg\nstack traceback:\n\tchunk:1: in local 'ev'\n\tchunk:2: in main chunk",
  )
  t.equal(
    traceback(
      t,
      'function g() local r = debug.traceback() return r end\nlocal t = {m = g} local _, r = pcall(function() local r = t.m() return r end) return r',
    ),
    "stack traceback:\n\tchunk:1: in field 'm'\n\tchunk:2: in function <chunk:2>\n\t[C]: in global 'pcall'\n\tchunk:2: in main chunk",
  )
  t.equal(
    traceback(t, 'local _, r = xpcall(function()\nerror(nil) end, debug.traceback) return r'),
    "stack traceback:\n\t[C]: in global 'error'\n\tchunk:2: in function <chunk:1>\n\t[C]: in global 'xpcall'\n\tchunk:1: in main chunk",
  )
  t.equal(
    traceback(
      t,
      'local co = coroutine.create(function() local x = 1\ncoroutine.yield(x) end) coroutine.resume(co) return (debug.traceback(co, "co"))',
    ),
    "co\nstack traceback:\n\t[C]: in field 'yield'\n\tchunk:2: in function <chunk:1>",
  )
})

t.test('a message that is no string is returned as it is', async (t) => {
  agrees(
    t,
    `
    debug.traceback({}), debug.traceback(true), type(debug.traceback(print))  =>  table: PTR  true  "function"
    debug.traceback(12, 99)  =>  "12\\nstack traceback:"
    `,
  )
})
