// The scripts that run, by name.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ENOENT, ENXIO } from '../../src/errno.js'
import { nr_cpu_ids } from '../../src/lib/cpumask.js'
import {
  onScript,
  runner_has,
  runner_list,
  runner_restart,
  runner_run,
  runner_running,
  runner_shutdown,
  runner_spawn,
  runner_stop,
} from '../../src/lib/lunatik_runner.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_ledger,
  type lunatik_object_t,
} from '../../src/lunatik/lunatik_obj.js'
import { abort_task, task_struct } from '../../src/sched.js'
import { logged, scripts as onlyScripts } from '../lunatik/states.js'
import { callF, closeAll, open, sleeping, tryOpen, until, WAITS } from './devices.js'
import '../../src/lib/libs.js'

t.afterEach(async () => {
  await closeAll()
  runner_shutdown()
  if (runner_list().length > 0 || sleeping.count > 0) throw new Error('something runs on')
})

const files = {
  'good.lua': 'require("device").new{name = "cli_good", read = function() return "g" end}',
  'halfway.lua': 'require("device").new{name = "cli_half"}\nerror("after device")',
  'plain.lua': 'print("plain")',
  'retval.lua': 'return 42',
  'syntax.lua': 'local x = = 1',
  'slow.lua': `${WAITS} schedule(30) require("device").new{name = "cli_slow"}`,
  'slower.lua': `${WAITS} schedule(60) x = 1`,
  'napping.lua': `${WAITS} return function() print("in") schedule(20) print("out") end`,
  'forever.lua': `${WAITS} require("device").new{name = "cli_forever", read = function() return "f" end}
     return function() while true do schedule(60000) end end`,
  'patient.lua': `${WAITS} local shouldstop = require("thread").shouldstop
     local function nap(ms) print(schedule(ms) .. " " .. tostring(shouldstop())) end
     return function() while not shouldstop() do nap(60000) end nap(5) end`,
  'failing.lua': 'return function() error("in the thread") end',
  'sub/deep.lua': 'print("deep")',
  'rcu.lua': 'return "no module"',
  'percpu.lua': 'print("cpu " .. require("lunatik").cpu())',
  'onlyfirst.lua': 'if require("lunatik").cpu() > 0 or require("linux").numcpus() == 1 then error("in the way") end',
}

const lua = fileURLToPath(new URL('../../../lua', import.meta.url))

/** A folder of scripts before the package's own, where the runner is. */
function scripts(t: Test, files: Record<string, string>): string {
  const dir = onlyScripts(t, files)
  lunatik_conf.root = [dir, lua]
  return dir
}

/** A runtime with `runner`, which is on no list; f's body is `body`. */
function caller(t: Test, body: string, opt = LUNATIK_OPT_NONE): lunatik_object_t {
  scripts(t, { ...files, 'main.lua': `${WAITS} local runner = require("lunatik.runner") function f() ${body} end` })
  const made = lunatik_newruntime('main', opt)
  if (made instanceof Promise || made.runtime === null) throw new Error('not made')
  const { runtime } = made
  t.teardown(() => runtime.private !== null && lunatik_stop(runtime))
  return runtime
}

/** A log line without the pointer of a thread. */
const nameless = (line: string) => line.replace(/\[0{8}[0-9a-f]{8}\]/, '[PTR]')

/** Messages of Lua without the runner's file and line. */
const placeless = (text: unknown) => String(text).replaceAll(/[^\s|]*\/lunatik\/runner\.lua:\d+: /g, 'RUNNER ')

const path = (script: string) => `${lunatik_conf.root[0]}/${script}`

t.test('percpu runs a script once for each CPU; its name is on the list once', async (t) => {
  const log = logged(t)
  const r = caller(
    t,
    `local env, n = require("lunatik")._ENV, require("linux").numcpus()
     local function state()
       local s = runner.list()
       for cpu = 0, n do s = s .. "|" .. type(env.percpu["percpu:" .. cpu]) end
       return s .. "|" .. type(env.runtimes.percpu)
     end
     local s = {select("#", runner.run("percpu.lua", "process", true)), state(), select(2, pcall(runner.run, "percpu"))}
     runner.stop("percpu:0") s[#s + 1] = runner.list()
     runner.stop("percpu") s[#s + 1] = state()
     return table.concat(s, "\\n")`,
  )
  const all = (type: string) => `${`|${type}`.repeat(nr_cpu_ids())}|nil|nil`
  t.strictSame(placeless(await callF(r)).split('\n'), [
    '0',
    `percpu${all('userdata')}`,
    'RUNNER percpu is already running',
    'percpu',
    all('nil'),
  ])
  t.strictSame(
    log,
    Array.from({ length: nr_cpu_ids() }, (_, cpu) => `cpu ${cpu}`),
  )
  t.equal(lunatik_stop(r), 1)
  t.strictSame(lunatik_ledger(), [])
})

t.test('where the script fails for one CPU, the others are taken back; spawn refuses percpu', async (t) => {
  const r = caller(
    t,
    `return select(2, pcall(runner.run, "onlyfirst", nil, true)) .. "|" .. runner.list() .. "|" ..
       select(2, pcall(runner.spawn, "percpu", "process", true)) .. "|" .. runner.list()`,
  )
  const fails = `${path('onlyfirst.lua')}:1: in the way`
  t.equal(placeless(await callF(r)), `${fails}||RUNNER spawn does not support percpu scripts|`)
  t.strictSame(await runner_run('onlyfirst', 'process', true), { ok: false, error: fails })
  t.strictSame(runner_list(), [])
})

t.test('the process runs a script for each CPU, and again', async (t) => {
  scripts(t, files)
  t.strictSame(await runner_run('percpu', 'softirq', true), { ok: true })
  const how = [{ name: 'percpu', context: 'softirq', spawned: false, percpu: true }]
  t.strictSame(runner_running(), how)
  t.strictSame(await runner_run('percpu', 'process'), { ok: false, error: 'percpu is already running' })
  t.strictSame(await runner_restart('percpu'), { ok: true })
  t.strictSame(runner_running(), how)
})

t.test('what runs is in the tables of _ENV, and nowhere else', async (t) => {
  const r = caller(
    t,
    `local env, s = require("lunatik")._ENV, ""
     local function note(name) s = s .. type(env.runtimes[name]) .. " " .. type(env.threads[name]) .. "|" end
     runner.spawn("forever") runner.run("plain") note("forever") note("plain")
     env.runtimes.plain = nil s = s .. runner.list() .. "|"
     runner.stop("forever") note("forever")
     env.runtimes = nil runner.startup()
     return s .. type(env.runtimes) .. runner.list()`,
  )
  lunatik_conf.deadline = 30
  t.equal(await callF(r), 'userdata userdata|userdata nil|forever|nil nil|userdata')
})

t.test('a script runs once under its name, which may end in .lua, until it is stopped', async (t) => {
  const r = caller(
    t,
    `runner.run("good") local s = runner.list()
     for _, name in ipairs{"good", "good.lua"} do s = s .. "|" .. select(2, pcall(runner.run, name)) end
     return s`,
  )
  const again = 'RUNNER good is already running'
  t.equal(placeless(await callF(r)), `good|${again}|${again}`)
  t.equal(await (await open('cli_good')).read(), 'g')
  t.ok(runner_stop('good.lua'))
  t.equal(await tryOpen('cli_good'), -ENOENT)
  t.ok(runner_stop('good'))
  t.strictSame(await runner_run('good', 'process'), { ok: true })
  t.type(await open('cli_good'), 'object')
})

t.test('the list has the newest first', async (t) => {
  const log = logged(t)
  const r = caller(
    t,
    'for _, name in ipairs{"good", "sub/deep", "plain.lua"} do runner.run(name) end return runner.list()',
  )
  t.equal(await callF(r), 'plain, sub/deep, good')
  t.strictSame(runner_list(), ['plain', 'sub/deep', 'good'])
  runner_stop('sub/deep')
  t.strictSame(runner_list(), ['plain', 'good'])
  t.strictSame(log, ['deep', 'plain'])
})

t.test('a script that fails leaves neither its name nor its devices, and raises its own message', async (t) => {
  const r = caller(
    t,
    `local s = "" for _, name in ipairs{"nosuch", "syntax", "halfway"} do s = s .. select(2, pcall(runner.run, name)) .. "\\n" end
     return s .. runner.list()`,
  )
  t.strictSame(String(await callF(r)).split('\n'), [
    `cannot open ${path('nosuch.lua')}`,
    `${path('syntax.lua')}:1: unexpected symbol near '='`,
    `${path('halfway.lua')}:2: after device`,
    '',
  ])
  t.equal(await tryOpen('cli_half'), -ENOENT)
  t.strictSame(await runner_run('halfway', 'process'), { ok: false, error: `${path('halfway.lua')}:2: after device` })
})

t.test('the context is checked before anything runs; a device is refused in softirq', async (t) => {
  const r = caller(t, 'return select(2, pcall(function() runner.run("good", "badcontext") end))')
  t.match(await callF(r), /lunatik\/runner\.lua:\d+: bad argument #2 to 'runtime' \(invalid option 'badcontext'\)$/)
  t.strictSame(await runner_run('good', 'badcontext'), {
    ok: false,
    error: "invalid context 'badcontext': give process, softirq or hardirq",
  })
  t.strictSame(await runner_run('good', 'softirq'), {
    ok: false,
    error: `${path('good.lua')}:1: 'device': process-context class in interrupt-context runtime`,
  })
  t.strictSame(await runner_run('retval', 'hardirq'), { ok: true })
  const irq = caller(t, 'return select(2, pcall(runner.run, "good"))', LUNATIK_OPT_SOFTIRQ)
  t.equal(placeless(await callF(irq)), "RUNNER 'lunatik': process-context class in interrupt-context runtime")
})

t.test('stopping what does not run does nothing', async (t) => {
  t.equal(await callF(caller(t, 'runner.stop("never_run") runner.startup() return "fine"')), 'fine')
})

t.test('what a script returns runs as a thread of its own where it was spawned', async (t) => {
  const log = logged(t)
  const r = caller(t, 'runner.spawn("napping") print("spawned") return runner.list()')
  t.equal(await callF(r), 'napping')
  t.strictSame(log, ['spawned'])
  await until(t, () => log.length === 3)
  t.equal(log[1], 'in')
  t.equal(log[2], 'out')
  t.strictSame(runner_list(), ['napping'], 'the script runs on')
  runner_stop('napping')
})

t.test('a thread’s error is logged; its script runs on', async (t) => {
  const log = logged(t)
  const r = caller(t, 'runner.spawn("failing") runner.spawn("retval") return runner.list()')
  t.equal(await callF(r), 'retval, failing')
  await until(t, () => log.length === 2)
  t.strictSame(log.map(nameless), [
    `luathread: [PTR] ${path('failing.lua')}:1: in the thread`,
    'luathread: [PTR] attempt to call a number value',
  ])
  runner_shutdown()
  t.strictSame(log.slice(2).map(nameless), Array(2).fill('luathread: [PTR] thread has already stopped'))
  t.equal(new Set(log).size, 4, 'each thread has its own pointer')
})

t.test('a thread sleeps on when the program that spawned it has gone', async (t) => {
  const task = new task_struct()
  await callF(caller(t, 'runner.spawn("forever") return "spawned"'), task)
  abort_task(task)
  await until(t, () => sleeping.count === 1)
})

t.test('a script is stopped while its thread sleeps, which has its lock', async (t) => {
  const log = logged(t)
  const r = caller(t, 'runner.spawn("forever") return "spawned"')
  await callF(r)
  await until(t, () => sleeping.count === 1)
  const opening = tryOpen('cli_forever')
  t.equal(sleeping.count, 1)
  t.ok(runner_stop('forever'))
  t.equal(sleeping.count, 0)
  t.equal(await opening, -ENXIO)
  t.equal(lunatik_stop(r), 1)
  t.strictSame(lunatik_ledger(), [])
  t.strictSame(log.map(nameless), [
    'luathread: [PTR] thread has not stopped yet: its runtime is closed; on a kernel the stop would wait',
  ])
})

t.test('stop has the thread leave its sleep, and waits until it has ended', async (t) => {
  const log = logged(t)
  const r = caller(
    t,
    `local h = runner.spawn("patient") print(h:task().command) runner.stop("patient.lua") print("stopped")
     runner.stop("patient") runner.spawn("patient") schedule(1) runner.shutdown() return "[" .. runner.list() .. "]"`,
  )
  t.equal(await callF(r), '[]')
  const once = ['early true', 'slept true']
  t.strictSame(log, ['patient', ...once, 'stopped', ...once])
})

t.test('a thread that goes on when it is stopped ends with its runtime when a callback’s time is over', async (t) => {
  const log = logged(t)
  const r = caller(t, 'runner.spawn("forever") runner.stop("forever") return "[" .. runner.list() .. "]"')
  lunatik_conf.deadline = 30
  const call = callF(r)
  t.strictSame(runner_list(), ['forever'])
  t.equal(await call, '[]')
  t.equal(sleeping.count, 0)
  t.match(log.map(nameless), [/^luathread: \[PTR\] thread has not stopped yet/])
})

t.test('where the caller can not wait, the script is stopped nevertheless', async (t) => {
  const log = logged(t)
  const r = caller(
    t,
    'runner.spawn("patient") xpcall(error, function() pcall(runner.stop, "patient") end) return "fine"',
  )
  t.equal(await callF(r), 'fine')
  t.strictSame(runner_list(), [])
  t.equal(sleeping.count, 0)
  t.match(log.map(nameless), ['early true', /thread has not stopped yet/])
})

t.test('spawn is for scripts that have loaded, and for the process context', async (t) => {
  const r = caller(t, 'return select(2, pcall(runner.spawn, "retval", "softirq")) .. runner.list()')
  t.equal(placeless(await callF(r)), "RUNNER bad argument #1 to 'run' (IRQ runtime cannot spawn threads)")
  scripts(t, { ...files, 'loading.lua': 'require("lunatik.runner").spawn("good")' })
  const result = await runner_run('loading', 'process')
  t.match(result, { error: /\/lunatik\/runner\.lua:\d+: bad argument #1 to 'run' \(not allowed during module load\)$/ })
  t.strictSame(runner_list(), [])
})

t.test('a script can not stop itself, before and after it has slept; shutdown leaves it alone', async (t) => {
  scripts(t, {
    'self.lua': `${WAITS} local runner = require("lunatik.runner")
       local function stop() return select(2, pcall(runner.stop, "self")) end
       require("device").new{name = "self", read = function() local s = stop() schedule(1) return s .. "|" .. stop() end,
         write = function() runner.shutdown() print(runner.list()) end}`,
    'other.lua': 'x = 1',
  })
  const log = logged(t)
  await runner_run('self', 'process')
  await runner_run('other', 'process')
  const file = await open('self')
  const message = "RUNNER self can't stop itself: on a kernel this call would never return"
  t.equal(placeless(await file.read(400)), `${message}|${message}`)
  t.equal(await file.write('x'), 1)
  t.strictSame(log, ['self'])
})

t.test('a script that sleeps while it loads has its name meanwhile', async (t) => {
  scripts(t, files)
  const running = runner_run('slow', 'process')
  t.strictSame(runner_list(), [], 'it is not on the list yet')
  t.ok(runner_has('slow.lua'))
  t.strictSame(await runner_run('slow', 'process'), { ok: false, error: 'slow is already running' })
  t.strictSame(await running, { ok: true })
  t.type(await open('cli_slow'), 'object')
})

t.test('stopped while it sleeps as it loads, it ends at once, and what it has made is gone', async (t) => {
  scripts(t, {
    'slow.lua': `${WAITS} require("device").new{name = "cli_slow"} schedule(60000) print("never")`,
  })
  const log = logged(t)
  const running = runner_run('slow', 'process')
  t.equal(await tryOpen('cli_slow'), -ENXIO, 'there, but not ready')
  t.ok(runner_stop('slow'))
  t.strictSame(runner_list(), [])
  t.strictSame(lunatik_ledger(), [])
  const again = runner_run('slow', 'process')
  t.equal(await tryOpen('cli_slow'), -ENXIO, 'its device can be made again')
  t.ok(runner_stop('slow'))
  t.match(await again, { ok: false })
  t.strictSame(log, [])
  t.strictSame(await running, { ok: false, error: 'slow was stopped while it was loading' })
  t.equal(await tryOpen('cli_slow'), -ENOENT)
  t.strictSame(lunatik_ledger(), [])
})

t.test('stopped and run again while the first still loads, it is the second that runs', async (t) => {
  scripts(t, files)
  const first = runner_run('slower', 'process')
  await until(t, () => sleeping.count === 1)
  runner_stop('slower')
  const second = runner_run('slower', 'process')
  t.strictSame(await first, { ok: false, error: 'slower was stopped while it was loading' })
  t.ok(runner_has('slower'))
  t.strictSame(await second, { ok: true })
  t.equal(lunatik_ledger().filter((o) => o.class === 'lunatik').length, 1)
})

t.test('where who runs it can not wait for its loading, or is stopped, the script is not run', async (t) => {
  const log = logged(t)
  const r = caller(t, 'return select(2, xpcall(error, function() return select(2, pcall(runner.run, "slow")) end))')
  t.match(await callF(r), /can't sleep here/)
  await until(t, () => !runner_has('slow'))
  const waiting = caller(t, 'runner.spawn("slow")')
  const call = callF(waiting)
  lunatik_stop(waiting)
  t.equal(await call, -ENXIO)
  await until(t, () => !runner_has('slow'))
  lunatik_stop(r)
  t.strictSame(lunatik_ledger(), [])
  t.strictSame(log, [])
})

t.test('when the program has gone, a script that it runs wakes early from its first sleep', async (t) => {
  const r = caller(t, 'runner.run("slow") return runner.list()')
  const task = new task_struct()
  const call = callF(r, task)
  abort_task(task)
  t.equal(await call, 'slow')
})

t.test('a script that stopped its handle may be stopped and run again', async (t) => {
  const log = logged(t)
  const r = caller(
    t,
    'local h = runner.run("good") h:stop() runner.stop("good") runner.run("good") return runner.list()',
  )
  t.equal(await callF(r), 'good')
  t.strictSame(log, [])
})

t.test('what becomes of each script is told', async (t) => {
  scripts(t, files)
  const told: string[] = []
  onScript((name, event) => told.push(`${name} ${event}`))
  t.teardown(() => onScript(() => {}))
  const since = () => told.splice(0).join()
  await runner_run('plain.lua', 'process')
  t.equal(since(), 'plain starts,plain runs')
  await runner_run('plain', 'process')
  t.equal(since(), '', 'it runs already')
  await runner_restart('plain')
  t.equal(since(), 'plain starts,plain runs', "that it stops for this is nobody's wish")
  await runner_run('syntax', 'process')
  t.equal(since(), 'syntax starts,syntax fails')
  runner_stop('syntax')
  t.equal(since(), 'syntax stopped', 'somebody does not want it, though it does not run')
  const slow = runner_run('slow', 'process')
  t.equal(since(), 'slow starts')
  runner_stop('slow')
  await slow
  t.equal(since(), 'slow stopped')
})

t.test('a script that runs again runs as before, also after it has failed', async (t) => {
  const dir = scripts(t, { 'one.lua': '' })
  const context = () => runner_running().map((one) => `${one.context} ${one.spawned}`)
  const again = async (text: string) => {
    writeFileSync(`${dir}/one.lua`, text)
    return (await runner_restart('one')).ok
  }
  await runner_run('one', 'softirq')
  t.equal(await again('x = 1'), true)
  t.equal(await again('x = = 1'), false)
  t.equal(await again('x = = 2'), false)
  t.same(context(), [])
  t.equal(await again('x = 3'), true)
  t.same(context(), ['softirq false'])
  runner_stop('one')
  t.equal(await again(files['napping.lua']), true)
  t.same(context(), ['process false'], 'what was stopped begins anew')
  runner_stop('one')
  await runner_spawn('one', 'process')
  t.equal(await again('return 42 +'), false)
  t.equal(await again(files['napping.lua']), true)
  t.same(context(), ['process true'])
})
