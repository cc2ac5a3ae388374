// What a script may try on the engine below: it gets an error, and the next runtime works. With the engine wasm all
// runtimes share one memory and one stack of C.
// process: its own
import t, { type Test } from 'tap'
import '../../src/lib/libs.js'
import { ECANCELED, EIO, ENXIO } from '../../src/errno.js'
import { luaL_error, luaL_loadstring } from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  lua_call,
  lua_close,
  lua_getglobal,
  lua_gettop,
  lua_pcall,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushstring,
  lua_register,
  type lua_State,
  lua_tointeger,
  lua_tostring,
} from '../../src/lua/lua.js'
import {
  lunatik_newruntime,
  type lunatik_newruntime_t,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
} from '../../src/lunatik/lunatik_core.js'
import {
  LUNATIK_OPT_NONE,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../../src/lunatik/lunatik_obj.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { collects } from '../engine.js'
import { processorTime } from '../processor.js'
import { logged, scripts } from './states.js'

const ofWasm = collects ? false : 'is about the engine wasm'

/** A runtime that the test ends. */
function made(t: Test, text: string): lunatik_object_t {
  scripts(t, { 's.lua': text })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  t.equal(lunatik_runtime(pruntime, 's', true), 0)
  return pruntime.value as lunatik_object_t
}

/** Runs a script to its end, then another. Returns what `print` wrote, and the message of a script that failed. */
async function survives(t: Test, text: string): Promise<string[]> {
  scripts(t, { 's.lua': text, 'next.lua': 'print("next", #("x"):rep(1000))' })
  const log = logged(t)
  const run = async (script: string): Promise<lunatik_newruntime_t> => {
    const made = await lunatik_newruntime(script, LUNATIK_OPT_NONE)
    if (made.runtime !== null) lunatik_stop(made.runtime)
    return made
  }
  const { message } = await run('s')
  const said = [...log, ...(message === null ? [] : [message])]
  log.length = 0
  for (let i = 0; i < 3; i++) t.equal((await run('next')).message, null)
  t.strictSame(log, Array(3).fill('next\t1000'))
  return said
}

t.test('runtimes in runtimes come to an end before the stack of C does', { skip: ofWasm }, async (t) => {
  const said = await survives(
    t,
    `local lunatik = require("lunatik")
     local function deep(n)
       if n > 0 then return string.gsub("x", "x", function() deep(n - 1) end) end
       local ok, message = pcall(lunatik.runtime, "s")
       if not ok then print(message) end
     end
     deep(60)`,
  )
  t.ok(said.some((line) => /stack overflow/.test(line)))
})

t.test('a coroutine that resumes itself keeps what it waits for', { skip: ofWasm }, async (t) => {
  t.strictSame(
    await survives(
      t,
      `local co
       co = coroutine.create(function()
         local pairs_ = function() coroutine.resume(co) coroutine.yield(1) return next, {a = 1} end
         for k, v in pairs(setmetatable({}, {__pairs = pairs_})) do print(k, v) end
         return "end"
       end)
       print(coroutine.resume(co))
       print(coroutine.resume(co))`,
    ),
    ['true\t1', 'a\t1', 'true\tend'],
  )
})

t.test('a finalizer may use what is collected with its value, also at the end', { skip: ofWasm }, async (t) => {
  t.strictSame(
    await survives(
      t,
      `do
         local value = setmetatable({}, {__gc = function(o) o.wrapped() end})
         value.wrapped = coroutine.wrap(function() print("in the coroutine") end)
       end
       collectgarbage() collectgarbage()
       kept = setmetatable({}, {__gc = function() print(type(byteorder.htobe16(1))) end})
       byteorder = require("byteorder")`,
    ),
    ['in the coroutine', 'number'],
  )
})

t.test('what is no table where C takes one for granted is an error', { skip: ofWasm }, async (t) => {
  t.match(await survives(t, 'debug.getregistry()._LOADED = 0x7ffffff0 error("still told")'), [/s\.lua:1: still told/])
  t.match(
    // What is collected meanwhile may say so as well.
    (
      await survives(
        t,
        `for k in pairs(debug.getregistry()) do
         if type(k) == "userdata" then debug.getregistry()[k] = 0x110000 end
       end
       print(pcall(coroutine.wrap, function() end))`,
      )
    ).filter((text) => !text.includes('error in __gc')),
    [/^false\t/],
  )
  t.match(
    await survives(
      t,
      `table.insert(package.searchers, 1, function()
         for i = 1, 8 do print((pcall(debug.setlocal, 2, i, 0x7ffffff0)), (debug.setlocal(2, i, 0x7ffffff0))) end
       end)
       print((pcall(require, "nosuch")))`,
    ),
    [...Array(8).fill('true\tnil'), 'false'],
  )
})

t.test('the collector’s own finalizer takes no address from a script', { skip: ofWasm }, async (t) => {
  const said = await survives(
    t,
    `local x = 1
     local function f() return x end
     for k, v in pairs(debug.getregistry()) do
       local gc = type(k) == "userdata" and type(v) == "table" and rawget(v, "__gc")
       if gc then for i = 1, 5 do print((pcall(gc, debug.upvalueid(f, 1)))) end end
     end
     collectgarbage()
     print(f())`,
  )
  t.ok(said.length > 1)
  t.equal(said.at(-1), '1')
})

t.test('an object that has lost its hidden value is never another', { skip: ofWasm }, async (t) => {
  t.match(
    await survives(
      t,
      `local data = require("data").new(64)
       debug.setuservalue(data, nil, 2)
       collectgarbage() collectgarbage() collectgarbage()
       local fifo = require("fifo").new(64)
       print(pcall(function() return data:getbyte(0) end))
       print((pcall(fifo.push, fifo, "x")))`,
    ),
    [/^false\t.*invalid object/, 'true'],
  )
})

t.test('a format, a move and a name of any size are answered at once', async (t) => {
  const script = `
    print(pcall(string.format, "a" .. ("%00"):rep(4000)))
    print(pcall(table.move, {}, 1, math.maxinteger - 1, 2))
    print(pcall(require, ("x"):rep(1 << 20)))
    print(#string.rep(("x"):rep(5000), 1, ","))`
  const work = await processorTime(async () =>
    t.match(await survives(t, script), [
      /^false\t/,
      /^false\t.*too many elements to move/,
      /^false\t.*name is too long/,
      '5000',
    ]),
  )
  t.ok(work < 20_000, `${work} ms`)
})

t.test(
  'a handler that puts the last reference of its own runtime: from then on each use of the state is an error',
  async (t) => {
    const log = logged(t)
    const r = made(t, '')
    const ret = await lunatik_run(r, (L) => {
      t.equal(lunatik_putobject(r), 1)
      t.throws(() => lua_pushinteger(L, 1), { message: 'the runtime has been stopped' })
      return 7
    })
    t.equal(ret, 7)
    t.equal(
      lunatik_run(r, () => 0),
      -ENXIO,
    )
    t.strictSame(log, [])
  },
)

t.test('a C function that does so returns into a state that is dead, which is closed after the call', async (t) => {
  const r = made(t, 'setmetatable({}, {__gc = function() print("closed") end})')
  const log = logged(t)
  const other = made(t, 'function f() return "whole" end')
  const ret = await lunatik_run(r, (L) => {
    lua_register(L, 'put', () => {
      lunatik_putobject(r)
      return 0
    })
    lua_getglobal(L, 'load')
    lua_pushstring(L, 'put() local t = {} for i = 1, 1000 do t[i] = {i} end return #t')
    lua_call(L, 1, 1)
    lua_call(L, 0, 1)
    return lua_tointeger(L, -1)
  })
  t.equal(ret, -ECANCELED)
  t.equal(
    lunatik_run(r, () => 0),
    -ENXIO,
  )
  t.match(log, [/the runtime has been stopped: raised outside a protected call/, /^closed$/])
  t.equal(lunatik_stop(other), 1)
})

t.test(
  'a runtime that is stopped a second time keeps the references of others, and the log has the place',
  async (t) => {
    const log = logged(t)
    const r = made(t, '')
    lunatik_getobject(r)
    t.equal(lunatik_stop(r), 0)
    t.equal(lunatik_stop(r), 0)
    t.equal(r.kref, 1)
    t.match(log, [/^lunatik: a runtime is stopped a second time, whose reference is somebody else's: .*hostile.test/])
    t.equal(lunatik_putobject(r), 1)
  },
)

t.test('a C function that ends its own runtime after the call has slept leaves nothing of it either', async (t) => {
  const r = made(
    t,
    `setmetatable({}, {__gc = function() print("closed") end})
     function f() require("linux").schedule(1) put() return "end" end`,
  )
  const log = logged(t)
  let state: lua_State | null = null
  const ret = lunatik_run(r, (L) => {
    state = L
    lua_register(L, 'put', () => {
      lunatik_putobject(r)
      return 0
    })
    lua_getglobal(L, 'f')
    return lunatik_pcall(L, 0, 1, () => 0)
  })
  t.equal(await ret, -ENXIO)
  t.strictSame(log, ['closed', 'lunatik: Error: the runtime has been stopped'])
  t.throws(() => lua_gettop(state as unknown as lua_State), { message: 'the runtime has been stopped' })
})

/** Ends the runtime that calls it. */
function l_kill(L: lua_State): number {
  lunatik_putobject(lunatik_toruntime(L))
  return 0
}

/** Calls the chunk with l_kill, by lua_pcall or by lunatik_pcall. */
function kills(r: lunatik_object_t, text: string, sleeps: boolean, after: () => void) {
  return lunatik_run(r, (L) => {
    if (luaL_loadstring(L, text) !== LUA_OK) throw new Error(lua_tostring(L, -1) ?? '?')
    lua_pushcfunction(L, l_kill)
    const then = () => {
      after()
      return 7
    }
    if (sleeps) return lunatik_pcall(L, 1, 0, then)
    lua_pcall(L, 1, 0, 0)
    return then()
  })
}

t.test('Lua of a runtime that was ended by its own call ends at once, whatever it catches', async (t) => {
  const beside = made(t, 'function f() return 1 end')
  const log = logged(t)
  for (const text of [
    'local kill = ... kill()',
    'local kill = ... while true do pcall(kill) end',
    'local kill = ... while true do xpcall(kill, function(m) return m .. "!" end) end',
    'local kill = ... pcall(kill) while true do end',
    'local kill = ... local co = coroutine.wrap(function() pcall(kill) while true do end end) while true do pcall(co) end',
    'local kill = ... table.sort({3, 2, 1}, function(a, b) pcall(kill) return a < b end)',
    'local kill = ... return (("abc"):gsub(".", function(c) pcall(kill) return c end))',
    'local kill = ... return pcall(function() return setmetatable({}, {__index = function() kill() end}).x end)',
  ]) {
    for (const sleeps of [false, true]) {
      log.length = 0
      const r = made(t, 'kept = setmetatable({}, {__gc = function() print("finalizer") end})')
      let went = false
      const ret = kills(r, text, sleeps, () => {
        went = true
      })
      t.equal(ret, -EIO, text)
      await null
      t.strictSame(log, ['lunatik: Error: the runtime has been stopped', 'finalizer'], text)
      t.notOk(went)
      t.equal(
        lunatik_run(beside, () => 1),
        1,
      )
    }
  }
  lunatik_stop(beside)
})

t.test('a C function that has ended its own runtime can not go on with it', async (t) => {
  const log = logged(t)
  for (const [what, use] of [
    ['a use', (L: lua_State) => lua_pushinteger(L, 1)],
    ['a return', () => {}],
    [
      'a protected call',
      (L: lua_State) => {
        lua_pushcfunction(L, l_kill)
        lua_pcall(L, 0, 0, 0)
      },
    ],
    [
      'a second put',
      (L: lua_State) => {
        lunatik_putobject(lunatik_toruntime(L))
      },
    ],
  ] as const) {
    log.length = 0
    const r = made(t, '')
    let uses = 0
    const ret = lunatik_run(r, (L) => {
      lua_pushcfunction(L, (L) => {
        lunatik_putobject(r)
        use(L)
        uses++
        lua_pushinteger(L, 1)
        uses++
        return 1
      })
      lua_pcall(L, 0, 0, 0)
      uses++
      return 1
    })
    t.equal(ret, -EIO, what)
    t.equal(uses, what === 'a return' ? 1 : 0, what)
    t.equal(log.at(-1), 'lunatik: Error: the runtime has been stopped', what)
    await null
  }
})

t.test('one that had caught an error of Lua before as well', async (t) => {
  const log = logged(t)
  const r = made(t, '')
  t.equal(
    lunatik_run(r, (L) => {
      lua_pushcfunction(L, (L) => {
        try {
          luaL_error(L, 'caught')
        } catch {}
        lunatik_putobject(r)
        lua_pushinteger(L, 1)
        return 1
      })
      lua_pcall(L, 0, 0, 0)
      return 1
    }),
    -EIO,
  )
  t.strictSame(log, ['lunatik: Error: the runtime has been stopped'])
})

t.test('lua_close is no end of a runtime', async (t) => {
  const r = made(t, '')
  const log = logged(t)
  const l_close = (L: lua_State) => {
    lua_close(L)
    return 0
  }
  t.equal(lunatik_run(r, l_close), -EIO)
  t.match(log, [/lua_close: the state is a runtime's: lunatik_stop ends it, at l_close/])
  lunatik_stop(r)
})

t.test('what is thrown is told, whatever it is', async (t) => {
  const r = made(t, '')
  const log = logged(t)
  const trap = () => {
    throw new Error('trap')
  }
  const message = Object.defineProperty(new Error('x'), 'message', { get: trap })
  for (const thrown of [undefined, null, 'text', Symbol('s'), 1n, Object.create(null), message]) {
    t.equal(
      lunatik_run(r, () => {
        throw thrown
      }),
      -EIO,
    )
  }
  const proxy = new Proxy(new Error('x'), { get: trap, getPrototypeOf: trap })
  t.equal(
    lunatik_run(r, () => {
      throw proxy
    }),
    -EIO,
  )
  t.equal(await lunatik_run(r, async () => Promise.reject(proxy)), -EIO)
  t.equal(log.length, 9)
  t.equal(
    lunatik_run(r, () => 3),
    3,
  )
  lunatik_stop(r)
})
