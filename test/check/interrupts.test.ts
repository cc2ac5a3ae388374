// variants: default
import t from 'tap'
import { processOnly } from '../../src/check/interrupts.js'
import '../../src/lib/libs.js'
import { evaluate, evaluator } from '../lib/eval.js'
import { checked, definitions, finds, root } from './checked.js'

const [only, sleeps] = ['error process-only', 'error sleeps']

const sleeping = `
local linux, completion = require("linux"), require("completion")
local c = completion.new()
local function f() linux.schedule(10) c:wait() end
io.open("x")
`

t.test('what may not be done in interrupt context', async (t) => {
  for (const context of ['softirq', 'hardirq'] as const) {
    finds(
      t,
      [
        [sleeping, `4:20 ${sleeps}`, `4:39 ${only}`, `5:1 ${only}`],
        ['require("device").new({ name = "x" })', `1:1 ${only}`],
        ['require("io") local open = io.open', `1:1 ${only}`, `1:28 ${only}`],
        ['require("thread").run(x, "y") x = 1', `1:1 ${only}`],
        ['require("mailbox").inbox(8):receive()', `1:1 ${only}`],
        ['require("lunatik").runtime("there")', `1:1 ${only}`],
        ['require("lunatik.runner").stop("there")', `1:1 ${sleeps}`],
        ['if x then require("linux").schedule() end', `1:11 ${sleeps}`],
        ['pcall(function() require("linux").schedule(1) end)', '1:18 warning sleeps'],
      ],
      { contexts: new Set(['process', context]) },
    )
  }
  finds(t, [[sleeping]])
  t.match(checked(sleeping, { contexts: new Set(['hardirq']) })[0]?.message, /which a hardirq runtime may not/)
})

t.test('what may be done there', async (t) => {
  finds(
    t,
    [
      ['require("completion").new():complete() require("data").new(8):setint8(0, 1) require("rcu").table()'],
      ['require("linux").time() require("thread").shouldstop()'],
      ['if io then io.open("x") end'],
      ['local io = { open = print } io.open("x")'],
      ['local linux = { schedule = print } linux.schedule(1)'],
    ],
    { contexts: new Set(['softirq']) },
  )
})

/** A call of each in a runtime that may not sleep. */
const calls: Record<string, string> = {
  'crypto.aead': 'require("crypto").aead("gcm(aes)")',
  'crypto.comp': 'require("crypto").comp("lz4")',
  'crypto.rng': 'require("crypto").rng()',
  'crypto.shash': 'require("crypto").shash("md5")',
  'crypto.skcipher': 'require("crypto").skcipher("cbc(aes)")',
  'device.new': 'require("device").new{name = "x"}',
  'thread.current': 'require("thread").current()',
  'lunatik.runtime': 'require("lunatik").runtime("x")',
  'lunatik.runner.run': 'require("lunatik.runner").run("x")',
  'lunatik.runner.spawn': 'require("lunatik.runner").spawn("x")',
  'lunatik.completion:wait': 'require("completion").new():wait()',
  'socket.new': 'require("socket").new(2, 1, 6)',
  'linux.schedule': 'require("linux").schedule(1)',
}

t.test('the runtime refuses it as well', async (t) => {
  const r = evaluator(t, false, `package.path = package.path .. ";${root}lua/?.lua"`)
  for (const [path, call] of Object.entries(calls)) {
    const raised = processOnly.get(path)
    const expected = raised === '' ? 'may not sleep' : raised
    const said = evaluate(r, call)
    t.ok(expected !== undefined && said.startsWith('ERROR') && said.includes(expected), `${path}: ${said}`)
  }
  t.equal(evaluate(r, 'io'), 'nil')
})

t.test('what is named exists', async (t) => {
  for (const path of processOnly.keys()) {
    const [owner = '', method] = path.split(':')
    const dot = path.lastIndexOf('.')
    const members =
      method === undefined
        ? definitions.modules.get(path.slice(0, dot))?.shape?.members
        : definitions.classes.get(owner)?.members
    t.ok(members?.has(method ?? path.slice(dot + 1)), path)
  }
})
