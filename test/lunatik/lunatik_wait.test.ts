// Where Lua may sleep, and where not.
// process: its own
import t from 'tap'
import { EINVAL } from '../../src/errno.js'
import { LUA_OK, lua_getglobal, lua_pcall, type lua_State, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import {
  lunatik_newruntime,
  type lunatik_newruntime_t,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
} from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_ledger,
  type lunatik_object_t,
} from '../../src/lunatik/lunatik_obj.js'
import { lunatik_waitk } from '../../src/lunatik/lunatik_wait.js'
import { as, callF, pause, sleeping, until, WAITS } from '../lib/devices.js'
import { logged, runtime, scripts } from './states.js'

/** Each is a function body that sleeps at least once, and what it returns. */
const places: Record<string, readonly [body: string, result: string]> = {
  'in the callback itself': ['return schedule(1)', 'slept'],
  'twice in one expression': ['return schedule(1) .. schedule(1)', 'sleptslept'],
  'below pcall': ['return select(2, pcall(schedule, 1)) .. select(3, pcall(pcall, schedule, 1))', 'sleptslept'],
  'below pcall, and an error comes after it': [
    'return tostring(pcall(function() schedule(1) error("late", 0) end)) .. select(2, pcall(function() turn() error("later", 0) end))',
    'falselater',
  ],
  'below xpcall, whose handler sees an error that comes after it': [
    'return select(2, xpcall(function() schedule(1) error("late", 0) end, function(m) return "handled " .. m end))',
    'handled late',
  ],
  'below xpcall, with its arguments and results': [
    'return select(3, xpcall(function(a, b) schedule(1) return a, b end, print, "a", "b"))',
    'b',
  ],
  'in __index': ['return setmetatable({}, {__index = function(_, k) schedule(1) return k .. "!" end}).key', 'key!'],
  'in __newindex': [
    'local kept local t = setmetatable({}, {__newindex = function(_, k, v) schedule(1) kept = k .. v end}) t.k = "v" return kept',
    'kv',
  ],
  'in __call': ['return setmetatable({}, {__call = function(_, a) return schedule(1) .. a end})("x")', 'sleptx'],
  'in __eq': [
    'local mt = {__eq = function() schedule(1) return true end} return tostring(setmetatable({}, mt) == setmetatable({}, mt)) .. tostring(setmetatable({}, mt) ~= setmetatable({}, mt))',
    'truefalse',
  ],
  'in __lt, as a value and as a condition': [
    'local mt = {__lt = function() schedule(1) return true end} local a, b = setmetatable({}, mt), setmetatable({}, mt) local r = a < b if not (a > b) then r = "wrong" end return tostring(r)',
    'true',
  ],
  'in __le': [
    'local mt = {__le = function() schedule(1) return false end} local a = setmetatable({}, mt) if a <= a then return "wrong" end return "not less"',
    'not less',
  ],
  'in __concat, in the middle of several': [
    'local t = setmetatable({}, {__concat = function(a, b) schedule(1) return (type(a) == "string" and a or "T") .. (type(b) == "string" and b or "T") end}) return "a" .. "b" .. t .. "c" .. "d"',
    'abTcd',
  ],
  'in __add, __unm and __len': [
    'local t = setmetatable({}, {__add = function(_, n) schedule(1) return n + 1 end, __unm = function() schedule(1) return 10 end, __len = function() schedule(1) return 100 end}) return (t + 1) + -t + #t .. ""',
    '112',
  ],
  'in the iterator of a generic for': [
    'local r = "" for i, v in function(_, i) schedule(1) if i < 3 then return i + 1, "v" .. i end end, nil, 0 do r = r .. i .. v end return r',
    '1v02v13v2',
  ],
  'in the body of loops': [
    'local r = "" for i = 1, 3 do turn() r = r .. i end while #r < 5 do turn() r = r .. "w" end return r',
    '123ww',
  ],
  'in a tail call': [
    'local function f(n) turn() if n == 0 then return "end" end return f(n - 1) end return f(20)',
    'end',
  ],
  'below require, dofile and load': [
    'package.preload.m = function() return schedule(1) end return require("m") .. load("return ...")(schedule(1))',
    'sleptslept',
  ],
  'in a coroutine that resume runs': [
    'local co = coroutine.create(function(a) return a, schedule(1) end) return select(3, coroutine.resume(co, 1)) .. coroutine.status(co)',
    'sleptdead',
  ],
  'in a coroutine that wrap made, between its yields': [
    'local f = coroutine.wrap(function() for i = 1, 3 do schedule(1) coroutine.yield(i) end return "end" end) return f() .. f() .. f() .. f()',
    '123end',
  ],
  'three coroutines deep': [
    `local r = coroutine.wrap(function() return coroutine.wrap(function() return coroutine.wrap(function()
       coroutine.yield(schedule(1)) return schedule(1) .. "!" end) end)() end)()
     return r() .. r()`,
    'sleptslept!',
  ],
  'below all of them': [
    `local mt = {__index = function() for v in function(_, last) if not last then return schedule(1) end end do
       return select(2, pcall(function() return coroutine.wrap(function() return schedule(1) .. v end)() end)) end end}
     return setmetatable({}, mt).x`,
    'sleptslept',
  ],
}

for (const [place, [body, result]] of Object.entries(places)) {
  t.test(`Lua sleeps ${place}`, async (t) => {
    t.equal(await callF(runtime(t, `${WAITS}function f() ${body} end`)), result)
  })
}

t.test('what runs in the coroutine library sees no difference from the main thread', async (t) => {
  const r = runtime(
    t,
    `${WAITS}function f() schedule(1) local _, main = coroutine.running() return tostring(main) .. tostring(coroutine.isyieldable())
       .. select(2, pcall(coroutine.yield)) end`,
  )
  t.equal(await callF(r), 'truefalseattempt to yield from outside a coroutine')
})

/** Each keeps Lua from sleeping, and says so. */
const refused: Record<string, string> = {
  'below pcall in a message handler':
    'error(select(2, xpcall(error, function() return select(2, pcall(schedule, 1)) end, "x")))',
  'in a coroutine below pcall in a message handler':
    'error(select(2, xpcall(error, function() return select(2, pcall(coroutine.wrap(schedule), 1)) end, "x")))',
}

for (const [place, body] of Object.entries(refused)) {
  t.test(`Lua does not sleep ${place}, and goes on to where it may`, async (t) => {
    const r = runtime(t, `${WAITS}function f() local _, m = pcall(function() ${body} end) return m .. schedule(1) end`)
    t.match(await callF(r), /can't sleep here: below a finalizer, pcall in a message handler, .*slept$/)
    t.equal(sleeping.count, 0)
  })
}

t.test('nor below a handler’s own lua_pcall, nor in a finalizer', async (t) => {
  const log = logged(t)
  const r = runtime(t, `${WAITS}function f() schedule(1) end keep = setmetatable({}, {__gc = f})`)
  let message: string | null = null
  lunatik_run(r, (L) => {
    lua_getglobal(L, 'f')
    t.not(lua_pcall(L, 0, 0, 0), LUA_OK)
    message = lua_tostring(L, -1)
    return 0
  })
  t.match(message, /can't sleep here: .* a C function's lua_pcall/)
  t.equal(lunatik_stop(r), 1)
  t.match(log, [/error in __gc \(.*can't sleep here/])
})

for (const [context, opt] of [
  ['softirq', LUNATIK_OPT_SOFTIRQ],
  ['hardirq', LUNATIK_OPT_HARDIRQ],
] as const) {
  t.test(`a ${context} runtime does not sleep: the log has the Lua traceback`, async (t) => {
    const log = logged(t)
    const dir = scripts(t, { 'atomic.lua': `${WAITS}\nfunction inner() schedule(1) end\nfunction f() inner() end` })
    const { runtime } = (await lunatik_newruntime('atomic', opt)) as { runtime: lunatik_object_t }
    t.match(await callF(runtime), /^error: .*atomic.lua:2: scheduling while atomic: this runtime may not sleep/)
    t.match(log, [
      new RegExp(
        `^lunatik: scheduling while atomic: .*\nstack traceback:\n.*${dir}/atomic.lua:2: .*\n.*${dir}/atomic.lua:3: `,
        's',
      ),
    ])
    t.equal(lunatik_stop(runtime), 1)
  })
}

t.test('a script sleeps while it loads: lunatik_newruntime waits for it', async (t) => {
  scripts(t, {
    'slow.lua': `${WAITS}schedule(20) x = require("part") function f() return x end`,
    'part.lua': `${WAITS}return schedule(1)`,
    'failing.lua': `${WAITS}schedule(1)\nerror("late")`,
  })
  const made = as(() => lunatik_newruntime('slow', LUNATIK_OPT_NONE))
  t.ok(made instanceof Promise)
  const { ret, runtime, message } = await made
  t.strictSame([ret, message], [0, null])
  t.equal(await callF(runtime as lunatik_object_t), 'slept')
  lunatik_stop(runtime as lunatik_object_t)
  const failed = (await as(() => lunatik_newruntime('failing', LUNATIK_OPT_NONE))) as lunatik_newruntime_t
  t.strictSame([failed.ret, failed.runtime], [-EINVAL, null])
  t.match(failed.message, /failing.lua:2: late$/)
  t.strictSame(lunatik_ledger(), [])
})

t.test('lunatik_runtime gives -EINVAL for such a script, and nothing is left once it has loaded', async (t) => {
  const log = logged(t)
  scripts(t, { 'slow.lua': `${WAITS}schedule(1)` })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  t.equal(lunatik_runtime(pruntime, 'slow', true), -EINVAL)
  t.equal(pruntime.value, null)
  t.match(log, [/lunatik_runtime\("slow"\): the script sleeps while it loads/])
  await until(t, () => lunatik_ledger().length === 0)
})

t.test('the lock is held over a sleep, in the order of arrival, and other runtimes go on', async (t) => {
  const log = logged(t)
  const r = runtime(
    t,
    `${WAITS}n = 0 function f() n = n + 1 local me = n print("in", me) schedule(20) print("out", me) end`,
  )
  const other = runtime(t, 'function f() print("other") end')
  const calls = [callF(r), callF(r), callF(r)]
  await callF(other)
  await Promise.all(calls)
  t.strictSame(log, ['in\t1', 'other', 'out\t1', 'in\t2', 'out\t2', 'in\t3', 'out\t3'])
})

t.test('a hundred runtimes sleep at once', async (t) => {
  scripts(t, { 'script.lua': `${WAITS}function f() return schedule(100) end` })
  const runtimes = Array.from({ length: 100 }, () => {
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    lunatik_runtime(pruntime, 'script', true)
    return pruntime.value as lunatik_object_t
  })
  const calls = runtimes.map((r) => callF(r))
  t.equal(sleeping.count, 100)
  t.strictSame(new Set(await Promise.all(calls)), new Set(['slept']))
  for (const r of runtimes) lunatik_stop(r)
})

t.test('what has come before the wait begins is not waited for', async (t) => {
  const now = (L: lua_State) => lunatik_waitk<number>(L, begin, () => 0)
  const begin = (wake: (value: number) => void) => {
    wake(1)
    return () => 0
  }
  LUNATIK_NEWLIB('ready', [{ name: 'now', func: now }], null)
  const r = runtime(t, 'local now = require("ready").now function f() for _ = 1, 1000 do now() end return "done" end')
  t.equal(await callF(r), 'done')
})

t.test('what k raises comes out of the function that slept', async (t) => {
  const raise = (L: lua_State) =>
    lunatik_waitk<string>(
      L,
      (wake) => {
        setImmediate(wake, 'thrown by k')
        return () => ''
      },
      (_, text) => {
        throw new Error(text)
      },
    )
  LUNATIK_NEWLIB('raising', [{ name: 'wait', func: raise }], null)
  const r = runtime(
    t,
    'local wait = require("raising").wait function f() local _, m = pcall(wait) return m end function g() wait() end',
  )
  t.equal(await callF(r), 'thrown by k')
  t.equal(await callF(r, undefined, 'g'), 'error: thrown by k')
  t.equal(await callF(r), 'thrown by k')
})

t.test('the deadline is for each stretch of Lua: sleeping does not count', async (t) => {
  const r = runtime(t, `${WAITS}function f() for _ = 1, 4 do schedule(60) for i = 1, 5000 do end end return "done" end`)
  lunatik_conf.deadline = 100
  t.equal(await callF(r), 'done')
})

t.test('ten thousand sleeps leave no memory behind', async (t) => {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const r = runtime(
    t,
    `${WAITS}function f() for _ = 1, 100 do turn() coroutine.wrap(function() turn() end)() end return "done" end`,
  )
  const used = async (calls: number) => {
    for (let i = 0; i < calls; i++) t.equal(await callF(r), 'done')
    await pause(10)
    gc()
    return process.memoryUsage().heapUsed
  }
  const before = await used(50)
  const grown = (await used(50)) - before
  t.ok(grown < 500_000, `${grown} bytes`)
})
