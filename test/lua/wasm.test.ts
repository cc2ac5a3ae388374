// What the engine wasm promises beyond the contract that lua.test.ts holds both engines to.
// variants: default
import t, { type Test } from 'tap'
import type { lua_CFunction } from '../../src/lua/api.js'
import { engine } from '../../src/lua/engine.js'
import { luaL_loadbufferx, luaL_newstate, luaL_requiref } from '../../src/lua/lauxlib.js'
import {
  LUA_ERRMEM,
  LUA_ERRRUN,
  LUA_ERRSYNTAX,
  LUA_GCCOLLECT,
  LUA_GCSTOP,
  LUA_MASKCOUNT,
  LUA_MULTRET,
  LUA_OK,
  LUA_REGISTRYINDEX,
  LUA_YIELD,
  LUAI_MAXSTACK,
  lua_call,
  lua_callk,
  lua_close,
  lua_gc,
  lua_getglobal,
  lua_gettop,
  lua_insert,
  lua_isinteger,
  lua_newthread,
  lua_newuserdatauv,
  lua_next,
  lua_pcall,
  lua_pcallk,
  lua_pop,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_rawget,
  lua_rawgeti,
  lua_rawgetp,
  lua_rawset,
  lua_rawsetp,
  lua_resume,
  type lua_State,
  lua_setglobal,
  lua_sethook,
  lua_setlimit,
  lua_setmaxstack,
  lua_setmetatable,
  lua_settop,
  lua_setwarnf,
  lua_tointegerx,
  lua_tolstring,
  lua_tostring,
  lua_touserdata,
  lua_upvalueindex,
  lua_used,
  lua_yieldk,
} from '../../src/lua/lua.js'
import { luaopen_base, luaopen_coroutine, luaopen_string, luaopen_table } from '../../src/lua/lualib.js'
import { native } from '../../src/lua/wasm-state.js'

const skip = engine.name !== 'wasm' && 'this is about the engine wasm'

/** Wasm's memory and what the engine keeps for a state: imported only where the engine is this one. */
const load = async () => (await import('../../src/lua/wasm-load.js')).lua
const globalOf = async (L: lua_State) => (await import('../../src/lua/wasm-state.js')).native(L).G

function newstate(): lua_State {
  const L = luaL_newstate() as lua_State
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['coroutine', luaopen_coroutine],
    ['string', luaopen_string],
    ['table', luaopen_table],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  return L
}

function state(t: Test): lua_State {
  const L = newstate()
  t.teardown(() => lua_close(L))
  return L
}

/** Runs a chunk; its results as strings, or the status and the message. */
function run(L: lua_State, chunk: string, name = '=chunk'): (string | number | null)[] {
  const top = lua_gettop(L)
  const status = luaL_loadbufferx(L, Buffer.from(chunk), name, null) || lua_pcall(L, 0, LUA_MULTRET, 0)
  const results = []
  for (let i = top + 1; i <= lua_gettop(L); i++) results.push(lua_tostring(L, i))
  lua_settop(L, top)
  return status === LUA_OK ? results : [status, ...results]
}

function setfunction(L: lua_State, name: string, f: lua_CFunction): void {
  lua_pushcfunction(L, f)
  lua_setglobal(L, name)
}

const collect = (L: lua_State) => {
  for (let i = 0; i < 3; i++) lua_gc(L, LUA_GCCOLLECT)
}

/** How many numbers of a kind a state has given away, those that were given back included. */
const count = (numbered: { add(value: unknown): number; delete(id: number): void }) => {
  const next = numbered.add({})
  numbered.delete(next)
  return next
}

t.test('a JavaScript error below pcall, ten thousand times, leaves the state as it was', { skip }, async (t) => {
  const L = state(t)
  const lua = await load()
  setfunction(L, 'f', () => {
    throw new Error('from JavaScript')
  })
  const before = lua.stackSave()
  t.strictSame(
    run(
      L,
      `local n = 0
       for i = 1, 10000 do
         local ok, message = pcall(f, i)
         if not ok and message == "from JavaScript" then n = n + 1 end
       end
       return n`,
    ),
    ['10000'],
  )
  for (let i = 0; i < 1000; i++) {
    lua_getglobal(L, 'f')
    if (lua_pcall(L, 0, 0, 0) !== LUA_ERRRUN) t.fail('no error')
    lua_settop(L, 0)
  }
  t.equal(lua.stackSave(), before, "C's stack is as it was")
  t.strictSame(run(L, 'return pcall(error, "still works", 0)').slice(1), ['still works'])
  t.strictSame(run(L, 'return coroutine.wrap(function() return select("#", pcall(f)) end)()'), ['2'])
})

t.test('an uncaught error, a thousand times, leaves the state as it was', { skip }, async (t) => {
  const L = state(t)
  const lua = await load()
  const before = lua.stackSave()
  for (let i = 0; i < 1000; i++) {
    lua_pushcfunction(L, (L) => {
      lua_pushcfunction(L, () => {
        throw new Error('uncaught')
      })
      lua_call(L, 0, 0)
      return 0
    })
    t.throws(() => lua_call(L, 0, 0), { message: 'uncaught' })
    engine.lua_recover(L, 0)
  }
  t.equal(lua.stackSave(), before)
  t.strictSame(run(L, 'return 1'), ['1'])
})

t.test("an overflow of JavaScript's stack becomes an error of Lua", { skip }, async (t) => {
  const L = state(t)
  const recurse: lua_CFunction = (L) => {
    lua_getglobal(L, 'f')
    lua_call(L, 0, 0)
    return 0
  }
  setfunction(L, 'f', recurse)
  for (let i = 0; i < 20; i++) t.match(run(L, 'return pcall(f)')[1], /stack overflow/)
  const deep = (): number => deep() + 1
  setfunction(L, 'g', () => deep())
  for (let i = 0; i < 20; i++) t.match(run(L, 'return pcall(g)'), [null, 'stack overflow'])
  const sort = 'local function s() table.sort({1, 2, 3}, function() s() return false end) end return pcall(s)'
  t.match(run(L, sort)[1], /stack overflow/)
  t.match(run(L, 'local function f() return pcall(f) end return f()')[0], null)
  t.strictSame(run(L, 'return 1 + 1'), ['2'])
})

t.test('closures that are made again and again are given back', { skip }, async (t) => {
  const L = state(t)
  const lua = await load()
  const { functions } = await globalOf(L)
  collect(L)
  const table = lua.__indirect_function_table.length
  const before = count(functions)
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 100_000; i++) {
      lua_pushcfunction(L, (L) => {
        lua_pushinteger(L, i)
        return 1
      })
      lua_pop(L, 1)
    }
    collect(L)
  }
  t.equal(lua.__indirect_function_table.length, table)
  const most = count(functions)
  // When Lua collects is its own affair, but for the end of each round.
  t.ok(most - before < 200_000, `${most} numbers were ever in use, for 400,000 functions`)
  let called = 0
  for (let i = 0; i < 1000; i++) {
    lua_pushcclosure(L, () => ++called - called, 0)
    lua_call(L, 0, 0)
  }
  t.equal(called, 1000, 'a number that serves again is the new function’s')
})

t.test('one function that is pushed again is one in Lua, until it is collected', { skip }, async (t) => {
  const L = state(t)
  const { functions } = await globalOf(L)
  const f = () => 0
  collect(L)
  lua_gc(L, LUA_GCSTOP)
  lua_pushcfunction(L, f)
  const before = count(functions)
  for (let i = 0; i < 1000; i++) {
    lua_pushcfunction(L, f)
    lua_pop(L, 1)
  }
  t.equal(count(functions), before)
  lua_settop(L, 0)
  collect(L)
  lua_pushcfunction(L, f)
  lua_call(L, 0, 0)
})

t.test('ten thousand states, one after another, leave the memory as it was', { skip, timeout: 100_000 }, async (t) => {
  const lua = await load()
  const one = () => {
    const L = newstate()
    run(L, 'local t = {} for i = 1, 100 do t[i] = {("x"):rep(i)} end keep = t co = coroutine.create(function() end)')
    lua_newuserdatauv(L, 0).value = L
    lua_newthread(L)
    lua_close(L)
  }
  for (let i = 0; i < 50; i++) one()
  const before = lua.memory.buffer.byteLength
  const slots = lua.__indirect_function_table.length
  for (let i = 0; i < 10_000; i++) one()
  t.equal(lua.memory.buffer.byteLength, before)
  t.equal(lua.__indirect_function_table.length, slots)
})

t.test('light userdata that only were keys of the registry are given back', { skip }, async (t) => {
  const L = state(t)
  const { lights } = await globalOf(L)
  const before = count(lights)
  for (let i = 0; i < 10_000; i++) {
    const key = { i }
    lua_pushinteger(L, i)
    lua_rawsetp(L, LUA_REGISTRYINDEX, key)
    lua_rawgetp(L, LUA_REGISTRYINDEX, key)
    if (lua_tointegerx(L, -1) !== i) t.fail(`key ${i}`)
    lua_pop(L, 1)
    lua_pushnil(L)
    lua_rawsetp(L, LUA_REGISTRYINDEX, key)
  }
  t.equal(count(lights), before)
  const pinned = {}
  lua_pushlightuserdata(L, pinned)
  lua_pushinteger(L, 1)
  lua_rawsetp(L, LUA_REGISTRYINDEX, pinned)
  lua_pushnil(L)
  lua_rawsetp(L, LUA_REGISTRYINDEX, pinned)
  t.equal(lua_touserdata(L, -1), pinned, 'one that Lua has keeps its number')
})

t.test('the cells of userdata are released when the userdata are collected, after their __gc', { skip }, async (t) => {
  const L = state(t)
  const { cells } = await globalOf(L)
  const before = count(cells)
  const seen: unknown[] = []
  setfunction(L, 'gc', (L) => {
    seen.push((lua_touserdata(L, 1) as { value: unknown }).value)
    return 0
  })
  setfunction(L, 'new', (L) => {
    lua_newuserdatauv(L, 0).value = 'private'
    lua_getglobal(L, 'mt')
    engine.lua_setmetatable(L, -2)
    return 1
  })
  run(L, 'mt = {__gc = gc} for i = 1, 100 do new() end')
  collect(L)
  t.strictSame(seen, new Array(100).fill('private'))
  collect(L)
  for (let i = 0; i < 100; i++) {
    lua_newuserdatauv(L, 0)
    lua_pop(L, 1)
  }
  t.ok(count(cells) <= before + 101, 'the numbers serve again')

  let released = 0
  const registry = new FinalizationRegistry(() => released++)
  for (let i = 0; i < 100; i++) {
    const value = {}
    registry.register(value, i)
    lua_newuserdatauv(L, 0).value = value
    lua_pop(L, 1)
  }
  collect(L)
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  for (let i = 0; i < 100 && released < 99; i++) {
    runInNewContext('gc')()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.ok(released >= 99, 'JavaScript keeps none of the values, the last one perhaps excepted')
})

t.test('binary chunks load only where string.dump here has made them', { skip }, async (t) => {
  const L = state(t)
  t.strictSame(run(L, 'return load(string.dump(function(a) return a .. "!" end))("dumped")'), ['dumped!'])
  t.strictSame(run(L, 'return load(string.dump(load("return 1", "=n"), true), "=other", "b")()'), ['1'])
  const why = 'bad binary format (not made by string.dump here)'
  t.strictSame(run(L, 'return load(string.dump(function() end):gsub(".$", "x"), "=bin")'), [null, `bin: ${why}`])
  t.strictSame(run(L, 'return load(string.dump(function() end) .. "x")'), [null, `binary string: ${why}`])
  t.strictSame(run(L, 'return load("\\27Lua")'), [null, 'binary string: bad binary format (truncated chunk)'])
  t.match(run(L, 'return load(string.dump(function() end), "=bin", "t")'), [null, /attempt to load a binary chunk/])
  const other = state(t)
  run(L, 'chunk = string.dump(function() return "far" end)')
  lua_getglobal(L, 'chunk')
  const bytes = Uint8Array.from(engine.lua_tolstring(L, -1) as Uint8Array)
  t.equal(luaL_loadbufferx(other, bytes, '=far', 'b'), LUA_OK, 'another state of this process has made it')
  lua_call(other, 0, 1)
  t.equal(lua_tostring(other, -1), 'far')
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
  t.equal(luaL_loadbufferx(other, bytes, '=far', null), LUA_ERRSYNTAX)
})

t.test('a script that fills its memory gets an error, and the state lives on', { skip }, async (t) => {
  const L = state(t)
  lua_setlimit(L, 2 << 20)
  const fills = [
    'local t = {} for i = 1, 1e9 do t[i] = {} end',
    'local s = "x" while true do s = s .. s end',
    'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end',
    'local function f(...) return f(1, ...) end f()',
    'local t = {} while true do t[#t + 1] = coroutine.create(function() end) end',
    'return ("x"):rep(4000000)',
    'local t = {} while true do t[#t + 1] = function() return t end end',
  ].map((chunk) => chunk.replace('1e9', '1000000000'))
  for (let i = 0; i < 2; i++) {
    for (const chunk of fills) {
      t.match(run(L, `return select(2, pcall(function() ${chunk} end))`), [/not enough memory|stack overflow/], chunk)
      t.ok(lua_used(L) <= 2 << 20)
    }
    collect(L)
    t.ok(lua_used(L) < 1 << 20, 'the garbage is gone')
    t.strictSame(run(L, 'local t = {} for i = 1, 1000 do t[i] = {i} end return #t'), ['1000'])
  }
  t.match(run(L, 'local s = "x" while true do s = s .. s end'), [LUA_ERRMEM, 'not enough memory'])
})

t.test('a userdata that has lost its hidden value has no cell, though its number serves again', { skip }, async (t) => {
  const L = state(t)
  const lua = await load()
  const { ptr } = (await import('../../src/lua/wasm-state.js')).native(L)
  lua_newuserdatauv(L, 0).value = 'first'
  const at = lua.lua_gettop(ptr)
  lua.lua_pushnil(ptr)
  lua.lua_setiuservalue(ptr, at, 1)
  collect(L)
  const second = lua_newuserdatauv(L, 0)
  t.equal(lua_touserdata(L, at), null)
  t.equal(lua_touserdata(L, -1), second)
})

t.test('what is no table is none to the functions that C leaves unchecked', { skip }, async (t) => {
  const L = state(t)
  for (const raw of [
    (L: lua_State) => lua_next(L, 1),
    (L: lua_State) => lua_rawget(L, 1),
    (L: lua_State) => lua_rawgeti(L, 1, 1),
    (L: lua_State) => lua_rawgetp(L, 1, L),
    (L: lua_State) => lua_rawset(L, 1),
    (L: lua_State) => lua_setmetatable(L, 1),
  ]) {
    lua_pushcfunction(L, (L) => Number(raw(L)))
    for (const n of [0x110000, 1, 2]) lua_pushinteger(L, n)
    t.not(lua_pcall(L, 3, 0, 0), LUA_OK)
    t.match(lua_tostring(L, -1), 'this is no table')
  }
})

t.test('a hook for few instructions counts each, one for many where a loop comes by', { skip }, async (t) => {
  const L = state(t)
  const hooksOf = (count: number) => {
    let hooks = 0
    lua_sethook(L, () => void hooks++, LUA_MASKCOUNT, count)
    run(L, 'local s = 1 for i = 1, 10000 do s = (s * 31 + i) & 0xffffff end')
    lua_sethook(L, null, 0, 0)
    return hooks
  }
  const each = hooksOf(1)
  t.ok(each > 40_000 && each < 70_000, `${each} instructions`)
  const few = hooksOf(1000)
  t.ok(few >= 10 && few <= 11, `${few} thousand rounds`)
})

t.test('a limit can be lowered and lifted, and holds below protected calls alone', { skip }, async (t) => {
  const L = state(t)
  collect(L)
  lua_setlimit(L, 0)
  t.equal(lua_getglobal(L, 'print'), 6, 'what needs no memory works')
  t.strictSame(run(L, 'return {}'), [LUA_ERRMEM, 'not enough memory'])
  lua_pushlstring(L, new Uint8Array(100_000))
  t.equal(lua_tolstring(L, -1)?.length, 100_000, 'outside nothing could catch the error')
  lua_settop(L, 0)
  lua_setlimit(L, Number.POSITIVE_INFINITY)
  t.strictSame(run(L, 'return #("x"):rep(1 << 20)'), [String(1 << 20)])
  const before = lua_used(L)
  run(L, 'keep = ("y"):rep(100000)')
  t.ok(lua_used(L) - before >= 100_000)
})

t.test(
  'the name of a long file is whole in messages, from the compiler, at run time and in tracebacks',
  { skip },
  async (t) => {
    const L = state(t)
    const path = `/${'long/'.repeat(30)}é.lua`
    t.strictSame(run(L, '\nerror("x")', `@${path}`), [LUA_ERRRUN, `${path}:2: x`])
    t.strictSame(run(L, '\nlocal a = nil + 1', `@${path}`), [
      LUA_ERRRUN,
      `${path}:2: attempt to perform arithmetic on a nil value`,
    ])
    t.strictSame(run(L, 'x = = 1', `@${path}`), [LUA_ERRSYNTAX, `${path}:1: unexpected symbol near '='`])
    t.strictSame(run(L, 'goto nowhere', `@${path}`), [
      LUA_ERRSYNTAX,
      `${path}:1: no visible label 'nowhere' for <goto> at line 1`,
    ])
    t.strictSame(
      run(L, 'return select(2, pcall(function() return nil .. "" end))', `@${path}`),
      [`...${path.slice(-55)}:1: attempt to concatenate a nil value`],
      "but Lua's own pcall gives C's message as it is",
    )
  },
)

t.test('integers of 64 bits go in and out whole', { skip }, async (t) => {
  const L = state(t)
  const edge = 2n ** 53n
  for (const n of [
    0n,
    -1n,
    edge - 1n,
    edge,
    edge + 1n,
    -edge + 1n,
    -edge,
    -edge - 1n,
    2n ** 62n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ]) {
    lua_pushinteger(L, n)
    t.ok(lua_isinteger(L, -1))
    const got = lua_tointegerx(L, -1)
    t.equal(BigInt(got as number | bigint), n)
    t.equal(typeof got, n > -edge && n < edge ? 'number' : 'bigint', `${n}`)
    t.equal(lua_tostring(L, -1), String(n))
    lua_settop(L, 0)
    lua_pushstring(L, ` ${n} `)
    t.equal(BigInt(lua_tointegerx(L, -1) as number | bigint), n, 'also from a string')
    lua_settop(L, 0)
  }
  lua_pushinteger(L, Number.MAX_SAFE_INTEGER)
  t.equal(lua_tointegerx(L, -1), Number.MAX_SAFE_INTEGER)
})

/** `yielder(k)`: a C function that yields, and whose continuation gives a string. */
const yielder: lua_CFunction = (L) =>
  lua_yieldk(L, 0, (L) => {
    lua_pushstring(L, 'resumed')
    return 1
  })

t.test('continuations come in their order, over yields and errors', { skip }, async (t) => {
  const L = state(t)
  setfunction(L, 'yielder', yielder)
  /** `protect(f)`: pcall, which also tells how it was ended. */
  setfunction(L, 'protect', (L) => {
    const k = (L: lua_State, status: number) => {
      lua_pushinteger(L, status)
      lua_insert(L, 1)
      return lua_gettop(L)
    }
    return k(L, lua_pcallk(L, 0, LUA_MULTRET, 0, k))
  })
  /** `through(f)`: calls f, and says that it did. */
  setfunction(L, 'through', (L) => {
    const k = (L: lua_State) => {
      lua_pushstring(L, 'through')
      return lua_gettop(L)
    }
    lua_callk(L, 0, LUA_MULTRET, k)
    return k(L)
  })
  const resume = (chunk: string) => {
    const co = lua_newthread(L)
    luaL_loadbufferx(co, Buffer.from(chunk), '=chunk', null)
    let yields = 0
    let status = lua_resume(co, L, 0)
    for (; status === LUA_YIELD; yields++) {
      lua_settop(co, 0)
      status = lua_resume(co, L, 0)
    }
    const results = []
    for (let i = 1; i <= lua_gettop(co); i++) results.push(lua_tostring(co, i))
    lua_settop(L, 0)
    return [yields, status, ...results]
  }
  t.strictSame(resume('return yielder()'), [1, LUA_OK, 'resumed'])
  t.strictSame(resume('return protect(yielder)'), [1, LUA_OK, '1', 'resumed'])
  t.strictSame(resume('return through(function() return protect(yielder) end)'), [1, 0, '1', 'resumed', 'through'])
  t.strictSame(resume('return protect(function() yielder() error("late", 0) end)'), [1, LUA_OK, '2', 'late'])
  t.strictSame(resume('return protect(function() return through(function() yielder() error("late", 0) end) end)'), [
    1,
    LUA_OK,
    '2',
    'late',
  ])
  t.strictSame(resume('return through(function() protect(function() error("early", 0) end) return yielder() end)'), [
    1,
    LUA_OK,
    'resumed',
    'through',
  ])
  t.strictSame(
    resume(
      `return through(function()
         local n = 0
         for i = 1, 100 do
           local status, message = protect(function() through(function() yielder() error("e" .. i, 0) end) end)
           if status == 2 and message == "e" .. i then n = n + 1 end
         end
         return n
       end)`,
    ),
    [100, LUA_OK, '100', 'through'],
  )
})

t.test(
  'an error that is caught below a call that can not yield leaves the outer continuations',
  { skip },
  async (t) => {
    const L = state(t)
    setfunction(L, 'yielder', yielder)
    setfunction(L, 'through', (L) => {
      lua_callk(L, 0, 0, (L) => {
        lua_pushstring(L, 'through')
        return 1
      })
      lua_pushstring(L, 'through')
      return 1
    })
    /** Calls its argument so that nothing below it can yield. */
    setfunction(L, 'fixed', (L) => {
      lua_pushvalue(L, 1)
      lua_call(L, 0, 0)
      return 0
    })
    const body = (fails: string) => `return through(function()
    fixed(function()
      for i = 1, 10 do pcall(function() through(function() ${fails} end) end) end
    end)
    yielder()
    fixed(function() pcall(function() through(function() pcall(through, function() ${fails} end) ${fails} end) end) end)
    yielder()
  end)`
    for (const fails of [
      'error("x")',
      'yielder()',
      'local a = nil + 1',
      'table.sort({3, 2, 1}, function() error("s") end)',
    ]) {
      const co = lua_newthread(L)
      luaL_loadbufferx(co, Buffer.from(body(fails)), '=chunk', null)
      t.equal(lua_resume(co, L, 0), LUA_YIELD)
      lua_settop(co, 0)
      t.equal(lua_resume(co, L, 0), LUA_YIELD)
      lua_settop(co, 0)
      t.equal(lua_resume(co, L, 0), LUA_OK)
      t.equal(lua_tostring(co, -1), 'through', fails)
      lua_settop(L, 0)
    }
  },
)

t.test('an upvalue is found behind the number of its function', { skip }, async (t) => {
  const L = state(t)
  lua_pushstring(L, 'first')
  lua_pushstring(L, 'second')
  lua_pushcclosure(
    L,
    (L) => {
      lua_pushvalue(L, lua_upvalueindex(2))
      lua_pushvalue(L, lua_upvalueindex(1))
      return 2
    },
    2,
  )
  lua_call(L, 0, 2)
  t.strictSame([lua_tostring(L, 1), lua_tostring(L, 2)], ['second', 'first'])
})

t.test('a light userdata that Lua has dropped holds its value no more', async (t) => {
  const L = state(t)
  const { G } = native(L)
  const before = G.lightsPinned.size
  const kept = { kept: true }
  lua_pushlightuserdata(L, kept)
  lua_setglobal(L, 'kept')
  for (let i = 0; i < 2000; i++) {
    lua_pushlightuserdata(L, { i })
    lua_pop(L, 1)
  }
  lua_gc(L, LUA_GCCOLLECT)
  t.ok(G.lightsPinned.size <= before + 2, 'the one that is kept, and perhaps one that lies above the top')
  lua_getglobal(L, 'kept')
  t.equal(lua_touserdata(L, -1), kept)
  for (let i = 0; i < 20_000; i++) {
    lua_pushlightuserdata(L, { i })
    lua_pop(L, 1)
  }
  t.ok(G.lightsPinned.size < 10_000, 'nor where nobody collects')
  t.equal(lua_touserdata(L, -1), kept)
})

t.test('functions that Lua drops are given back where the stack is full as well', { skip }, async (t) => {
  lua_setmaxstack(200)
  t.teardown(() => lua_setmaxstack(LUAI_MAXSTACK))
  const L = state(t)
  const warnings: string[] = []
  lua_setwarnf(L, (message) => void warnings.push(message))
  setfunction(L, 'make', (L) => {
    for (let i = 0; i < 10; i++) {
      lua_pushcfunction(L, () => i)
      lua_pop(L, 1)
    }
    return 0
  })
  const { functionIds } = await globalOf(L)
  const before = functionIds.size
  const [depth] = run(
    L,
    `local function deep(n)
       if n > 0 then return 1 + deep(n - 1) end
       for i = 1, 2000 do local garbage = {} end
       return 1
     end
     for n = 1, 200 do
       make()
       if not pcall(deep, n) then return n end
     end`,
  )
  t.ok(Number(depth) > 20, `${depth} levels`)
  lua_gc(L, LUA_GCCOLLECT)
  lua_gc(L, LUA_GCCOLLECT)
  t.ok(functionIds.size <= before, `${functionIds.size} of ${before}`)
  t.strictSame(warnings, [])
})
