// What every module of devices/ keeps, whatever it does: it leaves nothing behind.
// variants: default (fengari)
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
import { folder } from '../mount/mounted.js'
import { importModule, moduleNames, ownScripts } from './modules.js'

/** The log's errors and warnings until the test ends. */
function complaints(t: Test): string[] {
  const texts: string[] = []
  t.teardown(register_console(({ level, text }) => (level === 'err' || level === 'warn') && texts.push(text)))
  return texts
}

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
}
