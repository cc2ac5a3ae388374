// `lunatik replay`: a trace of what programs did, made anew where the driver is the same, and where it was changed.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { recordsOf } from '../../src/cli/calls.js'
import { noFuse, temporary } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

/** A read takes a while, and says how many came before it: so the order of two at once is seen. */
const driver = `
local device, linux = require("device"), require("linux")
local STEP, n = 1, 0
local d = { name = "steps/n", mode = tonumber("666", 8) }
function d:read(len, off)
  if off > 0 then return "" end
  n = n + STEP
  linux.schedule(20)
  return n .. "\\xff"
end
function d:write(buf) if buf == "bad" then error("bad") end n = tonumber(buf) end
device.new(d)`

t.test('replay', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const mount = await scripted(t, { 'steps.lua': driver }, ['--run', 'steps', '--trace', join(dir, 'all')])
  const afresh = async (text = driver) => {
    writeFileSync(join(mount.scripts, 'steps.lua'), text)
    await mount.lunatik('stop', 'steps')
    t.match(await mount.lunatik('run', 'steps'), { code: 0 })
  }
  await mount.sh(`
    cat $MNT/steps/n
    printf 5 > $MNT/steps/n
    cat $MNT/steps/n & cat $MNT/steps/n & wait
    printf bad > $MNT/steps/n
    dd if=$MNT/steps/n bs=1 count=1`)
  const trace = join(dir, 'trace')
  copyFileSync(join(dir, 'all'), trace)
  const records = recordsOf(readFileSync(trace, 'utf8')).filter(({ end }) => end !== undefined)

  t.test('agrees where nothing was changed', async (t) => {
    await afresh()
    t.strictSame(await mount.lunatik('replay', trace), {
      code: 0,
      stdout: `${records.length} calls agree\n`,
      stderr: '',
    })
  })

  t.test('names the calls that have other results, as text and as JSON', async (t) => {
    await afresh(driver.replace('STEP, n = 1', 'STEP, n = 3'))
    const { code, stdout } = await mount.lunatik('replay', trace)
    t.equal(code, 1)
    t.match(stdout, /^cat\[\d+\] read\(steps\/n, "1\\xff", \d+, 0\) = 2, now "3\\xff" = 2$/m)
    t.match(stdout, new RegExp(`\\n[34] of ${records.length} calls differ\\n$`))
    await afresh(driver.replace('if buf == "bad"', 'if buf == "5"'))
    const json = JSON.parse((await mount.lunatik('replay', trace, '--json')).stdout)
    t.match(json, { ok: false, calls: records.length, left_out: 0 })
    t.match(json.differences[0], { call: { op: 'write', in: '5', ret: 1 }, now: { ret: -125, errname: 'ECANCELED' } })
  })

  t.test('a device that is not there is a difference', async (t) => {
    await mount.lunatik('stop', 'steps')
    const { code, stdout } = await mount.lunatik('replay', trace)
    t.equal(code, 1)
    t.match(stdout, /open\(steps\/n, O_RDONLY\) = 0, now = -1 ENOENT$/m)
  })

  t.test('a file that is no trace is said', async (t) => {
    t.match(await mount.lunatik('replay', join(dir, 'none')), { code: 1, stderr: /^lunatik: .*none: ENOENT\n$/ })
    writeFileSync(join(dir, 'text'), 'text\n')
    t.match(await mount.lunatik('replay', join(dir, 'text')), {
      code: 1,
      stderr: /^lunatik: .*text: line 1 is no record of a trace\n$/,
    })
  })
})
