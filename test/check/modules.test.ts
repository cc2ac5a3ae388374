import t from 'tap'
import { checked, finds } from './checked.js'

const [missing, own, script] = ['error missing-module', 'warning own-extension', 'warning missing-script']

t.test('modules', async (t) => {
  finds(t, [
    ['require("nosuch")', `1:1 ${missing}`],
    ['local x = require "no.such" .y', `1:11 ${missing}`],
    ['require("os")', `1:1 ${missing}`],
    ['pcall(function() require("nosuch") end)', '1:18 warning missing-module'],
    ['require("linux.poll") require("linux.ioctl") require("kmsg")', `1:1 ${own}`, `1:23 ${own}`, `1:46 ${own}`],
    ['require("linux.errno")', `1:1 ${own}`],
    ['require("example")', `1:1 ${own}`],
    ['require("xtable") require("tc.anything")', '1:1 warning not-here', '1:19 warning not-here'],
  ])
  finds(t, [
    ['require("device") require("linux.stat") require("io") require("string") require("mailbox") require("_G")'],
    ['require("socket") require("socket.inet") require("socket.unix").dgram() require("socket.raw").bind()'],
    ['require("there")'],
    ['require(name()) function name() end'],
    ['pcall(require, "nosuch")'],
    ['package.path = "/x/?.lua" require("nosuch")'],
    ['package.loaded.nosuch = {} require("nosuch")'],
    ['package.preload["nosuch"] = print require("nosuch")'],
    ['local require = print require("nosuch")'],
  ])
  t.equal(
    checked('require("no.such")')[0]?.message,
    "error loading module 'no.such' from file 'no.such': luaopen_no_such not found in kernel symbol table",
  )
})

t.test('scripts that are started', async (t) => {
  finds(t, [
    ['require("lunatik").runtime("nosuch")', `1:1 ${script}`],
    ['require("lunatik.runner").run("nosuch")', `1:1 ${script}`],
    ['require("lunatik").runtime("there", "irq")', '1:1 error invalid-context'],
    ['require("lunatik.runner").spawn("there", "softirq")', '1:1 error process-only'],
    ['require("lunatik.runner").spawn("there", nil, true)', '1:1 error invalid-context'],
    ['return require("lunatik").cpu()', `1:8 ${own}`],
  ])
  finds(t, [
    ['require("lunatik").runtime("there") require("lunatik").runtime("there", "hardirq")'],
    ['require("lunatik").runtime("there", nil) require("lunatik").runtime(x, "softirq") x = 1'],
    ['require("lunatik.runner").run("there.lua", "softirq") require("lunatik.runner").spawn("there")'],
    ['require("lunatik.runner").run("there", nil, true) require("lunatik.runner").spawn("there", nil, false)'],
    ['local lunatik = require("lunatik") if lunatik.cpu then print(lunatik.cpu()) end'],
    ['local lunatik = { runtime = print } lunatik.runtime("nosuch", "irq")'],
  ])
})
