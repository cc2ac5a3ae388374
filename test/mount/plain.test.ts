// What programs see of drivers without Lua.
import t from 'tap'
import { fixture, mounted, noFuse } from './mounted.js'

t.test('drivers without Lua', { skip: noFuse }, async (t) => {
  const { sh, log } = await mounted(t, ['--device', fixture('plain')])

  t.test('O_DIRECT gives EINVAL after an open and a release', async (t) => {
    t.match((await sh('dd if=$MNT/noted iflag=direct bs=512 count=1')).stderr, /Invalid argument/)
    t.match(log(), 'info: plain: open\n')
    t.match(log(), 'info: plain: release\n')
  })
  t.test("but the driver's errno comes first", async (t) => {
    t.match((await sh('dd if=$MNT/busy iflag=direct bs=512 count=1')).stderr, /Device or resource busy/)
    t.notMatch(log(), 'never opened')
  })
  for (const [name, error, logged] of [
    ['positive', 'Invalid argument', 'warn: vfs: open: 5 is no errno of a driver\n'],
    ['nothing', 'Input/output error', 'err: fuse: open: undefined is no answer'],
    ['late', 'Input/output error', 'err: fuse: open: 0 is no answer'],
    ['object', 'Input/output error', 'err: fuse: open: [Object: null prototype] {} is no answer'],
  ] as const) {
    t.test(`a wrong result of open (${name}): ${error}`, async (t) => {
      t.match((await sh(`cat $MNT/${name}`)).stderr, error)
      t.match(log(), logged)
    })
  }
  t.test('no failed open is released', async (t) => t.notMatch(log(), 'never opened'))
  t.test('the mount lives on', async (t) =>
    t.equal((await sh('ls $MNT')).stdout, 'busy\nlate\nnoted\nnothing\nobject\npositive\n'),
  )
})
