import {
  EINVAL,
  EIO,
  ENOMEM,
  ENXIO,
  LUA_OK,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lua_getglobal,
  lua_gettop,
  lua_isnil,
  lua_pcall,
  lua_pushboolean,
  lua_pushinteger,
  type lua_State,
  lua_tointeger,
  lunatik_checknull,
  lunatik_checkruntime,
  lunatik_conf,
  lunatik_getobject,
  lunatik_handle,
  lunatik_isready,
  lunatik_ledger,
  lunatik_malloc,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
} from 'lunatik'
import t from 'tap'
import { collects } from '../engine.js'
import { inside, logged, lua, raised, runtime, scripts, unique } from './states.js'

const contexts = [
  ['process', LUNATIK_OPT_NONE],
  ['softirq', LUNATIK_OPT_SOFTIRQ],
  ['hardirq', LUNATIK_OPT_HARDIRQ],
] as const

t.test('"creates a new runtime environment then loads and runs the script"', async (t) => {
  const r = runtime(t, 'function myread(len, off) return "42" end')
  t.equal(lua(r, 'return myread(1, 0)'), '42')
  const other = runtime(t, 'x = 1')
  t.equal(lua(other, 'return tostring(myread)'), 'nil', 'an environment of its own')
})

t.test('"Otherwise, it will use a spinlock": handlers may sleep only with sleep', async (t) => {
  const log = logged(t)
  t.equal(await lunatik_run(runtime(t, '', true), async () => 1), 1)
  t.equal(await lunatik_run(runtime(t, '', false), async () => 1), -EIO)
  t.match(log, [/scheduling while atomic/])
})

t.test('"opens the Lua standard libraries present on Lunatik"', async (t) => {
  const r = runtime(t)
  t.equal(lua(r, 'return type(string.rep) .. type(table.concat) .. type(coroutine.wrap)'), 'function'.repeat(3))
  t.equal(lua(r, 'return tostring(os)'), 'nil')
})

t.test('"sets the address pointed by pruntime and Lua\'s extra space with a pointer for the runtime"', async (t) => {
  const r = runtime(t)
  t.equal(inside(r, lunatik_toruntime), r)
})

t.test('"sets the reference counter to 1 and then returns 0"', async (t) => {
  scripts(t, { 'script.lua': '' })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  t.equal(lunatik_runtime(pruntime, 'script', true), 0)
  t.equal(pruntime.value?.kref, 1)
  t.equal(lunatik_stop(pruntime.value as lunatik_object_t), 1)
})

t.test('"-EINVAL, if it fails to load or run the script": nothing is left of it', async (t) => {
  const log = logged(t)
  const dir = scripts(t, { 'syntax.lua': 'x = = 1', 'run.lua': 'error("at load")' })
  const before = lunatik_ledger().length
  for (const script of ['missing', 'syntax', 'run']) {
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    t.equal(lunatik_runtime(pruntime, script, true), -EINVAL, script)
    t.equal(pruntime.value, null)
  }
  t.equal(lunatik_ledger().length, before)
  t.strictSame(log, [
    `lunatik: cannot open ${dir}/missing.lua`,
    `lunatik: ${dir}/syntax.lua:1: unexpected symbol near '='`,
    `lunatik: ${dir}/run.lua:1: at load`,
  ])
})

t.test('"-ENOMEM, if insufficient memory is available"', async (t) => {
  const name = unique('memory')
  LUNATIK_NEWLIB(
    name,
    [
      {
        name: 'take',
        func: (L) => {
          lunatik_checknull(L, lunatik_malloc(L, lua_tointeger(L, 1)))
          return 0
        },
      },
    ],
    null,
  )
  const log = logged(t)
  // Where Lua has an allocator of its own, a new runtime uses less than half of this.
  const lua = collects ? 512 << 10 : 0
  scripts(t, { 'script.lua': `require("${name}").take(${lua + 1000})` })
  for (const [memory, ret] of [
    [lua + 999, -ENOMEM],
    [2 * lua + 1000, 0],
  ] as const) {
    lunatik_conf.memory = memory
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    t.equal(lunatik_runtime(pruntime, 'script', true), ret)
    if (pruntime.value !== null) lunatik_stop(pruntime.value)
  }
  t.match(log, [/^lunatik: .*script\.lua:1: not enough memory$/])
})

t.test('"closes the Lua state": its finalizers run', async (t) => {
  const log = logged(t)
  const r = runtime(t, 'setmetatable({}, { __gc = function() print("closed") end })')
  t.strictSame(log, [])
  lunatik_stop(r)
  t.strictSame(log, ['closed'])
})

t.test('"If the runtime environment has been released, it returns 1; otherwise, it returns 0"', async (t) => {
  const r = runtime(t)
  lunatik_getobject(r)
  t.equal(lunatik_stop(r), 0)
  t.equal(r.kref, 1)
  t.equal(lunatik_putobject(r), 1)
})

t.test('"passing the associated Lua state as the first argument followed by the variadic arguments"', async (t) => {
  const r = runtime(t)
  const seen: unknown[] = []
  lunatik_run(
    r,
    (L: lua_State, a: string, b: object | null) => {
      seen.push(lunatik_toruntime(L), a, b)
      return 0
    },
    'a',
    null,
  )
  t.strictSame(seen, [r, 'a', null])
})

t.test('"If the Lua state has been closed, ret is set with -ENXIO"', async (t) => {
  const r = runtime(t)
  lunatik_getobject(r)
  lunatik_stop(r)
  let ran = 0
  t.equal(
    lunatik_run(r, () => ++ran),
    -ENXIO,
  )
  t.equal(
    lunatik_handle(r, () => ++ran),
    -ENXIO,
  )
  t.equal(ran, 0)
  lunatik_putobject(r)
})

t.test('"otherwise, ret is set with the result of handler(L, ...)", also a negative one', async (t) => {
  const r = runtime(t)
  for (const n of [0, 1, -1, 2 ** 40])
    t.equal(
      lunatik_run(r, () => n),
      n,
    )
})

t.test('"restores the Lua stack and unlocks the runtime environment", whatever the handler left', async (t) => {
  const log = logged(t)
  const r = runtime(t, 'function fail() error("x") end')
  const top = lunatik_run(r, lua_gettop)
  lunatik_run(r, (L) => {
    for (let i = 0; i < 10; i++) lua_pushinteger(L, i)
    return 0
  })
  t.equal(lunatik_run(r, lua_gettop), top)
  lunatik_run(r, (L) => {
    lua_getglobal(L, 'fail')
    return lua_pcall(L, 0, 0, 0) === LUA_OK ? 0 : -EINVAL
  })
  t.equal(lunatik_run(r, lua_gettop), top)
  t.equal(
    lunatik_run(r, (L) => {
      lua_pushinteger(L, 1)
      throw new Error('thrown')
    }),
    -EIO,
  )
  t.equal(lunatik_run(r, lua_gettop), top)
  t.notOk(r.lock.locked)
  t.strictSame(log, ['lunatik: Error: thrown'])
})

t.test('"locks the runtime environment": a sleeping handler keeps the next one out', async (t) => {
  const r = runtime(t)
  const order: string[] = []
  const first = lunatik_run(r, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    order.push('first')
    return 0
  })
  const second = lunatik_run(r, () => order.push('second'))
  await Promise.all([first, second])
  t.strictSame(order, ['first', 'second'])
})

t.test('"Use this when ... calling from within a lunatik_run handler": lunatik_handle takes no lock', async (t) => {
  const r = runtime(t)
  t.equal(
    lunatik_run(r, (L) => lunatik_handle(lunatik_toruntime(L), (_L, n: number) => n + 1, 41) as number),
    42,
  )
  lunatik_handle(r, () => {
    t.notOk(r.lock.locked)
    return 0
  })
})

t.test('"Returns the runtime environment referenced by L\'s extra space", in coroutines too', async (t) => {
  const name = unique('seen')
  const seen: unknown[] = []
  LUNATIK_NEWLIB(name, [{ name: 'note', func: (L) => seen.push(lunatik_toruntime(L)) * 0 }], null)
  const r = runtime(t, `local note = require("${name}").note; note(); coroutine.wrap(note)()`)
  t.equal(seen.length, 2)
  t.ok(seen.every((object) => object === r))
})

t.test('"Returns true if the script associated with L has finished loading"', async (t) => {
  const name = unique('ready')
  LUNATIK_NEWLIB(
    name,
    [
      {
        name: 'isready',
        func: (L) => {
          lua_pushboolean(L, lunatik_isready(L))
          return 1
        },
      },
    ],
    null,
  )
  const r = runtime(t, `isready = require("${name}").isready; atload = isready()`)
  t.equal(lua(r, 'return tostring(atload)'), 'false')
  t.equal(lua(r, 'return tostring(isready())'), 'true')
})

t.test('"raises a Lua error if its context does not match opt": each class in each runtime', async (t) => {
  for (const [runtimeContext, sleep] of contexts) {
    const r = runtime(t, '', sleep)
    for (const [classContext, opt] of contexts) {
      const message = raised(r, (L) => t.equal(lunatik_checkruntime(L, opt), r))
      t.equal(message, sleep === opt ? null : 'runtime context mismatch', `${classContext} in ${runtimeContext}`)
    }
  }
})

t.test('a global that the script never set is nil in the handler', async (t) => {
  t.ok(
    inside(runtime(t), (L) => {
      lua_getglobal(L, 'mywrite')
      return lua_isnil(L, -1)
    }),
  )
})

t.test('a __gc that raises is a warning, and the others still run, in the reverse order of their making', async (t) => {
  const log = logged(t)
  const r = runtime(
    t,
    `for i = 1, 3 do
       setmetatable({}, { __gc = function() if i == 2 then error("from two") end print(i) end })
     end`,
  )
  t.equal(lunatik_stop(r), 1)
  t.match(log, ['3', /^lunatik: error in __gc \(.*script\.lua:2: from two\)$/, '1'])
  t.equal(log.length, 3)
})
