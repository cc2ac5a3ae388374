// What every module of devices/ keeps on a mount, whatever it does: no error ends it.
// variants: default
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { folder, isMounted, mounted, noFuse } from '../mount/mounted.js'
import { moduleNames, ownScripts } from './modules.js'

/** The package's scripts with `more` at the end of each, in a folder of their own. */
const scriptsWith = (t: Test, more: string) =>
  folder(
    t,
    Object.fromEntries(
      readdirSync(ownScripts)
        .filter((name) => name.endsWith('.lua'))
        .map((name) => [name, `${readFileSync(join(ownScripts, name), 'utf8')}\n${more}`]),
    ),
  )

for (const name of moduleNames) {
  t.test(`${name}, alone on a mount`, { skip: noFuse }, async (t) => {
    t.test('reads and writes of all sizes leave it alive, and SIGTERM ends it with 0', async (t) => {
      const { sh, log, stop, dir } = await mounted(t, ['--device', name])
      const { stdout } = await sh('ls -A -I kmsg -I lunatik $MNT')
      t.not(stdout, '')
      for (const device of stdout.trim().split('\n')) {
        const { code } = await sh(`
          exec 2> /dev/null
          for bytes in 1 3 64K 1M; do
            timeout 5 head -c $bytes /dev/zero | timeout 5 dd of=$MNT/${device} bs=$bytes
            timeout 5 head -c $bytes $MNT/${device} > /dev/null
          done
          printf '12 \\377\\n' | timeout 5 tee -a $MNT/${device} > /dev/null
          timeout 5 dd if=$MNT/${device} bs=1 skip=5 count=2 > /dev/null
          stat $MNT/${device} > /dev/null`)
        t.equal(code, 0, device)
      }
      t.notMatch(log(), /underflow|fuse: |uncaught|unhandled|on a kernel/)
      t.equal(await stop(), 0)
      t.notOk(isMounted(dir))
    })
    const skip = name === 'myhook' && 'its script has no read and no write'
    t.test('an error in its script is ECANCELED, time and again', { skip }, async (t) => {
      const boom = 'function myread() error("boom") end function mywrite() error("boom") end'
      const { sh, log, stop, dir } = await mounted(t, ['--device', name, '--scripts', scriptsWith(t, boom)])
      for (const device of (await sh('ls -A -I kmsg -I lunatik $MNT')).stdout.trim().split('\n')) {
        for (const command of [
          `dd if=$MNT/${device} bs=1 count=1`,
          `dd of=$MNT/${device} < /dev/null bs=1 count=1; printf x | dd of=$MNT/${device}`,
          `timeout 5 cat $MNT/${device}`,
        ]) {
          t.match((await sh(command)).stderr, /Operation canceled/, command)
        }
      }
      t.match(log(), /err: my\w+: .*\.lua:\d+: boom\n/)
      t.equal(await stop(), 0)
      t.notOk(isMounted(dir))
    })
  })
}
