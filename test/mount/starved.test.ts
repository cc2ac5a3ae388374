// A server that gets no processor for longer than a callback may compute: as on a machine where others have them all.
// variants: default
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder, mounted, noFuse, until } from './mounted.js'

/** A device that computes for a while, and on until a file is there; and one that computes for ever. */
const script = (flag: string) => `
local device = require("device")
device.new{name = "works", read = function(self, len, off)
  if off > 0 then return "" end
  for i = 1, 10000000 do end
  print("works")
  while not io.open("${flag}") do for i = 1, 10000 do end end
  return "done\\n"
end}
device.new{name = "spins", read = function() while true do end end}
`

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

t.test('a script that works is ended neither by its deadline nor by the watchdog', { skip: noFuse }, async (t) => {
  const dir = folder(t, {})
  const flag = join(dir, 'flag')
  writeFileSync(join(dir, 'computes.lua'), script(flag))
  const { sh, child, log } = await mounted(t, ['--scripts', dir, '--run', 'computes', '--deadline', '1'])
  const read = sh('cat $MNT/works')
  await until(() => log().includes('works'))
  child.kill('SIGSTOP')
  t.teardown(() => child.kill('SIGCONT'))
  await pause(3000)
  writeFileSync(flag, '')
  child.kill('SIGCONT')
  t.same(await read, { code: 0, stdout: 'done\n', stderr: '' })
  t.notMatch(log(), /soft lockup|no return within|mounted afresh/)
  t.match((await sh('cat $MNT/spins')).stderr, /Connection timed out/)
  t.match(log(), /computes\.lua:10: no return within 1000 ms/)
})
