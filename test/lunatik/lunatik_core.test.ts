// variants: default fengari
import t from 'tap'
import { ECANCELED, EDEADLK, EINVAL, EIO, ENXIO, ETIMEDOUT } from '../../src/errno.js'
import { luaL_checkinteger, luaL_error } from '../../src/lua/lauxlib.js'
import {
  lua_call,
  lua_getglobal,
  lua_gettop,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushstring,
  type lua_State,
  lua_setglobal,
  lua_tointeger,
  lua_tostring,
} from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import {
  lunatik_handle,
  lunatik_isready,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
} from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import { lunatik_getobject, type lunatik_object_t, lunatik_putobject } from '../../src/lunatik/lunatik_obj.js'
import { callF, logged, runtime, scripts } from './states.js'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

t.test('lunatik_runtime runs the script and sets the pointer, with a counter of 1', async (t) => {
  const r = runtime(t, 'x = 6 * 7')
  t.equal(r.kref, 1)
  t.equal(
    lunatik_run(r, (L) => {
      lua_getglobal(L, 'x')
      return lua_tointeger(L, -1)
    }),
    42,
  )
})

t.test('lunatik_runtime fails with -EINVAL and says why, and leaves the pointer alone', async (t) => {
  const log = logged(t)
  const dir = scripts(t, {
    'syntax.lua': 'x = = 1',
    'raise.lua': '\nerror("load error")',
    'nil.lua': 'error()',
    'table.lua': 'error({})',
    'yield.lua': 'coroutine.yield()',
  })
  for (const [script, message] of [
    ['syntax', `lunatik: ${dir}/syntax.lua:1: unexpected symbol near '='`],
    ['raise', `lunatik: ${dir}/raise.lua:2: load error`],
    ['nil', 'lunatik: <no error object>'],
    ['table', 'lunatik: (null)'],
    ['yield', 'lunatik: attempt to yield from outside a coroutine'],
    ['missing', `lunatik: cannot open ${dir}/missing.lua`],
  ] as const) {
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    t.equal(lunatik_runtime(pruntime, script, true), -EINVAL)
    t.equal(pruntime.value, null)
    t.equal(log.at(-1), message)
  }
})

t.test('the script is found in the first folder that has it, also in a subfolder', async (t) => {
  const second = scripts(t, { 'a.lua': 'x = "second"', 'sub/b.lua': 'x = "sub"' })
  const first = scripts(t, { 'a.lua': 'x = "first"' })
  lunatik_conf.root = [first, second]
  for (const [script, x] of [
    ['a', 'first'],
    ['sub/b', 'sub'],
    [`../${second.split('/').at(-1)}/a`, 'second'],
  ] as const) {
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    t.equal(lunatik_runtime(pruntime, script, true), 0)
    const r = pruntime.value as lunatik_object_t
    lunatik_run(r, (L) => {
      lua_getglobal(L, 'x')
      t.equal(lua_tostring(L, -1), x)
      return 0
    })
    t.equal(lunatik_stop(r), 1)
  }
})

t.test('lunatik_run passes the state and the arguments, and restores the stack', async (t) => {
  const r = runtime(t, 'function f(n) return n + 1 end')
  t.equal(lunatik_run(r, callF, 1), 2)
  const top = lunatik_run(r, lua_gettop)
  t.equal(lunatik_run(r, callF, 2), 3)
  t.equal(lunatik_run(r, lua_gettop), top)
})

t.test('lunatik_run gives a number at once on a free lock, a promise where the handler sleeps', async (t) => {
  const r = runtime(t, '')
  t.type(
    lunatik_run(r, () => 1),
    'number',
  )
  const slept = lunatik_run(r, async () => {
    await pause(5)
    return 7
  })
  t.ok(slept instanceof Promise)
  t.equal(await slept, 7)
  t.type(
    lunatik_run(r, () => 1),
    'number',
    'the lock is free again',
  )
})

t.test('who comes while a handler sleeps waits, in order, and nobody overtakes', async (t) => {
  const r = runtime(t, '')
  const order: string[] = []
  const runs = ['first', 'second', 'third', 'fourth'].map((name, i) =>
    lunatik_run(r, async () => {
      order.push(`${name} in`)
      if (i !== 2) await pause(10 - i)
      order.push(`${name} out`)
      return i
    }),
  )
  t.strictSame(await Promise.all(runs), [0, 1, 2, 3])
  t.strictSame(
    order,
    ['first', 'second', 'third', 'fourth'].flatMap((name) => [`${name} in`, `${name} out`]),
  )
})

t.test('a handler that throws or rejects gives -EIO, and the lock is free again', async (t) => {
  const log = logged(t)
  const r = runtime(t, '')
  t.equal(
    lunatik_run(r, () => {
      throw new TypeError('oops')
    }),
    -EIO,
  )
  t.equal(await lunatik_run(r, () => Promise.reject(new Error('later'))), -EIO)
  t.equal(
    lunatik_run(r, () => 'text' as never),
    -EIO,
  )
  t.equal(await lunatik_run(r, async () => 1.5), -EIO)
  t.strictSame(log, [
    'lunatik: TypeError: oops',
    'lunatik: Error: later',
    'lunatik: a handler returned text, which is no integer',
    'lunatik: a handler returned 1.5, which is no integer',
  ])
  t.equal(
    lunatik_run(r, () => 1),
    1,
  )
})

t.test('a Lua error outside a protected call gives -ECANCELED where a kernel crashes', async (t) => {
  const log = logged(t)
  const r = runtime(t, '')
  const top = lunatik_run(r, lua_gettop)
  t.equal(
    lunatik_run(r, (L) => {
      lua_pushstring(L, 'x')
      return luaL_checkinteger(L, -1)
    }),
    -ECANCELED,
  )
  t.match(log[0], /number expected, got string.*: raised outside a protected call, which on a kernel is a crash/)
  t.equal(lunatik_run(r, lua_gettop), top)
})

t.test('a handler that runs its own runtime again gives -EDEADLK where a kernel hangs', async (t) => {
  const log = logged(t)
  for (const sleep of [true, false]) {
    const r = runtime(t, '', sleep)
    t.equal(
      lunatik_run(r, () => lunatik_run(r, () => 1)),
      -EDEADLK,
    )
    t.match(log.at(-1), /possible recursive locking detected/)
  }
})

t.test('a handler that sleeps in a runtime that may not gives -EIO: scheduling while atomic', async (t) => {
  const log = logged(t)
  const r = runtime(t, '', false)
  t.equal(
    lunatik_run(r, () => Promise.reject(new Error('ignored'))),
    -EIO,
  )
  t.match(log[0], /^lunatik: scheduling while atomic/)
  t.equal(
    lunatik_run(r, () => 1),
    1,
  )
})

t.test('lunatik_handle runs without the lock, inside a handler, and restores the stack', async (t) => {
  const r = runtime(t, '')
  t.equal(
    lunatik_run(r, (L) => {
      lua_pop(L, lua_gettop(L))
      lua_pushinteger(L, 1)
      t.equal(lunatik_toruntime(L), r)
      t.equal(
        lunatik_handle(lunatik_toruntime(L), (L) => {
          lua_pushinteger(L, 2)
          return lua_gettop(L)
        }),
        2,
      )
      return lua_gettop(L)
    }),
    1,
  )
})

t.test('lunatik_isready is false while the script loads and true afterwards', async (t) => {
  const r = runtime(t, '')
  t.equal(
    lunatik_run(r, (L) => Number(lunatik_isready(L))),
    1,
  )
})

t.test('lunatik_stop returns 1 when it released the runtime, else 0; then lunatik_run gives -ENXIO', async (t) => {
  const r = runtime(t, '')
  lunatik_getobject(r)
  t.equal(lunatik_stop(r), 0)
  t.equal(
    lunatik_run(r, () => 1),
    -ENXIO,
  )
  t.equal(
    lunatik_handle(r, () => 1),
    -ENXIO,
  )
  t.equal(lunatik_putobject(r), 1)
})

t.test('lunatik_stop answers who sleeps and who waits with -ENXIO', async (t) => {
  const r = runtime(t, '')
  let ran = 0
  const sleeping = lunatik_run(r, () => new Promise<number>(() => {}))
  const waiting = lunatik_run(r, () => ++ran)
  t.equal(lunatik_stop(r), 1)
  t.strictSame(await Promise.all([sleeping, waiting]), [-ENXIO, -ENXIO])
  t.equal(ran, 0)
})

t.test('a handler that stops its own runtime does nothing where a kernel hangs', async (t) => {
  const log = logged(t)
  const r = runtime(t, '')
  t.equal(
    lunatik_run(r, () => lunatik_stop(r)),
    0,
  )
  t.match(log[0], /a runtime is stopped by its own handler or script/)
  t.equal(
    lunatik_run(r, () => 5),
    5,
  )
})

t.test('Lua that runs past the deadline ends with -ETIMEDOUT', async (t) => {
  const log = logged(t)
  const r = runtime(t, 'function f(n) while n == 1 do end return n end')
  lunatik_conf.deadline = 50
  t.equal(lunatik_run(r, callF, 1), -ETIMEDOUT)
  const swallow = (L: lua_State) => {
    callF(L, 1)
    return 0
  }
  t.equal(lunatik_run(r, swallow), -ETIMEDOUT)
  t.match(log, [/script.lua:1: no return within 50 ms$/], 'what the handler swallowed is logged')
  t.equal(lunatik_run(r, callF, 3), 3)
})

t.test('a handler that sleeps is not late, but Lua that spins afterwards is', async (t) => {
  logged(t)
  const r = runtime(t, 'function f(n) for i = 1, n do end while n < 0 do end return n end')
  lunatik_conf.deadline = 50
  const nap = (n: number) => async (L: lua_State) => {
    callF(L, 5000)
    await pause(80)
    return callF(L, n)
  }
  t.equal(await lunatik_run(r, nap(5000)), 5000)
  t.equal(await lunatik_run(r, nap(-1)), -ETIMEDOUT)
})

t.test('a wait for a lock in interrupt context is reported with the Lua traceback', async (t) => {
  const log = logged(t)
  const busy = runtime(t, '')
  const sleeping = lunatik_run(busy, () => new Promise<number>(() => {}))
  const irq = runtime(t, 'function f() return wait() end', false)
  let ret = 0
  lunatik_run(irq, (L) => {
    lua_pushcfunction(L, (L) => {
      ret = lunatik_run(busy, () => 1) as number
      lua_pushinteger(L, ret)
      return 1
    })
    lua_setglobal(L, 'wait')
    return callF(L, 1)
  })
  t.equal(ret, -EIO)
  t.match(log[0], /^lunatik: scheduling while atomic: a wait in.*\nstack traceback:\n.*script.lua:1: in function/s)
  lunatik_stop(busy)
  t.equal(await sleeping, -ENXIO)
})

t.test(
  'finalizers run when a state closes, in the reverse order; an error is a warning, an endless one ends',
  async (t) => {
    const log = logged(t)
    const r = runtime(
      t,
      `local function sentinel(f) keep = keep or {} keep[#keep + 1] = setmetatable({}, { __gc = f }) end
    sentinel(function() print("first made") end)
    sentinel(function() error("bad") end)
    sentinel(function() while true do end end)
    sentinel(function() print("last made") end)`,
    )
    lunatik_conf.deadline = 50
    t.equal(lunatik_stop(r), 1)
    t.match(log, [
      'last made',
      /error in __gc \(.*script.lua:4: no return within 50 ms/,
      /error in __gc \(.*script.lua:3: bad\)$/,
      'first made',
    ])
  },
)

t.test('whatever a handler throws or returns, the lock is free afterwards', async (t) => {
  logged(t)
  const r = runtime(t, '')
  const bare: unknown = Object.create(null)
  const symbol = Object.assign(new Error('x'), { name: Symbol('no string') })
  for (const thrown of [bare, symbol, null, undefined, 0]) {
    t.equal(
      lunatik_run(r, () => {
        throw thrown
      }),
      -EIO,
    )
  }
  t.equal(
    lunatik_run(r, () => bare as number),
    -EIO,
  )
  t.equal(
    lunatik_run(r, () => 1),
    1,
  )
})

t.test('a Lua error that a handler catches itself leaves nothing behind', async (t) => {
  const r = runtime(t, 'function boom() error("caught") end function f(n) return n end')
  const careless = (L: lua_State) => {
    try {
      lua_getglobal(L, 'boom')
      lua_call(L, 0, 0)
    } catch {}
    return 1
  }
  for (let i = 0; i < 100; i++) t.equal(lunatik_run(r, careless), 1)
  t.equal(lunatik_run(r, callF, 5), 5)
  const raise = (L: lua_State) => luaL_checkinteger(L, 1)
  for (let i = 0; i < 100; i++) t.throws(() => lunatik_handle(r, raise))
  t.equal(lunatik_run(r, callF, 6), 6)
})

t.test('a handler that sleeps again and again is not late', async (t) => {
  const r = runtime(t, 'function f(n) for i = 1, n do end return n end')
  lunatik_conf.deadline = 100
  t.equal(
    await lunatik_run(r, async (L) => {
      for (let i = 0; i < 4; i++) {
        callF(L, 5000)
        await pause(60)
      }
      return callF(L, 5000)
    }),
    5000,
  )
  lunatik_handle(r, callF, 5000)
  await pause(120)
  t.equal(lunatik_run(r, callF, 5000), 5000, 'nor is a call after one without the lock')
})

t.test('a script that stops its own runtime while it loads fails as others do', async (t) => {
  const log = logged(t)
  scripts(t, { 'script.lua': 'require("suicide").now()' })
  const now = (L: lua_State) => {
    lunatik_stop(lunatik_toruntime(L))
    return luaL_error(L, 'still here')
  }
  LUNATIK_NEWLIB('suicide', [{ name: 'now', func: now }], null)
  t.equal(lunatik_runtime({ value: null }, 'script', true), -EINVAL)
  t.match(log, [/stopped by its own handler or script/, /script.lua:1: still here/])
})

t.test('a script cannot keep its state from being closed', async (t) => {
  logged(t)
  const r = runtime(
    t,
    'setmetatable({}, { __gc = print }) for k in pairs(debug.getregistry()) do debug.getregistry()[k] = nil end',
  )
  t.equal(lunatik_stop(r), 1)
})

t.test('a runtime is not made in interrupt context', async (t) => {
  const log = logged(t)
  const r = runtime(t, '', false)
  t.equal(
    lunatik_run(r, () => lunatik_runtime({ value: null }, 'script', true)),
    -EINVAL,
  )
  t.match(log, [/must be called from process context/])
})
