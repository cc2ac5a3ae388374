// The module notifier, and the events of keyboards, terminals and network devices that are injected for it.
import t from 'tap'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { agrees, evaluator } from './eval.js'
import { deeds, hooked } from './inject.js'

const spy = `
local notify, kbd = require("linux.notify"), require("linux.kbd")
require("notifier").keyboard(function(event, down, shift, value)
  if event == kbd.KEYSYM and down then print(("%x"):format(value), shift) end
  return notify.OK
end)`

t.test('constructors refuse what a kernel refuses, in its words', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("notifier"))  =>  "keyboard netdevice vterm"
    require("notifier").netdevice()  =>  ERROR "chunk:1: bad argument #1 to 'netdevice' (function expected, got no value)"
    require("notifier").netdevice({})  =>  ERROR "chunk:1: bad argument #1 to 'netdevice' (function expected, got table)"
    require("notifier").keyboard(function() end)  =>  ERROR "chunk:1: runtime context mismatch"
    require("notifier").vterm(function() end)  =>  ERROR "chunk:1: runtime context mismatch"
    require("notifier").keyboard()  =>  ERROR "chunk:1: bad argument #1 to 'keyboard' (function expected, got no value)"
    (function() local n = require("notifier").netdevice(function() end) local k = keys(getmetatable(n)) local a = n:stop() n:stop() return k, a, tostring(n):match("^[^:]*") end)()  =>  "__gc __index stop"  nil  "userdata"
    (function() local n = require("notifier").netdevice(function() end) local t = require("rcu").table() t.n = n end)()  =>  ERROR "chunk:1: bad argument #3 to 'newindex' (cannot share SINGLE object)"
    require("notifier").netdevice(function() return require("linux.notify").BAD end)  =>  ERROR "chunk:1: couldn't create notifier"
    `,
  )
  const soft = evaluator(t, false)
  agrees(
    t,
    soft,
    `
    require("notifier").netdevice(function() end)  =>  ERROR "chunk:1: 'notifier': process-context class in interrupt-context runtime"
    require("notifier").keyboard(function() end)  =>  ERROR "chunk:1: runtime context mismatch"
    require("inject").keyboard{text = "a"}  =>  ERROR "chunk:1: 'inject': process-context class in interrupt-context runtime"
    `,
  )
})

t.test('keys come as a console has them', async (t) => {
  const { log, run, inject } = hooked(t, { 'spy.lua': spy })
  t.equal(await run('spy', 'hardirq'), null)
  const injected = await inject({ event: 'keyboard', text: 'aB\n' })
  t.match(injected, { event: 'keyboard', hooks: 1, strokes: 8, typed: 'aB\r', stopped: 0, refused: null })
  t.strictSame(log.splice(0), ['fb61\tfalse', 'f700\tfalse', 'fb42\ttrue', 'f201\tfalse'])
  t.strictSame(deeds(injected).slice(0, 3), ['KEYCODE=OK', 'KEYSYM=OK', 'POST_KEYSYM=OK'])
  t.match(injected.calls[0], { script: 'spy', place: /spy\.lua:3$/, sleeps: 0 })
  t.match(await inject({ event: 'keyboard', keys: ['LEFTCTRL+C', 'KEY_CAPSLOCK', 'a', '58'] }), { typed: '\x03A' })
  t.strictSame(log.splice(0), ['f702\tfalse', 'f003\ttrue', 'f207\tfalse', 'fb41\tfalse', 'f207\tfalse'])
  const meta = await inject({ event: 'keyboard', keys: ['LEFTALT:down', 'X', 'LEFTALT:up', 'RIGHTALT+LEFTALT+Q'] })
  t.match(meta, { typed: '\x1bx' })
  t.ok(deeds(meta).includes('UNBOUND_KEYCODE=OK'), 'no map for AltGr with Alt')
})

t.test('a notifier that stops an event keeps it from the others and from the console', async (t) => {
  const { log, run, inject } = hooked(t, {
    'stop.lua': `local kbd, notify = require("linux.kbd"), require("linux.notify")
      require("notifier").keyboard(function(event, down, shift, key)
        return event == kbd.KEYCODE and key == 30 and notify.STOP or notify.OK
      end)`,
    'spy.lua': spy,
  })
  t.equal(await run('stop', 'hardirq'), null)
  t.equal(await run('spy', 'hardirq'), null)
  t.match(await inject({ event: 'keyboard', text: 'ab' }), { hooks: 2, typed: 'b', stopped: 2 })
  t.strictSame(log, ['fb62\tfalse'])
})

t.test('what a hook does wrong is told and logged, and hurts no other', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'errs.lua': 'require("notifier").keyboard(function() error("no") end)',
    'sleeps.lua': 'require("notifier").keyboard(function() require("linux").schedule(10) end)',
    'spy.lua': spy,
  })
  for (const name of ['errs', 'sleeps', 'spy']) t.equal(await run(name, 'hardirq'), null)
  const { calls } = await inject({ event: 'keyboard', keys: ['A:down'] })
  t.strictSame(
    calls.slice(0, 3).map(({ script, verdict, sleeps }) => [script, verdict, sleeps]),
    [
      ['errs', null, 0],
      ['sleeps', null, 1],
      ['spy', 'OK', 0],
    ],
  )
  t.match(calls[0]?.error, /errs\.lua:1: no$/)
  t.match(calls[1]?.error, /scheduling while atomic/)
  t.match(log.join('\n'), /luanotifier: .*errs\.lua:1: no/)
  t.match(
    log.join('\n'),
    /scheduling while atomic: a wait in a runtime that may not sleep\nstack traceback:\n.*\n.*sleeps\.lua:1/,
  )
  for (const name of ['errs', 'sleeps', 'spy']) stop(name)
  t.match(await inject({ event: 'keyboard', text: 'a' }), { hooks: 0, calls: [], typed: 'a' })
  t.strictSame(
    lunatik_ledger().filter((o) => o.class === 'notifier'),
    [],
  )
})

t.test('hooks of a script that fails after it has registered them are gone', async (t) => {
  const { run, inject } = hooked(t, { 'fails.lua': `${spy} error("on purpose")` })
  const before = lunatik_ledger().length
  t.match(await run('fails', 'hardirq'), /on purpose$/)
  t.match(await inject({ event: 'keyboard', text: 'a' }), { hooks: 0 })
  t.equal(lunatik_ledger().length, before)
})

t.test('network devices come, go up and down, and go', async (t) => {
  const { log, run, inject } = hooked(t, {
    'net.lua': `local netdev, names, linux = require("linux.netdev"), {}, require("linux")
      for _, name in ipairs{"REGISTER", "UNREGISTER", "UP", "DOWN", "GOING_DOWN", "POST_INIT", "PRE_UP", "CHANGEMTU"} do
        names[netdev[name]] = name
      end
      seen = 0
      require("notifier").netdevice(function(event, name)
        seen = seen + 1
        if name == "eth7" then print(names[event], (pcall(linux.ifindex, name))) end
        if name == "bad0" then return require("linux.notify").BAD end
      end)
      if seen == 0 then error("the machine's own devices are told of") end`,
  })
  t.equal(await run('net'), null)
  t.match(await inject({ event: 'netdev', name: 'eth7', action: ['register', 'up'] }), {
    hooks: 1,
    up: true,
    ifindex: /^\d+$/,
  })
  await inject({ event: 'netdev', name: 'eth7', action: 'changemtu' })
  t.match(await inject({ event: 'netdev', name: 'eth7', action: ['unregister'] }), { up: false, ifindex: null })
  const events = ['POST_INIT', 'REGISTER', 'PRE_UP', 'UP', 'CHANGEMTU', 'GOING_DOWN', 'DOWN', 'UNREGISTER']
  t.strictSame(
    log,
    events.map((name) => `${name}\ttrue`),
  )
  t.match(await inject({ event: 'netdev', name: 'bad0', action: 'register' }), {
    refused: "a hook refuses POST_INIT of 'bad0' (EPERM)",
  })
  await t.rejects(inject({ event: 'netdev', name: 'bad0', action: 'up' }), {
    message: /there is no network device 'bad0'/,
  })
})

t.test('a netdevice callback may sleep, and be told from a script of its own runtime', async (t) => {
  const { log, run, inject } = hooked(t, {
    'sleeps.lua': `local linux = require("linux")
      require("notifier").netdevice(function(event, name)
        linux.schedule(1)
        if name == "tun7" then print("slept", event) end
      end)`,
    'own.lua': `local calls = 0
      require("notifier").netdevice(function() calls = calls + 1 end)
      local before = calls
      local did = require("inject").netdev{name = "tun8", action = "register"}
      for _, call in ipairs(did.calls) do if call.script == "own" then print(call.error) end end
      require("inject").netdev{name = "tun8", action = {"unregister"}}`,
  })
  t.equal(await run('sleeps'), null)
  t.match(await inject({ event: 'netdev', name: 'tun7', action: ['register', 'unregister'] }), { hooks: 1 })
  t.strictSame(log.splice(0), ['slept\t17', 'slept\t5', 'slept\t6'])
  t.equal(await run('own'), null)
  t.ok(log.includes('ENXIO'), 'a script that is loading is no hook yet')
})

t.test('terminals', async (t) => {
  const { log, run, inject } = hooked(t, {
    'vt.lua': `local vt, notify = require("linux.vt"), require("linux.notify")
      require("notifier").vterm(function(event, c, vc)
        if event == vt.PREWRITE and c == 98 then return notify.STOP end
        if event ~= vt.PREWRITE then print(event, c, vc) end
      end)`,
  })
  t.equal(await run('vt', 'hardirq'), null)
  t.match(await inject({ event: 'vt', text: 'ab', vc: 3, action: 'allocate' }), { shown: 'a' })
  t.strictSame(log, ['1\t0\t3', '3\t97\t3', '4\t0\t3'])
})

t.test('wrong events are told in one line', async (t) => {
  const { inject } = hooked(t, {})
  const wrong = async (event: unknown, message: RegExp) => t.rejects(inject(event as object), { message })
  await wrong([], /^an event is an object/)
  await wrong({}, /^no event null: there are hid, keyboard, map, netdev/)
  await wrong({ event: 'toString' }, /^no event "toString"/)
  await wrong({ event: 'keyboard', txt: 'a' }, /^an event 'keyboard' has no field 'txt': it has text, keys$/)
  await wrong({ event: 'keyboard' }, /^nothing is typed/)
  await wrong({ event: 'keyboard', text: 5 }, /^the field 'text' must be a string, not a number$/)
  await wrong({ event: 'keyboard', text: 'é' }, /^no key types "é"/)
  await wrong({ event: 'keyboard', keys: ['FOO'] }, /^no key 'FOO': give a name/)
  await wrong({ event: 'keyboard', keys: ['999'] }, /^no key '999'/)
  await wrong({ event: 'keyboard', keys: [{}] }, /^the field 'keys' must be a list of strings, not of a object$/)
  await wrong({ event: 'netdev', name: 'a/b', action: 'up' }, /is no name of a network device/)
  await wrong({ event: 'netdev', name: 'eth7', action: 'fly' }, /^no action 'fly'/)
  await wrong({ event: 'netdev', name: 'eth7' }, /^nothing happens/)
  await wrong({ event: 'vt', text: 'a', vc: 99 }, /^the field 'vc' must be an integer from 0 to 62, not 99$/)
  await wrong({ event: 'vt', action: 'fly' }, /^no action 'fly' of a terminal/)
})
