// `--ledger`: what is still alive when the mount ends.
// variants: default (fuse-native)
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, mounted, noFuse, temporary } from './mounted.js'

t.test('--ledger', { skip: noFuse }, async (t) => {
  t.test('names each object that was forgotten, and where it was made', async (t) => {
    const dir = join(temporary(t), 'src', 'lua')
    mkdirSync(dir, { recursive: true })
    const module = join(dir, 'mine.mjs')
    copyFileSync(fixture('leaky'), module)
    const devices = ['mydevice', fixture('leaky'), module].flatMap((name) => ['--device', name])
    const { stop, log } = await mounted(t, ['--ledger', ...devices])
    t.equal(await stop(), 0)
    t.match(log(), /warn: ledger: a 'leaky' object is alive: 1 references, opt 0, made at .*init_module .*leaky.js:\d+/)
    const own = /warn: ledger: a 'leaky' object is alive: .*made at init_module .*src\/lua\/mine.mjs:\d+/
    t.match(log(), own, 'a module of a user is known from our own code, whatever its folders are called')
    t.match(log(), /info: ledger: 2 objects alive\n/)
  })
  t.test('finds nothing after many opens and closes, and where files are still open when the mount ends', async (t) => {
    const { hold, sh, stop, log } = await mounted(t, ['--ledger'])
    await sh(
      'for i in 1 2 3 4 5 6 7 8 9; do head -c 2 $MNT/mydevice; echo x > $MNT/mybuffer; done; exec 3< $MNT/mydevice',
    )
    const end = await hold('exec 3< $MNT/mydevice 4< $MNT/mybuffer')
    t.equal(await stop(), 0)
    t.match(log(), /info: ledger: 0 objects alive\n/)
    await end()
  })
})
