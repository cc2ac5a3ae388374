// What a script of the kernel's Lua does on a mount, with each engine that can run it.
// variants: (default)
import t, { type Test } from 'tap'
import { folder, lunatik, main, mounted, noFuse, run } from './mounted.js'

const kernel = `
local device = require("device")
local BIG <const> = 1 << 40
local weak, events = setmetatable({}, {__mode = "v"}), {}
local kept = {}
weak[1], weak[2] = {}, kept
setmetatable({}, {__gc = function() events[#events + 1] = "gc" end})
collectgarbage()
do
  local c <close> = setmetatable({}, {__close = function() events[#events + 1] = "close" end})
end
local bytes = string.pack("<i8", math.mininteger)
local text = table.concat({
  BIG, #bytes, (string.unpack("<i8", bytes)), tostring(weak[1]), tostring(weak[2] == kept), events[1], events[2],
  7 / 2, -7 // 2, math.maxinteger + 1 == math.mininteger and "wraps" or "no", "10" + 5,
}, " ") .. "\\n"
device.new{name = "kernel", read = function(self, len, off) return text:sub(off + 1, off + len) end}
`

const memory = `
local device = require("device")
local kept = {}
device.new{name = "memory", read = function(self, len, off)
  if off > 0 then return "" end
  local ok, message = pcall(function() for i = 1, math.maxinteger do kept[i] = ("x"):rep(1000) .. i end end)
  local full = collectgarbage("count") > 4 << 20
  kept = {}
  collectgarbage()
  return tostring(ok) .. " " .. message .. " " .. tostring(full and collectgarbage("count") < 1 << 20) .. "\\n"
end}
`

const finalizer = `
local device = require("device")
device.new{name = "finalizer", read = function(self, len, off)
  if off > 0 then return "" end
  setmetatable({}, {__gc = function() while true do end end})
  setmetatable({}, {__gc = function() error("bad") end})
  collectgarbage()
  return "alive\\n"
end}
`

/** Scripts that each engine refuses in the kernel's words. */
const wrong = {
  'float.lua': '\n\nlocal x = 1.5',
  'loop.lua': 'for i = 1, 3 do\n  i = 2\nend',
  'global.lua': 'global x\ny = 1',
}

const scripts = { 'kernel.lua': kernel, 'memory.lua': memory, 'finalizer.lua': finalizer }

t.test('wasm runs what only the kernel’s Lua reads, with the kernel’s results', { skip: noFuse }, async (t) => {
  const dir = folder(t, { ...scripts, ...wrong })
  const args = ['--engine', 'wasm', '--scripts', dir, '--memory', '8', '--deadline', '1']
  const {
    sh,
    log,
    dir: mount,
  } = await mounted(t, [...args, ...Object.keys(scripts).flatMap((name) => ['--run', name.slice(0, -4)])])

  t.test('const and close, 64 bits, weak tables, finalizers at collection, integer division', async (t) => {
    t.equal(
      (await sh('cat $MNT/kernel')).stdout,
      '1099511627776 8 -9223372036854775808 nil true gc close 3 -4 wraps 15\n',
    )
  })
  t.test('a script that fills its memory gets an error, and lives on', async (t) => {
    for (let i = 0; i < 3; i++) t.equal((await sh('cat $MNT/memory')).stdout, 'false not enough memory true\n')
    t.match((await sh('cat $MNT/kernel')).stdout, /^1099511627776 /)
  })
  t.test('a finalizer that never ends is ended at the deadline', async (t) => {
    t.match((await sh('timeout 200 cat $MNT/finalizer')).stderr, /Connection timed out/)
    t.match(log(), /error in __gc \(.*finalizer\.lua:5: no return within 1000 ms\)/)
    t.match((await sh('cat $MNT/kernel')).stdout, /^1099511627776 /)
  })
  t.test('a script that is wrong is refused in the kernel’s words', (t) => refused(t, mount, dir))
})

async function refused(t: Test, mount: string, scripts: string) {
  const start = async (name: string) => (await lunatik('run', name, '--mount', mount)).stderr
  t.match(await start('float'), `${scripts}/float.lua:3: malformed number near '.5'\n`)
  t.match(await start('loop'), `${scripts}/loop.lua:2: attempt to assign to const variable 'i'\n`)
  t.match(await start('global'), `${scripts}/global.lua:2: variable 'y' not declared\n`)
}

t.test('fengari', { skip: noFuse }, async (t) => {
  const dir = folder(t, { ...scripts, ...wrong, 'wide.lua': '\nx = 0x100000000', 'floor.lua': 'print(7 / 2, 1 < 2)' })
  const mount = await mounted(t, ['--engine', 'fengari', '--scripts', dir, '--run', 'floor'])
  const start = (name: string) => lunatik('run', name, '--mount', mount.dir)
  t.match(mount.log(), /info: 3\ttrue\n/)

  t.test('refuses what it can not run, with its line and the reason', async (t) => {
    const reason = "kernel.lua:10: '<close>' is Lua 5.4: fengari, this engine, has "
    t.match(await start('kernel'), { code: 1, stderr: reason })
    t.match(await start('wide'), { code: 1, stderr: 'wide.lua:2: 0x100000000 is an integer of 64 bits: fengari' })
    const exec = ['exec', '--engine', 'fengari', '--scripts', dir, '--run', 'kernel', '--', 'true']
    t.match(await lunatik(...exec), { code: 1, stderr: reason })
  })
  t.test('says what is wrong with a script in the kernel’s words', (t) => refused(t, mount.dir, dir))
})

t.test('an engine that there is none of is a wrong command line', async (t) => {
  t.match(await lunatik('exec', '--engine', 'lua', '--', 'true'), {
    code: 2,
    stderr: /^lunatik: option '--engine <name>' argument 'lua' is invalid\. Allowed choices are wasm, fengari\.\n$/,
  })
  const env = { ...process.env, LUNATIK_ENGINE: 'lua' }
  t.match(await run(process.execPath, [main, 'exec', '--', 'true'], env), {
    code: 2,
    stderr: 'lunatik: LUNATIK_ENGINE=lua: the engines are wasm and fengari\n',
  })
})
