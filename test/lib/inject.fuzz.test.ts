// Random events of a seed on hooks that err, spin, sleep, keep what they get, leak and stop themselves, of scripts that
// are stopped and run again: each is told what came of it, hooks beside them hear of every event, a device answers, and
// nothing is left at the end. `make events` gives many more of another SEED.
// variants: (default fengari)
// process: its own
import t from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { collects } from '../engine.js'
import { open } from './devices.js'
import { hooked } from './inject.js'

const events = Number(process.env.EVENTS ?? (collects ? 3000 : 300))
const firstSeed = Number(process.env.SEED ?? 20)

/** A hook's body does what its own dice say. */
const wild = (seed: number) => `
local seed, kept, leak = ${seed}, {}, {}
local function below(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local object
local acts = {
  function() error("no") end,
  function() error({}) end,
  function() error() end,
  function() local function f() return f() + 1 end return f() end,
  function(a) kept[#kept % 20 + 1] = a return 1 end,
  function(a) return a:data():getuint8(below(2000)) end,
  function(a) a:resize(below(300)) a:checksum() return 1 end,
  function(a) local c = a:copy() c:forward() kept[1] = c return 4 end,
  function() return kept[1]:data("mac") end,
  function() return {}, {} end,
  function() return -1, "x" end,
  function() return 1 << 62 end,
  function() require("linux").schedule(1) end,
  function() return ("x"):rep(1 << below(21)) end,
  function() if below(200) == 0 then while true do end end return 1 end,
  function() if below(60) == 0 and object.stop then object:stop() end end,
  function() if below(9) == 0 then leak[#leak + 1] = ("x"):rep(10000) .. #leak end return 1 end,
  function() coroutine.yield(1) end,
  function() return pcall(error, kept) end,
  function() if below(50) == 0 then collectgarbage() end return 0x8001 end,
}
local function callback(...) return acts[below(#acts) + 1](...) end
`
const files = {
  'key.lua': `${wild(1)} object = require("notifier").keyboard(callback)`,
  'term.lua': `${wild(2)} object = require("notifier").vterm(callback)`,
  'net.lua': `${wild(3)} object = require("notifier").netdevice(function() return 1 end) require("notifier").netdevice(function(...) if ready then return callback(...) end end) ready = true`,
  'nf.lua': `${wild(4)} for hooknum = 0, 4 do object = require("netfilter").register{pf = 1, hooknum = hooknum, priority = 5, hook = callback} end`,
  'hits.lua': `${wild(5)} for i = 1, 9 do object = require("probe").new("f" .. i, {pre = callback, post = callback}) end
    require("probe").new(require("syscall.table").read, {pre = callback})`,
  'dev.lua': `${wild(6)} object = require("hid").register{name = "wild", id_table = {{vendor = 1}}, probe = function(...) if below(3) == 0 then return callback(...) end end,
    report_fixup = function(self, hdev, data) data:setbyte(below(60), below(256)) end, raw_event = function(self, hdev, report, data) return callback(data, hdev) end}`,
  'answers.lua': 'require("device").new{name = "answers", read = function() return "here" end}',
  'good.lua': `n = 0 require("netfilter").register{pf = 1, hooknum = 0, priority = -5, hook = function() n = n + 1 if n % 50 == 0 then print("heard", n) end return 1 end}`,
}
const contexts: Record<string, string> = {
  key: 'hardirq',
  term: 'hardirq',
  net: 'process',
  nf: 'softirq',
  hits: 'hardirq',
  dev: 'softirq',
  answers: 'process',
  good: 'softirq',
}

t.test(`${events} events`, async (t) => {
  const { deadline } = lunatik_conf
  const before = lunatik_ledger().length
  const { log, run, stop, inject } = hooked(t, files)
  lunatik_conf.deadline = 30
  t.teardown(() => {
    lunatik_conf.deadline = deadline
  })
  const wilds = Object.keys(contexts).filter((name) => name !== 'good' && name !== 'answers')
  for (const [name, context] of Object.entries(contexts)) t.equal(await run(name, context), null, name)
  let seed = firstSeed
  const below = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return (seed >> 8) % n
  }
  const pick = <T>(values: readonly T[]) => values[below(values.length)] as T
  const bytes = () => Array.from({ length: below(80) + 1 }, () => below(256).toString(16).padStart(2, '0')).join('')
  const random: (() => object)[] = [
    () => ({ event: 'keyboard', text: pick(['a', 'B', '\n', 'é', '']), keys: [String(below(800))] }),
    () => ({
      event: 'vt',
      text: pick(['x', '\u{10000}', '']),
      vc: below(70),
      action: pick(['allocate', 'update', 'fly']),
    }),
    () => ({
      event: 'netdev',
      name: `fz${below(3)}`,
      action: pick(['register', 'up', 'down', 'unregister', 'change', 'join']),
    }),
    () => ({
      event: 'packet',
      hex: pick([`4500${bytes()}`, bytes()]),
      link: pick(['raw', 'ethernet', 'sll', 'null']),
      hook: String(below(6)),
      dev: 'lo',
    }),
    () => ({ event: 'packet', dns: pick(['a.b', 'x..y']), hook: pick(['PRE_ROUTING', 'FORWARD', 'LOCAL_OUT']) }),
    () => ({ event: 'probe', symbol: `f${below(11)}`, args: [below(9)], times: 1 }),
    () => ({
      event: 'hid',
      vendor: 1,
      product: 1,
      descriptor: pick(['05010902a10105091901290315002501950875018102c0', bytes()]),
      reports: [bytes(), bytes()],
    }),
    () => ({
      event: 'map',
      path: `/wild/${below(4)}`,
      ...pick([{ type: pick(['hash', 'stack', 'array', 'x']), key: below(5), value: 1, entries: below(9) }, {}]),
      ...pick([{ set: pick([bytes(), `${bytes()}=01`, '01']) }, { delete: bytes() }, { unpin: true }]),
    }),
    () => ({ event: 'wire', hex: bytes(), link: pick(['raw', 'ethernet']), dev: pick(['lo', 'fz1', 'fz9']) }),
    () => ({ event: 'syscall', name: pick(['read', 'write', 'nosuch']) }),
    () => ({ event: pick(['rain', null, 5]) }),
  ]
  const device = await open('answers')
  const faults: string[] = []
  const fault = /TypeError|RangeError|RuntimeError|Cannot read|is not a function|undefined/
  let [heard, wrong, failed, reruns] = [0, 0, 0, 0]
  for (let i = 0; i < events; i++) {
    if (i % 100 === 0) {
      const name = pick(wilds)
      stop(name)
      if ((await run(name, contexts[name])) === null) reruns++
      if ((await device.pread(4, 0)) !== 'here') t.fail(`the device has no answer after ${i} events`)
    }
    faults.push(...log.splice(0).filter((text) => fault.test(text)))
    try {
      const { calls } = await inject(pick(random)())
      heard += calls.length
      failed += calls.filter(({ error }) => error !== null).length
    } catch (e) {
      if ((e as Error).name !== 'InjectError') throw e
      wrong++
    }
  }
  t.ok(
    heard > events / 5 && wrong > 10 && failed > events / 20 && reruns > 0,
    `${heard} calls, ${failed} failed, ${wrong} events were wrong, scripts have run again ${reruns} times`,
  )
  t.match((await inject({ event: 'packet', dns: 'a.b' })).calls[0], { script: 'good', verdict: 'ACCEPT', error: null })
  t.strictSame(faults, [])
  for (const name of ['fz0', 'fz1', 'fz2'])
    await inject({ event: 'netdev', name, action: 'unregister' }).catch(() => {})
  await device.close()
  for (const name of Object.keys(contexts)) stop(name)
  for (const event of ['keyboard', 'vt']) t.match(await inject({ event, text: 'a' }), { hooks: 0, calls: [] })
  if (collects) t.equal(lunatik_ledger().length, before, 'nothing is left')
})
