// `--watch` and open files: as with `lunatik stop`, what was open gets ENXIO, and what opens then has the new script.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder, mounted, noFuse, until } from './mounted.js'

const device = (answer: string) => `
local device = require("device")
device.new{
  name = "watched",
  read = function(self, len, off) if off == 0 then return "${answer}" end end,
  write = function() end,
  release = function() print("${answer} released") end,
}
`

t.test('a changed script', { skip: noFuse }, async (t) => {
  const scripts = folder(t, { 'watched.lua': device('old') })
  const { sh, log, stop } = await mounted(t, ['--scripts', scripts, '--run', 'watched', '--watch', '--ledger'])

  t.test('gives ENXIO to files that are open, and new ones work', async (t) => {
    const client = sh(`
      exec 3<> $MNT/watched
      dd bs=9 count=1 status=none <&3
      echo ready > ${scripts}/ready
      while ! grep -q "runs again" $MNT/kmsg; do sleep 0.05; done
      dd bs=9 count=1 status=none <&3
      dd if=/dev/zero bs=9 count=1 status=none >&3
      exec 3>&-
      echo " closed $?"
      cat $MNT/watched`)
    await until(() => existsSync(join(scripts, 'ready')))
    writeFileSync(join(scripts, 'watched.lua'), device('new'))
    const { code, stdout, stderr } = await client
    t.equal(code, 0)
    t.equal(stdout, 'old closed 0\nnew')
    t.equal(stderr.match(/^dd: error (read|writ)ing .*: No such device or address$/gm)?.length, 2, stderr)
    t.notMatch(log(), 'old released', 'the release callback of a stopped script never runs')
    await until(() => log().includes('new released'))
  })
  t.test('that does not load leaves no device, and the next change brings it back', async (t) => {
    const holder = sh(`
      exec 3< $MNT/watched
      echo ready > ${scripts}/again
      while test -e $MNT/watched; do sleep 0.05; done
      dd bs=9 count=1 status=none <&3; ls $MNT`)
    await until(() => existsSync(join(scripts, 'again')))
    writeFileSync(join(scripts, 'watched.lua'), 'x = = 1')
    t.match(await holder, { stdout: 'kmsg\nlunatik\n', stderr: /No such device or address/ })
    writeFileSync(join(scripts, 'watched.lua'), device('newest'))
    await until(() => (log().match(/runs again/g)?.length ?? 0) === 2)
    t.equal((await sh('cat $MNT/watched')).stdout, 'newest')
  })
  t.test('leaves no object behind', async (t) => {
    t.equal(await stop(), 0)
    t.match(log(), /info: ledger: 0 objects alive\n/)
  })
})
