// How a sleep ends otherwise than by what it waits for: the runtime is stopped, the program has gone, Lua spins.
// process: its own
import t from 'tap'
import { ENXIO, ETIMEDOUT } from '../../src/errno.js'
import { lua_gettop, type lua_State } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run, lunatik_stop, lunatik_toruntime } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { abort_task, task_struct } from '../../src/sched.js'
import { callF, pause, sleeping, until, WAITS } from '../lib/devices.js'
import { logged, runtime } from './states.js'

const INTERRUPTED = 'error: interrupted: nobody waits for the answer'

t.test(
  'lunatik_stop answers who sleeps and who waits with -ENXIO, and what they waited for is called off',
  async (t) => {
    const log = logged(t)
    const r = runtime(
      t,
      `${WAITS}function f() coroutine.wrap(function() pcall(schedule, 60000) print("never") end)() end`,
    )
    const calls = [callF(r), callF(r)]
    t.equal(sleeping.count, 1)
    t.equal(lunatik_stop(r), 1)
    t.equal(sleeping.count, 0)
    t.strictSame(await Promise.all(calls), [-ENXIO, -ENXIO])
    t.strictSame(lunatik_ledger(), [])
    t.strictSame(log, [])
  },
)

t.test('a callback that has slept can not stop its own runtime either', async (t) => {
  const log = logged(t)
  const suicide = (L: lua_State) => {
    lunatik_stop(lunatik_toruntime(L))
    return 0
  }
  LUNATIK_NEWLIB('suicide', [{ name: 'now', func: suicide }], null)
  const r = runtime(
    t,
    `${WAITS}local now = require("suicide").now function f() schedule(1) now() return schedule(1) end`,
  )
  t.equal(await callF(r), 'slept')
  t.match(log, [/a runtime is stopped by its own handler or script/])
})

t.test('when the program has gone, the first sleep ends early, and the call at its second', async (t) => {
  const r = runtime(
    t,
    `${WAITS}seen = "" function f() seen = seen .. schedule(60000) pcall(schedule, 60000) seen = seen .. "never" end
     function g() return seen end`,
  )
  const top = lunatik_run(r, lua_gettop)
  const task = new task_struct()
  const call = callF(r, task)
  await pause(5)
  t.equal(sleeping.count, 1)
  abort_task(task)
  t.equal(sleeping.count, 0)
  t.equal(await call, INTERRUPTED)
  t.equal(await callF(r, undefined, 'g'), 'early')
  t.equal(lunatik_run(r, lua_gettop), top)
})

t.test('a program that goes before the first sleep ends that one early too', async (t) => {
  const r = runtime(t, `${WAITS}function f() turn() return schedule(60000) end`)
  const task = new task_struct()
  const call = callF(r, task)
  task.aborted = true
  t.equal(await call, 'early')
})

t.test('a callback that sleeps in a loop for ever ends when its program has gone, whatever it catches', async (t) => {
  for (const loop of [
    'while true do schedule(1) end',
    'while true do pcall(schedule, 1) end',
    'while true do coroutine.wrap(function() pcall(pcall, schedule, 1) end)() end',
  ]) {
    const r = runtime(t, `${WAITS}function f() ${loop} end function g() return "free" end`)
    const task = new task_struct()
    const call = callF(r, task)
    await pause(10)
    abort_task(task)
    t.equal(await call, INTERRUPTED, loop)
    t.equal(await callF(r, undefined, 'g'), 'free')
    t.equal(sleeping.count, 0)
  }
})

t.test('a coroutine that slept when its call was given up can not be taken for one that woke', async (t) => {
  const r = runtime(
    t,
    `${WAITS}co = coroutine.create(function() turn() schedule(1) return "woke" end)
     function f() schedule(60000) coroutine.resume(co) end
     function g() return select(2, coroutine.resume(co)) end`,
  )
  const task = new task_struct()
  const call = callF(r, task)
  abort_task(task)
  t.equal(await call, INTERRUPTED)
  t.match(await callF(r, undefined, 'g'), /script.lua:1: interrupted: nobody waits for the answer$/)
  t.equal(await callF(r, undefined, 'g'), 'cannot resume dead coroutine')
})

t.test(
  'a busy loop after a sleep ends with -ETIMEDOUT, also where the sleep or the loop are in a coroutine',
  async (t) => {
    logged(t)
    for (const body of [
      'schedule(1) while true do end',
      'schedule(1) while true do pcall(function() while true do end end) end',
      'coroutine.wrap(function() schedule(1) while true do end end)()',
      'coroutine.wrap(schedule)(1) while true do end',
      'pcall(coroutine.wrap(function() schedule(1) while true do end end)) while true do end',
    ]) {
      const r = runtime(
        t,
        `${WAITS}function f() ${body} end function g() for _ = 1, 5000 do end return schedule(1) end`,
      )
      lunatik_conf.deadline = 50
      t.equal(await callF(r), -ETIMEDOUT, body)
      t.equal(await callF(r, undefined, 'g'), 'slept')
    }
  },
)

t.test(
  'the runtime of a callback that failed after a sleep works as before, and the log knows where it was',
  async (t) => {
    const r = runtime(
      t,
      `${WAITS}fails = true function f() turn() if fails then fails = false error("once") end return "fine" end`,
    )
    const top = lunatik_run(r, lua_gettop)
    t.match(await callF(r), /^error: .*script.lua:1: once$/)
    t.equal(await callF(r), 'fine')
    t.equal(lunatik_run(r, lua_gettop), top)
  },
)

t.test('who waits for a runtime whose sleeper is aborted gets its turn', async (t) => {
  const r = runtime(
    t,
    `${WAITS}n = 0 function f() n = n + 1 local me = n schedule(me == 1 and 60000 or 1) return me end`,
  )
  const task = new task_struct()
  const calls = [callF(r, task), callF(r), callF(r)]
  await until(t, () => sleeping.count === 1)
  abort_task(task)
  t.strictSame(await Promise.all(calls), ['1', '2', '3'])
})
