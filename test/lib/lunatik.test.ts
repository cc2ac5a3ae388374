// Runtimes that a script makes, hands objects to and stops.
import t, { type Test } from 'tap'
import { ENXIO } from '../../src/errno.js'
import { lua_gettop, type lua_State } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_ledger,
  type lunatik_object_t,
} from '../../src/lunatik/lunatik_obj.js'
import { lunatik_checkobject } from '../../src/lunatik/lunatik_userdata.js'
import { nr_preempted } from '../../src/runqueue.js'
import { abort_task, task_struct } from '../../src/sched.js'
import { logged, scripts } from '../lunatik/states.js'
import { callF, closeAll, open, sleeping, until, WAITS } from './devices.js'
import { share } from './eval.js'
import '../../src/lib/luadata.js'
import '../../src/lib/luadevice.js'
import '../../src/lib/lunatik.js'

/** What `keep.object` was called with last. */
const kept: { object: lunatik_object_t | null } = { object: null }

function keep(L: lua_State): number {
  kept.object = lunatik_checkobject(L, 1)
  return 0
}

LUNATIK_NEWLIB('keep', [{ name: 'object', func: keep }], null)

/** Ends of scripts: what each leaves to be resumed. */
const subs = {
  'fn.lua': 'return function(...) print("fn", select("#", ...), type((...))) return select("#", ...) end',
  'yields.lua': `return function(a)
    print("first", a:getbyte(0)) local b = coroutine.yield(a) print("second", b:getbyte(0)) return b, "end" end`,
  'values.lua':
    'return function() coroutine.yield(1, "two", true, nil) coroutine.yield({}, print, "last") return 3 end',
  'many.lua': 'local t = {} for i = 1, 100 do t[i] = i end return function() return table.unpack(t) end',
  'spins.lua': `require("device").new{name = "spinning", read = function() for _ = 1, 9 do end return "fine" end}
return function() while true do end end`,
  'none.lua': 'print("loaded")',
  'raises.lua': 'return function() error("inside") end',
  'slow.lua': `${WAITS} return function(n) local r = "" for _ = 1, 3 do r = r .. schedule(n and 1 or 5) end return r end`,
  'forever.lua': `${WAITS} return function() schedule(60000) print("never") end`,
  'restless.lua': `${WAITS} return function() while true do pcall(schedule, 60000) end end`,
  'gc.lua': 'keep = setmetatable({}, {__gc = function() print("sub gc") end}) return function() end',
  'loaderr.lua': 'error("load failed")',
  'loadtable.lua': 'error({})',
  'loadslow.lua': `${WAITS} schedule(5) x = "loaded" return function() return x end`,
  'loadslower.lua': `${WAITS} schedule(50) return function() return "loaded" end`,
  'loadyield.lua': 'coroutine.yield(1)',
  'syntax.lua': 'x = = 1',
}

/** A runtime with `R`, which makes others, and `data(byte)`; its script goes on with `text`. Stopped with the test. */
function main(t: Test, text: string, opt = LUNATIK_OPT_NONE): lunatik_object_t {
  const prelude =
    'R = require("lunatik").runtime function data(b) local d = require("data").new(4) d:setbyte(0, b) return d end'
  scripts(t, { ...subs, 'main.lua': `${WAITS} ${prelude}\n${text}` })
  const made = lunatik_newruntime('main', opt)
  if (made instanceof Promise || made.runtime === null) throw new Error('not made')
  const { runtime } = made
  t.teardown(() => runtime.private !== null && lunatik_stop(runtime))
  return runtime
}

/** What a function body in a new main runtime returns. */
const evaluate = (t: Test, body: string) => callF(main(t, `function f() ${body} end`))

t.test('resume calls the function that the script has returned, with objects', async (t) => {
  const log = logged(t)
  const results = await evaluate(
    t,
    `return R("fn"):resume() .. R("fn"):resume(data(1)) .. R("fn", "process"):resume(data(1), data(2)) .. R("fn", nil):resume(R("fn"))`,
  )
  t.equal(results, '0121')
  t.strictSame(log, ['fn\t0\tnil', 'fn\t1\tuserdata', 'fn\t2\tuserdata', 'fn\t1\tuserdata'])
})

t.test('resume gives what the coroutine yields and returns, and goes on behind its yield', async (t) => {
  const log = logged(t)
  t.equal(
    await evaluate(
      t,
      `local r = R("yields")
       local a = r:resume(data(7))
       local b, e = r:resume(data(8))
       return a:getbyte(0) .. b:getbyte(0) .. e .. tostring(pcall(r.resume, r)) .. select(2, pcall(r.resume, r))`,
    ),
    '78endfalsecannot resume dead coroutine',
  )
  t.strictSame(log, ['first\t7', 'second\t8'])
})

t.test('what runtimes can not share arrives as nil, and the log says so', async (t) => {
  const log = logged(t)
  t.equal(
    await evaluate(
      t,
      `local r, s = R("values"), ""
       for _ = 1, 3 do
         local got = table.pack(r:resume())
         s = s .. got.n .. ":"
         for i = 1, got.n do s = s .. tostring(got[i]) .. " " end
       end
       return s .. select(2, pcall(r.resume, r))`,
    ),
    '4:1 two true nil 3:nil nil last 1:3 attempt to call a number value',
  )
  t.match(log, [/a table can't be shared by runtimes: it becomes nil/], 'once a runtime')
})

t.test('a hundred objects go in, and as many values come out', async (t) => {
  logged(t)
  t.equal(
    await evaluate(
      t,
      `local r, all = R("fn"), {} for i = 1, 40 do all[i] = data(i) end return r:resume(table.unpack(all))`,
    ),
    '40',
  )
  t.equal(await evaluate(t, 'return select("#", R("many"):resume())'), '100')
})

t.test('resume takes objects only, and says which argument is none', async (t) => {
  for (const arg of ['1', '"x"', 'nil', 'true', '{}', 'print']) {
    t.equal(
      await evaluate(t, `local r = R("fn") return select(2, pcall(r.resume, r, ${arg}))`),
      "bad argument #1 to 'resume' (invalid object)",
      arg,
    )
  }
  t.equal(
    await evaluate(t, 'local r = R("fn") return select(2, pcall(r.resume, r, data(1), 5))'),
    "bad argument #2 to 'resume' (invalid object)",
  )
  t.match(
    await evaluate(t, 'return select(2, pcall(function() R("fn").resume(5) end))'),
    /bad argument #1 to 'resume' \(invalid object\)/,
  )
  t.match(
    await evaluate(t, 'return select(2, pcall(R("fn").resume, data(1)))'),
    /bad argument #1 to 'resume' \(invalid object/,
  )
  t.equal(
    await evaluate(t, 'local r = R("fn") return select(2, pcall(r.resume, r, require("data").new(4, "single")))'),
    "'data': cannot share SINGLE object",
  )
})

t.test('an error of the coroutine is resume’s, and the coroutine is dead', async (t) => {
  t.match(
    await evaluate(
      t,
      'local r = R("raises") return select(2, pcall(r.resume, r)) .. " " .. select(2, pcall(r.resume, r))',
    ),
    /\/raises.lua:1: inside cannot resume dead coroutine$/,
  )
  logged(t)
  t.equal(await evaluate(t, 'return select(2, pcall(R("none").resume, R("none")))'), 'attempt to call a nil value')
})

t.test('the stacks of both runtimes are as before, whatever resume gives or raises', async (t) => {
  logged(t)
  const r = main(
    t,
    `v, e = R("values"), R("raises") require("keep").object(v)
     function f() v:resume() pcall(e.resume, e) pcall(v.resume, v, require("data").new(4, "single")) pcall(v.resume, v, 1) return "" end`,
  )
  const tops = () => [r, kept.object as lunatik_object_t].map((object) => lunatik_run(object, lua_gettop))
  await callF(r)
  const before = tops()
  for (let i = 0; i < 5; i++) await callF(r)
  t.strictSame(tops(), before)
})

t.test('an object that was passed has a reference for each runtime', async (t) => {
  const log = logged(t)
  const r = main(t, 'd = data(1) require("keep").object(d) fn = R("fn") function f() fn:resume(d) return "" end')
  await callF(r)
  const passed = kept.object as lunatik_object_t
  t.equal(passed.kref, 2)
  lunatik_stop(r)
  t.equal(passed.kref, 0)
  t.strictSame(log, ['fn\t1\tuserdata'])
})

t.test('a script that fails to load raises its own message', async (t) => {
  const results = await evaluate(
    t,
    `local s = "" for _, name in ipairs{"loaderr", "loadtable", "syntax", "loadyield", "nosuch", "fn.lua", "", "/etc/passwd"} do
       s = s .. select(2, pcall(R, name)) .. "\\n" end return s`,
  )
  const dir = lunatik_conf.root[0]
  t.strictSame(String(results).split('\n'), [
    `${dir}/loaderr.lua:1: load failed`,
    '<no error object>',
    `${dir}/syntax.lua:1: unexpected symbol near '='`,
    'attempt to yield from outside a coroutine',
    `cannot open ${dir}/nosuch.lua`,
    `cannot open ${dir}/fn.lua.lua`,
    `cannot open ${dir}/.lua`,
    `cannot open ${dir}//etc/passwd.lua`,
    '',
  ])
})

t.test('the context is process, softirq or hardirq; a runtime in interrupt context makes none', async (t) => {
  t.match(
    await evaluate(t, 'return select(2, pcall(function() R("fn", "bogus") end))'),
    /bad argument #2 to 'R' \(invalid option 'bogus'\)$/,
  )
  t.equal(await evaluate(t, 'R("gc", "softirq") R("gc", "hardirq") return "made"'), 'made')
  const irq = main(t, 'function f() return select(2, pcall(R, "fn")) end', LUNATIK_OPT_SOFTIRQ)
  t.equal(await callF(irq), "'lunatik': process-context class in interrupt-context runtime")
})

t.test('a runtime ends with stop, with its last handle, or with its maker; then resume raises ENXIO', async (t) => {
  const log = logged(t)
  const r = main(
    t,
    `function f() local r = R("gc") r:stop() return select(2, pcall(r.resume, r)) .. tostring(pcall(r.stop, r)) end
     function g() kept = R("gc") return "kept" end`,
  )
  t.match(await callF(r), /^ENXIO(true|false)$/)
  t.strictSame(log, ['sub gc'])
  await callF(r, undefined, 'g')
  t.equal(lunatik_stop(r), 1)
  t.strictSame(log, ['sub gc', 'sub gc'])
  t.strictSame(lunatik_ledger(), [])
})

t.test('the coroutine may sleep: resume waits for it, and other runtimes go on', async (t) => {
  const log = logged(t)
  const r = main(t, 'r = R("slow") function f() return r:resume() end')
  const other = main(t, 'function f() print("other") end')
  const call = callF(r).then((result) => log.push(String(result)))
  await callF(other)
  await call
  t.strictSame(log, ['other', 'sleptsleptslept'])
})

t.test('two runtimes resume one that sleeps: the second waits for its lock', async (t) => {
  const one = main(t, 'r = R("slow") function share() return r end function f() return r:resume() end')
  const two = main(t, 'function f() return r:resume() end')
  share(one, two, 'r')
  const results = await Promise.all([callF(one), callF(two)])
  t.equal(results[0], 'sleptsleptslept')
  t.match(results[1], /attempt to call a string value|cannot resume dead/, 'the coroutine had returned')
})

t.test(
  'when the program has gone while the coroutine sleeps, it wakes early, and is dead at the second sleep',
  async (t) => {
    const r = main(
      t,
      `r = R("restless") function f() return select(2, pcall(r.resume, r)) end
     function g() return select(2, pcall(r.resume, r)) end`,
    )
    const task = new task_struct()
    const call = callF(r, task)
    await until(t, () => sleeping.count === 1)
    abort_task(task)
    t.equal(await call, 'EINTR')
    t.equal(sleeping.count, 0)
    t.equal(await callF(r, undefined, 'g'), 'cannot resume dead coroutine')
  },
)

t.test('a runtime that is stopped while its coroutine sleeps raises ENXIO in who resumed it', async (t) => {
  const r = main(t, 'r = R("forever") require("keep").object(r) function f() return select(2, pcall(r.resume, r)) end')
  const call = callF(r)
  await until(t, () => sleeping.count === 1)
  lunatik_stop(kept.object as lunatik_object_t)
  t.equal(sleeping.count, 0)
  t.equal(await call, 'ENXIO')
})

t.test('who resumed a coroutine that sleeps is stopped: the coroutine ends, and its runtime with it', async (t) => {
  const log = logged(t)
  const r = main(t, 'local r = R("forever") function f() r:resume() end')
  const call = callF(r)
  await until(t, () => sleeping.count === 1)
  t.equal(lunatik_stop(r), 1)
  t.equal(sleeping.count, 0)
  t.equal(await call, -ENXIO)
  t.strictSame(lunatik_ledger(), [])
  t.strictSame(log, [])
})

t.test('a coroutine that sleeps where its resumer may not is given up', async (t) => {
  const r = main(
    t,
    `function f() local r = R("forever")
       local m = select(2, xpcall(error, function() return select(2, pcall(r.resume, r)) end))
       return m .. select(2, pcall(r.resume, r)) end`,
  )
  t.match(await callF(r), /can't sleep here: .*cannot resume dead coroutine$/)
  t.equal(sleeping.count, 0)
})

t.test('a loop that makes runtimes lets others have their turns', async (t) => {
  logged(t)
  const { slice } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { slice }))
  // So few instructions that no count hook is called.
  const r = main(t, 'function f() for i = 1, 10 do R("none"):stop() end return "made" end')
  lunatik_conf.slice = 0.2
  const call = callF(r)
  t.equal(nr_preempted(), 1)
  t.equal(await call, 'made')
})

t.test('a coroutine that runs past the deadline is ended; the other callbacks of its runtime are not', async (t) => {
  const r = main(t, 'r = R("spins") function f() return select(2, pcall(r.resume, r)) end')
  lunatik_conf.deadline = 50
  t.match(await callF(r), /spins.lua:2: no return within 50 ms$/)
  t.equal(await (await open('spinning')).read(), 'fine')
  await closeAll()
})

t.test('a script that sleeps while it loads is waited for', async (t) => {
  t.equal(await evaluate(t, 'return R("loadslow"):resume()'), 'loaded')
})

t.test('where it can not be waited for, or nobody does any more, nothing of it is left', async (t) => {
  const r = main(
    t,
    'function f() return select(2, xpcall(error, function() return select(2, pcall(R, "loadslow")) end)) end function g() R("loadslower") end',
  )
  t.match(await callF(r), /can't sleep here/)
  await until(t, () => lunatik_ledger().length === 1)
  const call = callF(r, undefined, 'g')
  await until(t, () => sleeping.count === 1)
  lunatik_stop(r)
  t.equal(await call, -ENXIO)
  await until(t, () => lunatik_ledger().length === 0)
})
