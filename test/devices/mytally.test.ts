// An object of the module's own in two runtimes, driven by ordinary tools.
// variants: (default fengari)
import t from 'tap'
import { mounted, noFuse } from '../mount/mounted.js'

t.test('mytally', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t, ['--device', 'mytally'])

  t.test('both devices count on one object', async (t) => {
    const { stdout } = await sh('cat $MNT/mytally0 $MNT/mytally1 $MNT/mytally1 $MNT/mytally0')
    t.equal(stdout, '1\n2\n3\n4\n')
  })
  t.test('a number that is written to one is seen through the other', async (t) => {
    t.equal((await sh('echo 95 > $MNT/mytally0; cat $MNT/mytally1')).stdout, '100\n')
  })
  t.test('50 readers at once each get a number of their own', async (t) => {
    const readers = await Promise.all(Array.from({ length: 50 }, (_, n) => sh(`cat $MNT/mytally${n % 2}`)))
    t.equal(new Set(readers.map(({ stdout }) => stdout)).size, 50)
  })
  t.test('it is released once, when nobody has a reference any more', async (t) => {
    t.notMatch(log(), /released/)
    t.equal(await stop(), 0)
    t.equal(log().match(/info: mytally: released at 150\n/g)?.length, 1)
  })
})
