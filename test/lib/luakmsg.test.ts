// process: its own
import t from 'tap'
import '../../src/lib/luakmsg.js'
import { lunatik_runtime } from '../../src/lunatik/lunatik_core.js'
import { log_stream, printk } from '../../src/printk.js'
import { logged, scripts } from '../lunatik/states.js'

t.test('clear hides what was logged, and cleared tells where the rest begins', async (t) => {
  printk('info', 'before')
  const before = log_stream.head
  const log = logged(t)
  scripts(t, { 'script.lua': 'local k = require("kmsg") print(k.cleared()) print(k.clear()) print(k.cleared())' })
  lunatik_runtime({ value: null }, 'script', true)
  t.equal(log[0], '0')
  t.equal(log[1], '')
  t.ok(Number(log[2]) > before)
})
