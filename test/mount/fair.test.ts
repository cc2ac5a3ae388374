// Whatever keeps the event loop busy, timers that are due at once or a flood of requests, everybody else has a share.
// variants: (default)
import { spawn } from 'node:child_process'
import t from 'tap'
import { folder, lunatik, mounted, noFuse } from './mounted.js'

const hogs: Record<string, string> = {
  'a read that sleeps again and again for 1 ms': `
d.read = function() while true do linux.schedule(1) end end`,
  'a read that sleeps again and again for no time': `
d.read = function() while true do linux.schedule(0) end end`,
  'a thread that does': `
d.write = function() require("lunatik.runner").spawn("loop") end`,
  '200 threads that sleep for 2 ms': `
d.write = function() for n = 1, 200 do require("lunatik.runner").spawn("loops/" .. n) end end`,
}

const loop = (ms: number) => `
local linux = require("linux")
local thread = require("thread")
return function() while not thread.shouldstop() do linux.schedule(${ms}) end end`

const skip =
  noFuse || (process.env.TRANSPORT === 'fuse-native' ? 'libuv turns its loop: this is about dev-fuse' : false)

t.test('fair shares', { skip }, async (t) => {
  const names = Object.keys(hogs).map((_, n) => `hog${n}`)
  const hogFiles = Object.values(hogs).map((script, n) => [
    `hog${n}.lua`,
    `
local linux = require("linux")
local device = require("device")
local d = {name = "hog${n}", mode = 438}
${script}
device.new(d)`,
  ])
  const scripts = folder(t, {
    ...Object.fromEntries(hogFiles),
    'other.lua': `
local linux = require("linux")
local device = require("device")
device.new{name = "other", read = function(self, len, off) return off == 0 and "other" or "" end}
device.new{name = "sleeper", read = function(self, len, off)
  if off > 0 then return "" end
  for n = 1, 20 do linux.schedule(n % 3) end
  return "slept"
end}`,
    'loop.lua': loop(0),
    ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`loops/${n + 1}.lua`, loop(2)])),
  })
  const { sh, dir, stop } = await mounted(t, ['--scripts', scripts, '--run', 'hog0', '--run', 'other'])
  for (const [n, what] of Object.keys(hogs).entries()) {
    await t.test(`beside ${what}`, async (t) => {
      const hog = names[n] as string
      if (n > 0) for (const name of [hog, 'other']) t.equal((await lunatik('run', name, '--mount', dir)).code, 0)
      t.equal((await sh(`echo go > $MNT/${hog}`)).code, 0)
      const reader = spawn('cat', [`${dir}/${hog}`], { stdio: 'ignore' })
      t.teardown(() => reader.kill('SIGKILL'))
      const requests = spawn('sh', ['-c', 'while cat "$0"; do :; done', `${dir}/other`], { stdio: 'ignore' })
      t.teardown(() => requests.kill('SIGKILL'))
      t.equal((await sh('for n in 1 2 3 4 5 6 7 8 9 10; do cat $MNT/other; done')).stdout, 'other'.repeat(10))
      t.equal((await sh('cat $MNT/sleeper')).stdout, 'slept')
      t.match((await lunatik('list', '--mount', dir)).stdout, new RegExp(`\\b${hog}\\b`))
      t.equal((await lunatik('stop', 'other', '--mount', dir)).code, 0)
      t.equal((await sh('cat $MNT/other')).code, 1)
    })
  }
  // With the threads that the hogs have spawned.
  t.equal(await stop(), 0)
})
