// A private class at work, driven by ordinary tools.
// variants: default fengari
import t from 'tap'
import { mounted, noFuse } from '../mount/mounted.js'

t.test('mycounter', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t, ['--device', 'mycounter'])
  const cat = async () => (await sh('cat $MNT/mycounter')).stdout
  const failed = async (t: { match(found: string, wanted: RegExp): unknown }, command: string, message: string) => {
    t.match((await sh(command)).stderr, /Operation canceled/)
    t.match(log(), new RegExp(`mycounter\\.lua:\\d+: ${message.replace(/[()#]/g, '\\$&')}\n`))
  }

  t.test('each cat gives the next number', async (t) => {
    t.strictSame([await cat(), await cat(), await cat()], ['1\n', '2\n', '3\n'])
  })
  t.test('a number that is written sets it', async (t) => {
    t.equal((await sh('echo 41 > $MNT/mycounter')).code, 0)
    t.equal(await cat(), '42\n')
  })
  t.test('the private data are 32 bits, as in C', async (t) => {
    await sh('echo 2147483647 > $MNT/mycounter')
    t.equal(await cat(), '-2147483648\n')
  })
  t.test('what is no number fails the write', async (t) => {
    await failed(
      t,
      'printf many | dd of=$MNT/mycounter status=none',
      "bad argument #1 to 'set' (number expected, got nil)",
    )
  })
  t.test('a frozen counter fails the extra check of its PRIVATECHECKER', async (t) => {
    await sh('echo freeze > $MNT/mycounter')
    await failed(t, 'cat $MNT/mycounter', "calling 'next' on bad self (counter is frozen)")
  })
  t.test('close releases it at once, and a second time does nothing', async (t) => {
    await sh('echo new > $MNT/mycounter; echo close > $MNT/mycounter; echo close > $MNT/mycounter')
    t.equal(log().match(/info: mycounter: released at 0\n/g)?.length, 1)
  })
  t.test('a closed counter is a null pointer', async (t) => {
    await failed(t, 'cat $MNT/mycounter', "calling 'next' on bad self (null pointer dereference)")
  })
  t.test('a new one starts again, and is released with its runtime', async (t) => {
    await sh('echo new > $MNT/mycounter; echo 6 > $MNT/mycounter')
    t.equal(await cat(), '7\n')
    t.equal(await stop(), 0)
    t.match(log(), 'info: mycounter: released at 7\n')
  })
})
