// Methods of MONITOR classes that sleep, and that wait for a lock which another runtime's call holds.
import t, { type Test } from 'tap'
import { ENXIO } from '../../src/errno.js'
import { luaL_checkinteger } from '../../src/lua/lauxlib.js'
import { lua_callk, lua_gettop, lua_pushstring, type lua_State, lua_setglobal } from '../../src/lua/lua.js'
import { lunatik_run, lunatik_runtime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_createobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../../src/lunatik/lunatik_obj.js'
import { lunatik_closeobject, lunatik_deleteobject, lunatik_pushobject } from '../../src/lunatik/lunatik_userdata.js'
import { lunatik_waitk } from '../../src/lunatik/lunatik_wait.js'
import { abort_task, task_struct } from '../../src/sched.js'
import { callF, pause, sleeping, until, WAITS } from '../lib/devices.js'
import { logged, scripts } from './states.js'

/** `o:nap(ms)`: sleeps with the object's lock held. */
const nap = (L: lua_State) => {
  const ms = luaL_checkinteger(L, 2)
  return lunatik_waitk<string>(
    L,
    (wake) => {
      sleeping.count++
      const timer = setTimeout(() => {
        sleeping.count--
        wake('napped')
      }, ms)
      return () => {
        sleeping.count--
        clearTimeout(timer)
        return 'early'
      }
    },
    (L, value) => {
      lua_pushstring(L, value)
      return 1
    },
  )
}

/** `o:with(f, ...)`: calls f with the object's lock held; what f does may sleep. */
const withLock = (L: lua_State) => {
  const results = (L: lua_State) => lua_gettop(L) - 1
  lua_callk(L, lua_gettop(L) - 2, -1, results)
  return results(L)
}

const methods = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'nap', func: nap },
  { name: 'with', func: withLock },
  { name: 'quick', func: () => 0 },
  { name: 'close', func: lunatik_closeobject },
  { name: '__close', func: lunatik_closeobject },
]
const gate: lunatik_class_t<object> = { name: 'gate', methods, opt: LUNATIK_OPT_MONITOR }
LUNATIK_NEWLIB('gate', [], LUNATIK_CLASSES('gate', gate))
const spin: lunatik_class_t<object> = { name: 'spin', methods, opt: LUNATIK_OPT_MONITOR | LUNATIK_OPT_SOFTIRQ }
LUNATIK_NEWLIB('spin', [], LUNATIK_CLASSES('spin', spin))

/** Runtimes of scripts with these texts, which all have the same objects as globals `a` and `b`. */
function sharing(
  t: Test,
  ...texts: string[]
): { runtimes: lunatik_object_t[]; a: lunatik_object_t; b: lunatik_object_t } {
  scripts(t, Object.fromEntries(texts.map((text, i) => [`s${i}.lua`, WAITS + text])))
  const made = [0, 1].map(() => lunatik_createobject<object>(gate, {}, LUNATIK_OPT_NONE) as lunatik_object_t)
  const [a, b] = made as [lunatik_object_t, lunatik_object_t]
  const runtimes = texts.map((_, i) => {
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    lunatik_runtime(pruntime, `s${i}`, true)
    const r = pruntime.value as lunatik_object_t
    lunatik_run(r, (L) => {
      lunatik_pushobject(L, a)
      lua_setglobal(L, 'a')
      lunatik_pushobject(L, b)
      lua_setglobal(L, 'b')
      return 0
    })
    return r
  })
  t.teardown(() => {
    for (const r of runtimes) if (r.private !== null) lunatik_stop(r)
    for (const object of made) {
      if (object.lock.locked) throw new Error('a lock is kept')
      if (lunatik_putobject(object) !== 1) throw new Error('an object is kept')
    }
  })
  return { runtimes, a, b }
}

t.test('a method sleeps with its object locked; who calls one meanwhile waits, in order', async (t) => {
  const log = logged(t)
  const f = 'function f() print("comes") local r = a:nap(20) print(r) return r end'
  const { runtimes, a } = sharing(t, f, f, f)
  const calls = runtimes.map((r) => callF(r))
  t.ok(a.lock.locked)
  t.strictSame(await Promise.all(calls), ['napped', 'napped', 'napped'])
  t.strictSame(log, ['comes', 'comes', 'comes', 'napped', 'napped', 'napped'])
})

t.test('a method passes on what sleeps below it, its results and its errors', async (t) => {
  const {
    runtimes: [r],
  } = sharing(
    t,
    `function f() return a:with(function(x) schedule(1) return x .. "!" end, "x") end
     function g() local ok, m = pcall(a.with, a, function() schedule(1) error("late", 0) end) return m .. a:nap(1) end
     function h() return select(2, pcall(function() a:nap("x") end)) end`,
  )
  t.equal(await callF(r as lunatik_object_t), 'x!')
  t.equal(await callF(r as lunatik_object_t, undefined, 'g'), 'latenapped')
  t.match(
    await callF(r as lunatik_object_t, undefined, 'h'),
    /bad argument #2 to 'nap' \(number expected, got string\)/,
  )
})

t.test('what closes an object waits for the method that sleeps', async (t) => {
  const { runtimes, a } = sharing(
    t,
    'function f() return a:nap(20) end',
    `function f() a:close() return "closed" end
     function g() getmetatable(a).__close(a) return "closed" end`,
  )
  const [holder, closer] = runtimes as [lunatik_object_t, lunatik_object_t]
  for (const name of ['f', 'g']) {
    a.private = {}
    const calls = [callF(holder), callF(closer, undefined, name)]
    t.not(a.private, null, 'it is not released under the method')
    t.strictSame(await Promise.all(calls), ['napped', 'closed'])
    t.equal(a.private, null)
    t.notOk(a.lock.locked)
  }
})

t.test('the lock is passed on when the holder’s runtime is stopped', async (t) => {
  const { runtimes } = sharing(t, 'function f() a:nap(60000) end', 'function f() return a:nap(1) end')
  const [holder, waiter] = runtimes as [lunatik_object_t, lunatik_object_t]
  const calls = [callF(holder), callF(waiter)]
  await until(t, () => sleeping.count === 1)
  lunatik_stop(holder)
  t.strictSame(await Promise.all(calls), [-ENXIO, 'napped'])
})

t.test('and when the holder’s program has gone', async (t) => {
  const { runtimes } = sharing(t, 'function f() while true do a:nap(60000) end end', 'function f() return a:nap(1) end')
  const [holder, waiter] = runtimes as [lunatik_object_t, lunatik_object_t]
  const task = new task_struct()
  const calls = [callF(holder, task), callF(waiter)]
  abort_task(task)
  t.strictSame(await Promise.all(calls), ['error: interrupted: nobody waits for the answer', 'napped'])
})

t.test('and when the holder’s call is given up in the midst of it', async (t) => {
  const { runtimes, a } = sharing(
    t,
    'function f() a:with(function() while true do schedule(60000) end end) end',
    'function f() return a:nap(60000) end',
  )
  const [holder, next] = runtimes as [lunatik_object_t, lunatik_object_t]
  const task = new task_struct()
  const call = callF(holder, task)
  const later = callF(next)
  t.equal(a.lock.owner, task)
  abort_task(task)
  t.equal(await call, 'error: interrupted: nobody waits for the answer')
  await until(t, () => sleeping.count === 1)
  const { owner } = a.lock
  t.not(owner, null)
  lunatik_stop(holder)
  t.equal(a.lock.owner, owner, 'what it gave back is not given back again')
  lunatik_stop(next)
  t.equal(await later, -ENXIO)
})

t.test('who is stopped, or whose program goes, while it waits for the lock never gets it', async (t) => {
  const wait = 'function f() return a:nap(1) end'
  const { runtimes } = sharing(t, 'function f() return a:nap(40) end', wait, wait, wait)
  const [holder, stopped, aborted, last] = runtimes as [
    lunatik_object_t,
    lunatik_object_t,
    lunatik_object_t,
    lunatik_object_t,
  ]
  const task = new task_struct()
  const calls = [callF(holder), callF(stopped), callF(aborted, task), callF(last)]
  lunatik_stop(stopped)
  abort_task(task)
  t.strictSame(await Promise.all(calls), ['napped', -ENXIO, 'error: EINTR', 'napped'])
})

t.test('a program that goes for good before it waits for the lock leaves it to others', async (t) => {
  const { runtimes } = sharing(
    t,
    'function f() return a:nap(40) end',
    'function f() pcall(schedule, 60000) a:quick() end',
    'function f() return a:nap(1) end',
  )
  const [holder, gone, last] = runtimes as [lunatik_object_t, lunatik_object_t, lunatik_object_t]
  const task = new task_struct()
  const calls = [callF(holder), callF(gone, task)]
  abort_task(task)
  calls.push(callF(last))
  t.strictSame(await Promise.all(calls), ['napped', 'error: interrupted: nobody waits for the answer', 'napped'])
})

t.test('two runtimes that wait for each other: the second gets an error, and both go on', async (t) => {
  const log = logged(t)
  const { runtimes } = sharing(
    t,
    'function f() return a:with(function() schedule(5) b:quick() return "first" end) end',
    'function f() return b:with(function() schedule(50) a:quick() return "second" end) end',
  )
  const [one, two] = await Promise.all(runtimes.map((r) => callF(r)))
  t.equal(one, 'first')
  t.match(two, /^error: .*s1.lua:1: possible recursive locking detected: on a kernel this call would never return$/)
  t.match(log, [/possible recursive locking detected/])
})

t.test('a method that asks for its own object again gets an error, before and after a sleep', async (t) => {
  logged(t)
  const { runtimes } = sharing(
    t,
    'function f() return select(2, pcall(a.with, a, function() a:quick() end)) end',
    'function f() return select(2, pcall(a.with, a, function() schedule(1) a:quick() end)) end',
  )
  for (const r of runtimes) t.match(await callF(r), /possible recursive locking detected/)
})

t.test('where the lock can not be waited for, the method raises, and nobody is left waiting', async (t) => {
  const { runtimes, a } = sharing(
    t,
    'function f() return a:nap(20) end',
    'function f() return select(2, xpcall(error, function() return select(2, pcall(a.quick, a)) end)) end',
  )
  const [holder, waiter] = runtimes as [lunatik_object_t, lunatik_object_t]
  const held = callF(holder)
  t.match(await callF(waiter), /can't sleep here/)
  t.equal(await held, 'napped')
  await pause(5)
  t.notOk(a.lock.locked)
})

t.test('a softirq runtime does not wait for a lock that is held', async (t) => {
  const log = logged(t)
  scripts(t, { 'irq.lua': 'function f() return select(2, pcall(o.quick, o)) end' })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  lunatik_runtime(pruntime, 'irq', false)
  const r = pruntime.value as lunatik_object_t
  const object = lunatik_createobject<object>(spin, {}, LUNATIK_OPT_NONE) as lunatik_object_t
  lunatik_run(r, (L) => {
    lunatik_pushobject(L, object)
    lua_setglobal(L, 'o')
    return 0
  })
  t.ok(object.lock.trylock())
  object.lock.sleeps()
  t.match(await callF(r), /scheduling while atomic: the object is locked/)
  t.match(log, [/^lunatik: scheduling while atomic: .*\nstack traceback:/s])
  object.lock.unlock()
  t.equal(await callF(r), 'null')
  lunatik_stop(r)
  lunatik_putobject(object)
})
