// One script in two contexts, driven by ordinary tools.
// variants: default (fengari)
import t from 'tap'
import { mounted, noFuse } from '../mount/mounted.js'

t.test('myfoo', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t, ['--device', 'myfoo'])

  t.test('each runtime gets the class of its context', async (t) => {
    const { stdout } = await sh('cat $MNT/myfoo $MNT/myfoo_hardirq $MNT/myfoo_hardirq')
    t.equal(stdout, 'process 1\nhardirq 1\nhardirq 2\n')
  })
  for (const [device, own, other] of [
    ['myfoo', 'process', 'hardirq'],
    ['myfoo_hardirq', 'hardirq', 'process'],
  ] as const) {
    t.test(`${device} refuses the ${other} class, and lives on`, async (t) => {
      const before = log().length
      t.match((await sh(`echo ${other} | dd of=$MNT/${device} status=none`)).stderr, /Operation canceled/)
      t.match(log().slice(before), /myfoo\.lua:\d+: runtime context mismatch\n/)
      t.equal((await sh(`echo ${own} > $MNT/${device}; cat $MNT/${device}`)).stdout, `${own} 1\n`)
    })
  }
  t.test('every object is released', async (t) => {
    t.equal(await stop(), 0)
    t.equal(log().match(/info: myfoo: released after/g)?.length, 4)
  })
})
