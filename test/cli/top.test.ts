// `lunatik top`: what devices and scripts are at.
import { once } from 'node:events'
import t from 'tap'
import { blockedOn, lunatik, noFuse, temporary, until } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

const busy = `
local d = { name = "busy/echo", mode = tonumber("666", 8) }
function d:write(buf) if buf == "bad" then error("bad") end end
require("device").new(d)`
const slow = `
local d = { name = "slow", mode = tonumber("444", 8) }
function d:read() require("linux").schedule() end
require("device").new(d)`

t.test('top', { skip: noFuse }, async (t) => {
  const mount = await scripted(t, { 'busy.lua': busy, 'slow.lua': slow }, ['--run', 'busy', '--run', 'slow'])
  const letGo = await mount.hold('head -c 1 $MNT/slow & reader=$!', 'kill $reader; wait')
  t.teardown(() => letGo())
  await until(() => blockedOn(mount.dir) === 1)

  t.test('prints one sample for a program', async (t) => {
    const end = await mount.hold(
      'while :; do printf good > $MNT/busy/echo; printf bad > $MNT/busy/echo; done 2> /dev/null & writer=$!',
      'kill $writer; wait',
    )
    const { code, stdout, stderr } = await mount.lunatik('top', '--json')
    await end()
    t.same([code, stderr], [0, ''])
    const { ok, devices, scripts } = JSON.parse(stdout)
    t.equal(ok, true)
    t.same(devices.map(({ name }: { name: string }) => name).sort(), ['busy/echo', 'slow'])
    const [echo, slow] = ['busy/echo', 'slow'].map((one) => devices.find(({ name }: { name: string }) => name === one))
    t.ok(echo.calls > 0 && echo.bytes > 0 && echo.errors > 0, stdout)
    t.ok(echo.calls > echo.errors)
    t.match(slow, { calls: 0, bytes: 0, errors: 0, waiting: [{ comm: 'head', op: 'read' }], open: [{ comm: 'head' }] })
    t.ok(slow.waiting[0].ms > 0)
    t.equal(slow.waiting[0].pid, slow.open[0].pid)
    const script = (one: string) => scripts.find(({ script }: { script: string }) => script === one)
    t.ok(script('busy').ms > 0 && script('busy').memory > 1000, stdout)
    t.equal(script('slow').ms, 0)
  })

  t.test('and goes on for a person', async (t) => {
    const child = mount.start('top')
    let out = ''
    child.stdout?.on('data', (text: Buffer) => {
      out += text
    })
    await until(() => out.split('DEVICE').length > 2 || child.exitCode !== null)
    const closed = once(child, 'close')
    child.kill('SIGINT')
    t.same(await closed, [0, null])
    t.match(out, /^DEVICE {5}CALLS\/s {2}BYTES\/s {2}ERRORS\/s {2}WAITING +OPEN$/m)
    t.match(out, /^slow +0 +0 +0 {2}head\[\d+\] read \d+\.\ds {2}head\[\d+\]$/m)
    t.match(out, /^busy\/echo +0 +0 +0 {2}- +-$/m)
    t.match(out, /^SCRIPT {2}LUA ms\/s {2}MEMORY$/m)
    t.match(out, /^slow +0 {2}\d+ KiB$/m)
  })

  t.test('needs a mount', async (t) => {
    t.match(await lunatik('top', '--mount', temporary(t)), {
      code: 1,
      stderr: /^lunatik: nothing of lunatik is mounted/,
    })
  })
})
