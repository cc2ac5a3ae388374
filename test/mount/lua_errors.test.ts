// What goes wrong in a callback in Lua, and that the mount lives on.
// variants: default (fengari)
import t, { type Test } from 'tap'
import { folder, mounted, noFuse, run } from './mounted.js'

t.test('errors in Lua', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'mydevice.lua': `
local what = ""
local function spin() while true do end end
local deeds = {
  raise = function() error("boom") end,
  table = function() error({}) end,
  none = function() error() end,
  number = function() return "x", "a word" end,
  spin = spin,
  stubborn = function() while true do pcall(spin) end end,
  tail = function() return pcall(spin) end,
  coroutine = function() return coroutine.wrap(function() while true do pcall(spin) end end)() end,
  coroutines = function() while true do coroutine.resume(coroutine.create(spin)) end end,
  metamethod = function() return setmetatable({}, { __index = spin }).x end,
  heap = function() local t = {} for i = 1, math.maxinteger do t[i] = { ("x"):rep(1000) } end end,
  mount = function() return loadfile(what:match("mount (.*)")) and "loaded" or "refused" end,
  stack = function() local function f() return 1 + f() end return f() end,
}
function myread(len, off)
  local deed = deeds[what:match("^%w+")]
  if deed then return deed() end
  return "fine"
end
function mywrite(buf) if buf == "fail" then error("no write", 0) end what = buf end
`,
  })
  const { sh, log, dir } = await mounted(t, ['--scripts', scripts, '--deadline', '0.5'])
  const script = `${scripts}/mydevice.lua`
  const attempt = (what: string) =>
    sh(`printf '${what}' > $MNT/mydevice && dd if=$MNT/mydevice bs=99 count=1 status=none`)
  const fine = async (t: Test) => t.equal((await attempt('nothing')).stdout, 'fine', 'the mount lives on')

  t.test('a raise gives ECANCELED and file:line in the log', async (t) => {
    t.match((await attempt('raise')).stderr, /Operation canceled/)
    t.match(log(), `err: mydevice: ${script}:5: boom\n`)
    await fine(t)
  })
  t.test('a raise in mywrite fails the write', async (t) => {
    t.match((await sh('printf fail | dd of=$MNT/mydevice status=none')).stderr, /Operation canceled/)
    t.match(log(), 'err: mydevice: no write\n')
  })
  t.test('an error object that is no string is named as on the kernel', async (t) => {
    await attempt('table')
    t.match(log(), 'err: mydevice: (null)\n')
    await attempt('none')
    t.match(log(), 'err: mydevice: <no error object>\n')
  })
  t.test('a result of a wrong type gives ECANCELED where the kernel crashes', async (t) => {
    t.match((await attempt('number')).stderr, /Operation canceled/)
    t.match(log(), /err: lunatik: .*number expected, got string.*on a kernel is a crash\n/)
    await fine(t)
  })
  t.test('a stack overflow is an error like others', async (t) => {
    t.match((await attempt('stack')).stderr, /Operation canceled/)
    t.match(log(), `${script}:17: stack overflow`)
    await fine(t)
  })
  for (const what of ['spin', 'stubborn', 'tail', 'coroutine', 'coroutines', 'metamethod']) {
    t.test(`an endless loop (${what}) ends at the deadline, with ETIMEDOUT and its line`, async (t) => {
      const before = log().length
      t.match((await attempt(what)).stderr, /Connection timed out/)
      t.match(log().slice(before), /mydevice\.lua:\d+: no return within 500 ms/)
      await fine(t)
    })
  }
  t.test('a script that fills the heap is ended before the process is', async (t) => {
    t.match((await attempt('heap')).stderr, /Connection timed out|Operation canceled/)
    await fine(t)
  })
  t.test('a script may not load a file of the mount itself, which would never answer', async (t) => {
    t.equal((await attempt(`mount ${dir}/mydevice`)).stdout, 'refused')
    await run('ln', ['-s', dir, `${scripts}/link`])
    t.equal((await attempt(`mount ${scripts}/link/mydevice`)).stdout, 'refused')
  })
})
