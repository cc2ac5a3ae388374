// What the modules of devices/ keep on a mount, whatever it does: no error ends it.
// variants: (default)
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { folder, isMounted, type Mounted, mounted, noFuse } from '../mount/mounted.js'
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

/** The devices that the modules have made, in a mount's folder. */
const devicesOf = async ({ sh }: Mounted) => (await sh('ls -A -I kmsg -I lunatik $MNT')).stdout.trim().split('\n')

/** The arguments that load these modules. */
const loading = (names: readonly string[]) => names.flatMap((name) => ['--device', name])

t.test('reads and writes of all sizes leave them alive, and SIGTERM ends them with 0', { skip: noFuse }, async (t) => {
  const mount = await mounted(t, loading(moduleNames))
  const { sh, log, stop, dir } = mount
  const devices = await devicesOf(mount)
  t.ok(devices.length >= moduleNames.length, devices.join(' '))
  for (const device of devices) {
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

t.test('an error in their scripts is ECANCELED, time and again', { skip: noFuse }, async (t) => {
  // The script of myhook has no read and no write.
  const names = moduleNames.filter((name) => name !== 'myhook')
  const boom = 'function myread() error("boom") end function mywrite() error("boom") end'
  const mount = await mounted(t, [...loading(names), '--scripts', scriptsWith(t, boom)])
  const { sh, log, stop, dir } = mount
  for (const device of await devicesOf(mount)) {
    for (const command of [
      `dd if=$MNT/${device} bs=1 count=1`,
      `dd of=$MNT/${device} < /dev/null bs=1 count=1; printf x | dd of=$MNT/${device}`,
      `timeout 100 cat $MNT/${device}`,
    ]) {
      t.match((await sh(command)).stderr, /Operation canceled/, command)
    }
  }
  for (const name of names) t.match(log(), new RegExp(`err: my\\w+: .*/${name}\\w*\\.lua:\\d+: boom\n`), name)
  t.equal(await stop(), 0)
  t.notOk(isMounted(dir))
})
