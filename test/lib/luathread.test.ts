// Threads that scripts run, ask and stop.
import t, { type Test } from 'tap'
import { ENXIO } from '../../src/errno.js'
import { luathread_exit } from '../../src/lib/luathread.js'
import { lua_setglobal } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, lunatik_ledger, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_pushobject } from '../../src/lunatik/lunatik_userdata.js'
import { task_struct } from '../../src/sched.js'
import { logged, scripts } from '../lunatik/states.js'
import { callF, pause, sleeping, until, WAITS } from './devices.js'
import { agrees, evaluator } from './eval.js'
import '../../src/lib/luacompletion.js'
import '../../src/lib/luadata.js'
import '../../src/lib/luarcu.js'

/** What the threads run in. `shared` is the rcu table that all of a test's runtimes see. */
const THREAD = `${WAITS} local thread, env = require("thread"), require("lunatik")._ENV `

const files = {
  'naps.lua': `${THREAD} return function()
    print("in " .. tostring(thread.shouldstop())) print(schedule(60000) .. " " .. tostring(thread.shouldstop())) end`,
  'short.lua': `${THREAD} return function() print("in") end`,
  'gets.lua': `${THREAD} return function(...)
    local done, table = ... print(select("#", ...), table.word) done:complete() end`,
  'yields.lua': `${THREAD} return function() coroutine.yield(1) print("again") end`,
  'late.lua': `${THREAD} return function() schedule(60000) error("late") end`,
  'locks.lua': `${THREAD} return function() schedule(60000) print(pcall(env.held.task, env.held)) end`,
  'restless.lua': `${THREAD} return function() while true do schedule(60000) end end`,
  'spins.lua': `${THREAD} return function() while true do end end`,
  'computes.lua': `${THREAD} return function() while not thread.shouldstop() do end print("asked") end`,
  'counts.lua': `${THREAD} return function() while not thread.shouldstop() do schedule(1) env.counted = env end end`,
  'own.lua': `${THREAD} return function() schedule(1) print(pcall(env.held.stop, env.held)) end`,
  'asks.lua': `${THREAD} return function() local c = require("completion").new() print(c:wait()) end`,
  'self.lua': `${THREAD}
    function waits() held = thread.run(self, "self") schedule(1) print("slept") return "ran" end
    function never() local t = thread.run(self, "self") t:stop() return "nothing" end
    -- Between two sleeps the event loop turns, so that the thread has begun.
    function hangs() local t = thread.run(self, "self") schedule(1) schedule(1) return select(2, pcall(t.stop, t)) end
    return function() while true do print("body") coroutine.yield() end end`,
}

/** A runtime whose `f` has this body, with `run(script)`, which gives a thread and its runtime. */
function main(t: Test, body: string): lunatik_object_t {
  const text = `${THREAD} local lunatik = require("lunatik")
    local function run(script) local rt = lunatik.runtime(script) return thread.run(rt, "dev/" .. script), rt end
    function f() ${body} end`
  scripts(t, { ...files, 'main.lua': text })
  const made = lunatik_newruntime('main', LUNATIK_OPT_NONE)
  if (made instanceof Promise || made.runtime === null) throw new Error('not made')
  const { runtime } = made
  t.teardown(() => runtime.private !== null && lunatik_stop(runtime))
  return runtime
}

const nameless = (line: string) => line.replace(/\[0{8}[0-9a-f]{8}\]/, '[PTR]')

t.afterEach(() => {
  luathread_exit()
  if (sleeping.count > 0) throw new Error('something sleeps on')
})

t.test('what the module has, and a task that is none of its threads', async (t) => {
  const log = logged(t)
  agrees(
    t,
    evaluator(t),
    `
    keys(require("thread"))  =>  "current run shouldstop"
    require("thread").shouldstop()  =>  false
    keys(getmetatable(require("thread").current()))  =>  "__gc __index stop task"
    type(require("thread").current():task()), keys(require("thread").current():task())  =>  "table"  "command cpu pid tgid"
    require("thread").current():task().pid == require("thread").current():task().tgid  =>  true
    require("thread").current():task().cpu, #require("thread").current():task().command > 0  =>  1  true
    require("thread").current():stop()  =>
    require("thread").run(5, "name")  =>  ERROR "chunk:1: bad argument #1 to 'run' (invalid object)"
    require("thread").run(require("thread").current(), "name")  =>  ERROR "chunk:1: bad argument #1 to 'run' (invalid object)"
    require("thread").run(require("completion").new(), "name")  =>  ERROR "chunk:1: bad argument #1 to 'run' (IRQ runtime cannot spawn threads)"
    `,
  )
  t.strictSame(log.map(nameless), ["luathread: [PTR] thread wasn't created by us"])
})

t.test('a script that is loading can run no thread', async (t) => {
  scripts(t, {
    'main.lua': 'local run = require("thread").run print((select(2, pcall(function() run() end))):match("bad.*"))',
  })
  const log = logged(t)
  const made = lunatik_newruntime('main', LUNATIK_OPT_NONE)
  if (!(made instanceof Promise) && made.runtime !== null) lunatik_stop(made.runtime)
  t.strictSame(log, ["bad argument #1 to 'run' (not allowed during module load)"])
})

t.test('a runtime that may not sleep has no threads', async (t) => {
  const r = main(t, 'return select(2, pcall(thread.run, lunatik.runtime("short", "softirq"), "x"))')
  t.match(await callF(r), /\(IRQ runtime cannot spawn threads\)$/)
})

t.test('stop wakes a thread, which is told, and returns when it has ended', async (t) => {
  const log = logged(t)
  const r = main(
    t,
    `local t = run("naps") local task = t:task()
     print(task.command, task.cpu, task.pid > 4194304, task.pid == task.tgid, thread.shouldstop())
     print(t:stop()) t:stop() return select(2, pcall(t.task, t))`,
  )
  t.match(await callF(r), /null pointer dereference/)
  t.strictSame(log.map(nameless), [
    'dev/naps\t0\ttrue\ttrue\tfalse',
    'in false',
    'early true',
    '',
    'luathread: [PTR] thread has already stopped',
  ])
  lunatik_stop(r)
  t.strictSame(lunatik_ledger(), [])
})

t.test('a completion’s wait ends as well', async (t) => {
  const log = logged(t)
  t.equal(await callF(main(t, 'run("asks"):stop() return "stopped"')), 'stopped')
  t.strictSame(log, ['nil\tinterrupt'])
})

t.test('a thread runs on without its object and without the script that ran it', async (t) => {
  const log = logged(t)
  const r = main(t, 'run("naps")')
  await callF(r)
  lunatik_stop(r)
  await until(t, () => sleeping.count === 1)
  luathread_exit()
  t.strictSame(log, ['in false', 'early true'])
  await pause(1)
  t.strictSame(lunatik_ledger(), [])
})

t.test('what the function yields or returns is dropped, and the runtime’s resume goes on there', async (t) => {
  const log = logged(t)
  const r = main(
    t,
    `local t, rt = run("yields") schedule(1) t:stop() rt:resume()
     local _, dead = pcall(rt.resume, rt) local t = thread.run(rt, "dead") schedule(1) t:stop() return dead`,
  )
  t.equal(await callF(r), 'cannot resume dead coroutine')
  t.strictSame(log.map(nameless), [
    'luathread: [PTR] thread has already stopped',
    'again',
    'luathread: [PTR] attempt to call a nil value',
    'luathread: [PTR] thread has already stopped',
  ])
})

t.test('a thread that raises when it is stopped has failed', async (t) => {
  const log = logged(t)
  t.equal(await callF(main(t, 'run("late"):stop() return "fine"')), 'fine')
  t.match(log.map(nameless), [/^luathread: \[PTR\] .*late$/, 'luathread: [PTR] thread has failed to execute'])
})

t.test('the end of all ends a thread that goes on, with its runtime', async (t) => {
  const log = logged(t)
  const r = main(t, 'run("restless")')
  await callF(r)
  await until(t, () => sleeping.count === 1)
  luathread_exit()
  t.equal(sleeping.count, 0)
  lunatik_stop(r)
  await pause(1)
  t.strictSame(lunatik_ledger(), [])
  t.match(log.map(nameless), [/^luathread: \[PTR\] thread has not stopped yet/])
})

t.test('a thread can’t stop itself, nor wait for who stops it', async (t) => {
  const log = logged(t)
  await callF(main(t, 'env.held = run("own")'))
  await until(t, () => log.length > 0)
  t.match(log[0], /^false\t.*the thread is the one that stops it/)
  log.length = 0
  t.equal(await callF(main(t, 'env.held = run("locks") env.held:stop() env.held = nil return "stopped"')), 'stopped')
  t.match(log[1], /^false\tpossible recursive locking detected/)
})

t.test('a thread of the runtime that runs waits for its lock, and can’t be waited for there', async (t) => {
  scripts(t, files)
  const log = logged(t)
  const made = lunatik_newruntime('self', LUNATIK_OPT_NONE)
  if (made instanceof Promise || made.runtime === null) throw new Error('not made')
  const { runtime } = made
  await lunatik_run(runtime, (L) => {
    lunatik_pushobject(L, runtime)
    lua_setglobal(L, 'self')
    return 0
  })
  t.equal(await callF(runtime, new task_struct(), 'waits'), 'ran')
  await until(t, () => log.length === 2)
  t.strictSame(log, ['slept', 'body'])
  t.equal(await callF(runtime, new task_struct(), 'never'), 'nothing')
  t.match(await callF(runtime, new task_struct(), 'hangs'), /the thread is the one that stops it, or waits for that/)
  await until(t, () => log.length === 4)
  t.strictSame(log.slice(2).map(nameless), ['luathread: [PTR] thread has never run', 'body'])
  lunatik_stop(runtime)
  t.strictSame(lunatik_ledger(), [])
})

t.test('the end of the runtime that waits for a thread ends the wait', async (t) => {
  const r = main(t, 'run("restless"):stop()')
  const call = callF(r)
  lunatik_stop(r)
  t.equal(await call, -ENXIO)
  await until(t, () => sleeping.count === 1)
})

t.test('a thread that computes and never asks is ended by stop; one that asks has its time', async (t) => {
  const { slice } = lunatik_conf
  lunatik_conf.slice = 1
  t.teardown(() => {
    lunatik_conf.slice = slice
  })
  const log = logged(t)
  const r = main(
    t,
    `local spins, asks, counts = run("spins"), run("computes"), run("counts") schedule(20) env.counted = nil
     for _ = 1, 3000 do if env.counted then break end schedule(20) end
     print(env.counted ~= nil) for _, t in ipairs{spins, asks, counts} do t:stop() end return "stopped"`,
  )
  t.equal(await callF(r), 'stopped')
  t.strictSame(log.map(nameless), [
    'true',
    'luathread: [PTR] thread computes on and never asks whether it should stop: it is ended; on a kernel the stop would wait',
    'asked',
  ])
})

t.test('a stop that can not wait lets a thread that computes have a last slice', async (t) => {
  const { slice } = lunatik_conf
  lunatik_conf.slice = 1
  t.teardown(() => {
    lunatik_conf.slice = slice
  })
  const log = logged(t)
  await callF(main(t, 'run("computes") run("spins") schedule(20) return "run"'))
  luathread_exit()
  t.match(log.map(nameless), ['asked', /thread has not stopped yet: its runtime is closed/])
})

t.test('the function gets the objects that run is given', async (t) => {
  const log = logged(t)
  const r = main(
    t,
    `local done, table = require("completion").new(), require("rcu").table()
     table.word = 42
     thread.run(lunatik.runtime("gets"), "gets", done, table)
     local woken = done:wait()
     local rt = lunatik.runtime("gets")
     local function fails(...) return select(2, pcall(thread.run, rt, "gets", ...)) end
     return tostring(woken) .. "|" .. fails(done, 5) .. "|" .. fails(require("data").new(1, "single"))`,
  )
  const why = (n: number, what: string) => `bad argument #${n} to 'run' (${what})`
  t.equal(
    String(await callF(r)).replaceAll('thread.run', 'run'),
    `true|${why(4, 'invalid object')}|${why(3, 'cannot share SINGLE object')}`,
  )
  t.strictSame(log, ['2\t42'])
  lunatik_stop(r)
  luathread_exit()
  t.strictSame(lunatik_ledger(), [])
})
