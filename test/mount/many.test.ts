// Many scripts, devices, readers, starts and stops.
// variants: (default fuse-native)
import { readFileSync } from 'node:fs'
import t from 'tap'
import { folder, mounted, noFuse } from './mounted.js'

const names = Array.from({ length: 100 }, (_, n) => `many${n}`)

/** Arguments that start all scripts. */
const runAll = names.flatMap((name) => ['--run', name])

/** A script for each name. */
const files = (text: (name: string) => string) => Object.fromEntries(names.map((name) => [`${name}.lua`, text(name)]))

t.test('1,000 devices of 100 scripts answer', { skip: noFuse }, async (t) => {
  const scripts = files(
    (name) => `
local device = require("device")
for n = 0, 9 do
  local answer = "${name}/" .. n .. "\\n"
  device.new{name = "${name}/" .. n, read = function(self, len, off) return answer:sub(off + 1, off + len) end}
end`,
  )
  const { sh, stop, log } = await mounted(t, ['--scripts', folder(t, scripts), ...runAll, '--ledger'])
  t.equal((await sh('ls $MNT | grep -c many')).stdout, '100\n')
  const { code, stdout, stderr } = await sh('cat $MNT/many*/*')
  t.equal(code, 0, stderr)
  const answers = stdout.trim().split('\n')
  const expected = names.flatMap((name) => Array.from({ length: 10 }, (_, n) => `${name}/${n}`))
  t.strictSame(answers.sort(), expected.sort())
  t.equal(await stop(), 0)
  t.match(log(), /info: ledger: 0 objects alive\n/)
})

t.test('100 readers of 100 scripts sleep at once', { skip: noFuse }, async (t) => {
  const scripts = files(
    (name) => `
local linux, shared = require("linux"), require("lunatik")._ENV
require("device").new{name = "${name}", read = function(self, len, off)
  if off > 0 then return end
  shared.inside = (shared.inside or 0) + 1
  -- The first goes on when the last has come.
  while shared.inside < 100 do linux.schedule(100) end
  return "${name}\\n"
end}`,
  )
  const { sh } = await mounted(t, ['--scripts', folder(t, scripts), ...runAll])
  const { stdout, stderr } = await sh('for file in $MNT/many*; do cat $file & done; wait')
  t.strictSame(stdout.trim().split('\n').sort(), [...names].sort())
  t.equal(stderr, '')
})

t.test('running and stopping a script 200 times leaves nothing', { skip: noFuse }, async (t) => {
  const script = `
local linux, completion = require("linux"), require("completion").new()
local self = {name = "loop", kept = completion, read = function() linux.schedule(1) return "x" end}
require("device").new(self)
require("device").new{name = "loop2"}`
  const scripts = folder(t, { 'loop.lua': script })
  const { sh, stop, log, child } = await mounted(t, ['--scripts', scripts, '--ledger', '--device', 'mydevice'])
  const resident = () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
  const loop = (times: number) =>
    sh(`
      i=0
      while [ $i -lt ${times} ]; do
        echo 'require("lunatik.runner").run("loop")' > $MNT/lunatik || exit 1
        dd if=$MNT/loop bs=1 count=1 status=none || exit 2
        exec 3< $MNT/loop2
        echo 'require("lunatik.runner").stop("loop")' > $MNT/lunatik || exit 3
        test ! -e $MNT/loop || exit 4
        i=$((i + 1))
      done`)
  await loop(20)
  const before = resident()
  t.match(await loop(200), { code: 0, stdout: 'x'.repeat(200), stderr: '' })
  t.ok(resident() - before < 100, `${before} MiB, then ${resident()}`)
  t.equal((await sh('ls $MNT')).stdout, 'kmsg\nlunatik\nmydevice\n')
  t.equal(await stop(), 0)
  t.match(log(), /info: ledger: 0 objects alive\n/)
  t.notMatch(log(), /err:/)
})
