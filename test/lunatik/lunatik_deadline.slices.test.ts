import t, { type Test } from 'tap'
import { ENXIO } from '../../src/errno.js'
import {
  lua_getglobal,
  lua_pushcfunction,
  lua_pushinteger,
  type lua_State,
  lua_setglobal,
  lua_tointeger,
} from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { drive_turns, run_preempted } from '../../src/runqueue.js'
import { abort_task, init_task, set_current, task_struct } from '../../src/sched.js'
import { runtime } from './states.js'
import '../../src/lib/luacompletion.js'

/** Makes slices so short, in ms, that there are many, until the test ends. */
function short(t: Test) {
  const { slice } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { slice }))
  lunatik_conf.slice = 0.2
}

/** Calls the global `f` with `n`, as a callback. */
function call(L: lua_State, n: number) {
  lua_getglobal(L, 'f')
  lua_pushinteger(L, n)
  return lunatik_pcall(L, 1, 1, (L, status) => (status === 0 ? (lua_tointeger(L, -1) ?? -1) : -1))
}

t.test('a call that computes is suspended, and others have their turn meanwhile', async (t) => {
  short(t)
  const slow = runtime(t, 'function f(n) local sum = 0 for i = 1, n do sum = sum + i % 7 end return sum end')
  const quick = runtime(t, 'function f(n) return n end')
  const ret = lunatik_run(slow, call, 3_000_000)
  t.type(ret, Promise)
  let others = 0
  const done = ret instanceof Promise ? ret : Promise.resolve(ret)
  let over = false
  void done.then(() => (over = true))
  while (!over) {
    t.equal(lunatik_run(quick, call, 7), 7)
    others++
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(await done, 8_999_997)
  t.ok(others > 10, `${others} calls of another runtime`)
})
t.test('wherever it may yield: coroutines, metamethods, pcall', async (t) => {
  short(t)
  const r = runtime(
    t,
    `local mt = {__index = function(t, k) local s = 0 for i = 1, 3000 do s = s + 1 end return s + k end,
      __add = function(a, b) local s = 0 for i = 1, 3000 do s = s + 1 end return s end}
     function f(n)
       local t, sum = setmetatable({}, mt), 0
       local co = coroutine.wrap(function() for i = 1, n do local s = 0 for j = 1, 3000 do s = s + 1 end coroutine.yield(s) end end)
       for i = 1, n do
         local ok, v = pcall(function() local s = 0 for j = 1, 3000 do s = s + 1 end if i % 2 == 0 then error("x") end return s end)
         sum = sum + t[i] + (t + 1) + co() + (ok and v or 0)
       end
       return sum
     end`,
  )
  t.equal(await lunatik_run(r, call, 20), 20 * 9000 + 210 + 10 * 3000)
})

t.test('where nothing else is due it goes on, until something is', async (t) => {
  short(t)
  let [looks, dueAt] = [0, Number.POSITIVE_INFINITY]
  const drive = () =>
    drive_turns(
      () => {},
      () => ++looks >= dueAt,
    )
  drive()
  t.teardown(() => drive_turns(null))
  run_preempted() // with which nothing is left of calls before
  /** Calls `f` of a runtime for a program. */
  const callFor = (task: task_struct, runtime: lunatik_object_t, n: number) => {
    set_current(task)
    const ret = lunatik_run(runtime, call, n)
    set_current(init_task)
    return ret
  }
  const computes =
    'function f(n) local sum = 0 for i = 1, n do sum = sum + i % 7 end stop() return sum end function stop() end'
  const r = runtime(t, computes)
  const task = new task_struct()
  t.equal(callFor(task, r, 300_000), 899_998, 'it returns what it gives, and no promise')
  t.ok(looks > 2, `${looks} looks`)
  t.equal(task.slices, looks)
  looks = 0
  dueAt = 2
  const later = callFor(task, r, 300_000)
  t.type(later, Promise)
  t.equal(looks, 2, 'it was suspended when something was due')
  drive_turns(null)
  t.equal(await later, 899_998)

  drive()
  dueAt = Number.POSITIVE_INFINITY
  run_preempted()
  looks = 0
  abort_task(task)
  t.equal(await callFor(task, r, 300_000), -1, 'a program that has gone')
  t.equal(looks, 0)

  const sleeper = runtime(t, 'function f(n) require("completion").new():wait() end')
  const slept = callFor(new task_struct(), sleeper, 1)
  const stops = runtime(t, `${computes} local compute = f function f(n) compute(1) return compute(n) end`)
  lunatik_run(stops, (L: lua_State) => {
    lua_pushcfunction(L, () => {
      if (!stopped) lunatik_stop(sleeper)
      stopped = true
      return 0
    })
    lua_setglobal(L, 'stop')
    return 0
  })
  let stopped = false
  run_preempted()
  const stopping = callFor(new task_struct(), stops, 300_000)
  t.type(stopping, Promise, 'whose runtime it has stopped gets its answer')
  t.equal(looks, 0, 'without a look')
  t.equal(await slept, -ENXIO)
  drive_turns(null)
  t.equal(await stopping, 899_998)
})

t.test('a slice ends early where somebody waits', async (t) => {
  const { slice } = lunatik_conf
  t.teardown(() => {
    drive_turns(null)
    Object.assign(lunatik_conf, { slice })
  })
  // No call here is as long.
  lunatik_conf.slice = 100_000
  const r = runtime(t, 'function f(n) local sum = 0 for i = 1, n do sum = sum + i % 7 end return sum end')
  let waits = false
  const drive = () =>
    drive_turns(
      () => {},
      () => false,
      () => waits,
    )
  drive()
  const callAs = (task: task_struct) => {
    set_current(task)
    const ret = lunatik_run(r, call, 3_000_000)
    set_current(init_task)
    return ret
  }
  t.equal(callAs(new task_struct()), 8_999_997)
  waits = true
  const task = new task_struct()
  const ret = callAs(task)
  t.type(ret, Promise)
  t.equal(task.slices, 1)
  waits = false
  drive_turns(null)
  t.equal(await ret, 8_999_997)
  t.equal(task.slices, 1)
})
