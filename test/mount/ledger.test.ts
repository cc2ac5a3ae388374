// `--ledger`: what is still alive when the mount ends.
import t from 'tap'
import { fixture, mounted, noFuse } from './mounted.js'

t.test('--ledger', { skip: noFuse }, async (t) => {
  t.test('names each object that was forgotten, and where it was made', async (t) => {
    const { stop, log } = await mounted(t, ['--ledger', '--device', 'mydevice', '--device', fixture('leaky')])
    t.equal(await stop(), 0)
    t.match(log(), /warn: ledger: a 'leaky' object is alive: 1 references, opt 0, made at .*init_module .*leaky.js:\d+/)
    t.match(log(), /info: ledger: 1 objects alive\n/)
  })
  t.test('finds nothing after many opens and closes of the examples', async (t) => {
    const { sh, stop, log } = await mounted(t, ['--ledger'])
    await sh(
      'for i in 1 2 3 4 5 6 7 8 9; do head -c 2 $MNT/mydevice; echo x > $MNT/mybuffer; done; exec 3< $MNT/mydevice',
    )
    t.equal(await stop(), 0)
    t.match(log(), /info: ledger: 0 objects alive\n/)
  })
})
