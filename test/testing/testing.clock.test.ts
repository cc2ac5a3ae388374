// The time of scripts on a mount: README's thermometer, which sleeps 200 ms for each measurement.
// variants: (default fuse-native)
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LunatikOptions } from '../../src/testing/testing.js'
import { root } from '../document/installed.js'
import { folder, noFuse, run, until } from '../mount/mounted.js'

/** As it is bundled, with which servers start faster. */
const url = new URL('../../dist/testing/testing.js', import.meta.url).href
const { createLunatik } = (await import(url)) as typeof import('../../src/testing/testing.js')

const thermo = /`~\/drivers\/thermo\.lua`:\n\n```lua\n([\s\S]*?)^```$/m.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)?.[1] as string

/** A device that waits for a completion of which nobody tells, and one whose script never rests. */
const waits = `
local device, completion = require("device"), require("completion").new()
local d = { name = "waits", mode = tonumber("444", 8) }
function d:read(len, off) if off > 0 then return "" end return select(2, completion:wait(60000)) end
device.new(d)`
const ticks = `
local linux, thread = require("linux"), require("thread")
return function()
  for n = 1, math.maxinteger do
    if thread.shouldstop() then return end
    if n == 10 then print("ten") end
    linux.schedule(1000)
  end
end`

const transport = process.env.TRANSPORT as LunatikOptions['transport']

async function mounted(t: Test, clock: 'real' | 'fast' | 'manual') {
  const scripts = folder(t, { 'thermo.lua': thermo, 'waits.lua': waits, 'ticks.lua': ticks })
  const common = { scripts, run: ['thermo', 'waits'], clock, deadline: 0.5 }
  const lunatik = await createLunatik(transport === undefined ? common : { ...common, transport })
  t.teardown(() => lunatik.close())
  return lunatik
}

t.test('the manual clock', { skip: noFuse }, async (t) => {
  const lunatik = await mounted(t, 'manual')
  const last = (name: string) => lunatik.calls(name).findLast(({ op }) => op === 'read')

  t.test('keeps a reader waiting until it is moved', async (t) => {
    const reading = run('head', ['-c', '3', lunatik.path('thermo/temp')])
    await until(() => last('thermo/temp') !== undefined)
    await lunatik.clock.advance(199)
    t.equal(last('thermo/temp')?.ret, null)
    await lunatik.clock.advance(1)
    t.equal(last('thermo/temp')?.ret, 3, 'it has its answer when the clock was moved')
    t.match(await reading, { code: 0, stdout: '20\n' })
  })

  t.test('is that of completions and of linux.time', async (t) => {
    const reading = readFile(lunatik.path('waits'), 'utf8')
    await until(() => last('waits') !== undefined)
    await lunatik.clock.advance(60_000)
    t.equal(await reading, 'timeout')
    const chunk =
      'local time = require("linux").time local t = time() require("lunatik.clock").advance(1500) return time() - t'
    // fengari's integers of nanoseconds are multiples of 256.
    t.ok(Math.abs(Number(await lunatik.lua(chunk)) - 1_500_000_000) < 1000)
  })

  t.test('but not that of deadlines', async (t) => {
    await t.rejects(lunatik.lua('while true do end'), { message: /deadline|no end within|ETIMEDOUT/i })
  })

  t.test('takes milliseconds alone', async (t) => {
    for (const ms of [-1, 2 ** 31]) await t.rejects(lunatik.clock.advance(ms), { message: /out of range/ })
    await t.rejects(lunatik.clock.advance(1.5), { message: /malformed number/ })
  })
})

t.test('the fast clock', { skip: noFuse }, async (t) => {
  const lunatik = await mounted(t, 'fast')

  t.test('takes no time for what sleeps', async (t) => {
    const begin = Number(await lunatik.lua('return require("linux").time() // 1000000'))
    // Twelve minutes of waiting.
    for (let n = 0; n < 12; n++) t.equal(await readFile(lunatik.path('waits'), 'utf8'), 'timeout')
    for (let n = 0; n < 20; n++) t.equal(await readFile(lunatik.path('thermo/temp'), 'utf8'), '20\n')
    const end = Number(await lunatik.lua('return require("linux").time() // 1000000'))
    t.ok(end - begin >= 12 * 60_000 + 20 * 200)
    t.ok(lunatik.calls('waits').every(({ ms }) => ms === null || ms < 60_000))
  })

  t.test('serves programs also where a script sleeps again and again', async (t) => {
    await lunatik.spawn('ticks')
    await lunatik.log.until('ten', { timeout: 60_000 })
    for (let n = 0; n < 10; n++) t.equal(await readFile(lunatik.path('thermo/temp'), 'utf8'), '20\n')
    await lunatik.stop('ticks')
  })

  t.test('is moved by nobody', async (t) => {
    await t.rejects(lunatik.clock.advance(1), { message: /the clock isn't manual: mount with --clock manual/ })
  })
})
