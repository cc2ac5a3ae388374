// A ring that two runtimes share, driven by ordinary tools.
// variants: default (fengari)
import t from 'tap'
import { mounted, noFuse } from '../mount/mounted.js'

t.test('myring', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t, ['--device', 'myring'])

  t.test('what one runtime puts in the other takes out, once and in order', async (t) => {
    const { stdout } = await sh(
      'echo one > $MNT/myring_in; echo two > $MNT/myring_in; cat $MNT/myring_out $MNT/myring_out',
    )
    t.equal(stdout, 'one\ntwo\n')
  })
  t.test('a read takes as much as it asks for', async (t) => {
    t.equal((await sh('printf abcdef > $MNT/myring_in; head -c 2 $MNT/myring_out')).stdout, 'ab')
    t.equal((await sh('dd if=$MNT/myring_out bs=3 count=1 status=none; echo; cat $MNT/myring_out')).stdout, 'cde\nf')
  })
  t.test('it is full at 4096 bytes: a write is short, and then EAGAIN is in the log', async (t) => {
    const { code } = await sh('head -c 5000 /dev/zero > $MNT/myring_in')
    t.not(code, 0)
    t.match(log(), /EAGAIN/)
    t.equal((await sh('cat $MNT/myring_out | wc -c')).stdout.trim(), '4096')
  })
  t.test('100 KiB go through it whole, around its end', async (t) => {
    const { stdout } = await sh(`
      f=$(mktemp)
      trap 'rm $f' EXIT
      head -c 100K /dev/urandom > $f
      for i in $(seq 0 49); do
        dd if=$f of=$MNT/myring_in bs=2K skip=$i count=1 status=none
        dd if=$MNT/myring_out bs=2K count=1 status=none
      done | cmp - $f && echo same`)
    t.equal(stdout, 'same\n')
  })
  t.test('the wrong end is refused', async (t) => {
    t.match((await sh('cat $MNT/myring_in')).stderr, /Operation canceled/)
    t.not((await sh('echo x > $MNT/myring_out')).code, 0)
    t.match(log(), /myring_in\.lua:\d+: read from myring_out\n[\s\S]*myring_out\.lua:\d+: write to myring_in\n/)
    t.equal(await stop(), 0)
  })
})
