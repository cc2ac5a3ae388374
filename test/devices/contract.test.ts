// What every module of devices/ keeps, whatever it does: it leaves nothing behind, and no error ends its mount.
// variants: default fengari
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { EEXIST, EINVAL, ENXIO } from '../../src/errno.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { register_console } from '../../src/printk.js'
import { type file, O_RDONLY } from '../../src/vfs/fs.js'
import { MISC_DYNAMIC_MINOR, misc_deregister, misc_names, misc_register } from '../../src/vfs/miscdevice.js'
import { lookup } from '../../src/vfs/namei.js'
import { fput, vfs_open } from '../../src/vfs/open.js'
import { vfs_read } from '../../src/vfs/read_write.js'
import { folder, isMounted, mounted, noFuse } from '../mount/mounted.js'
import { importModule, moduleNames, ownScripts } from './modules.js'

/** The log's errors and warnings until the test ends. */
function complaints(t: Test): string[] {
  const texts: string[] = []
  t.teardown(register_console(({ level, text }) => (level === 'err' || level === 'warn') && texts.push(text)))
  return texts
}

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

function open(name: string): file {
  const node = lookup(name)
  const file = typeof node === 'number' ? node : vfs_open(node, O_RDONLY)
  if (typeof file === 'number' || file instanceof Promise) throw new Error(`${name} not opened: ${file}`)
  return file
}

for (const name of moduleNames) {
  t.test(`${name}, loaded in this process`, async (t) => {
    const { init_module, cleanup_module } = await importModule(name)
    const nothingLeft = (t: Test) => {
      t.strictSame(lunatik_ledger(), [])
      t.strictSame(misc_names(), [])
    }
    t.beforeEach(() => {
      lunatik_conf.root = [ownScripts]
    })

    let names: string[] = []
    for (const time of ['first', 'second']) {
      t.test(`a ${time} time, and unloaded: nothing is left`, async (t) => {
        const log = complaints(t)
        t.equal(await init_module(), 0)
        names = misc_names()
        t.not(names.length, 0)
        cleanup_module()
        nothingLeft(t)
        t.strictSame(log, [])
      })
    }
    t.test('unloaded with its files open: they get ENXIO, and the last close puts what they held', async (t) => {
      const log = complaints(t)
      t.equal(await init_module(), 0)
      const files = names.map(open)
      cleanup_module()
      t.strictSame(misc_names(), [])
      for (const file of files) {
        t.equal(await vfs_read(file, new Uint8Array(1), 1, 0), -ENXIO)
        fput(file)
      }
      nothingLeft(t)
      t.strictSame(log, [])
    })
    t.test('where each of its names in turn is taken: EEXIST, and all is undone', async (t) => {
      const log = complaints(t)
      for (const taken of names) {
        const other = { minor: MISC_DYNAMIC_MINOR, name: taken, fops: {} }
        misc_register(other)
        t.equal(await init_module(), -EEXIST, taken)
        t.strictSame(lunatik_ledger(), [])
        t.strictSame(misc_names(), [taken])
        misc_deregister(other)
      }
      t.strictSame(log, [])
    })
    t.test('without its scripts: EINVAL, and all is undone', async (t) => {
      lunatik_conf.root = [folder(t, {})]
      t.equal(await init_module(), -EINVAL)
      nothingLeft(t)
    })
  })

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
    t.test('an error in its script is ECANCELED, time and again', async (t) => {
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
