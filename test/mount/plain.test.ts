// What programs see of drivers without Lua.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, mounted, noFuse, onlyOn, temporary, until } from './mounted.js'

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
    ['nothing', 'Input/output error', 'err: vfs: open: undefined is no answer'],
    ['late', 'Input/output error', 'err: vfs: open: 0 is no answer'],
    ['object', 'Input/output error', 'err: vfs: open: [Object: null prototype] {} is no answer'],
  ] as const) {
    t.test(`a wrong result of open (${name}): ${error}`, async (t) => {
      t.match((await sh(`cat $MNT/${name}`)).stderr, error)
      t.match(log(), logged)
    })
  }
  t.test('no failed open is released', async (t) => t.notMatch(log(), 'never opened'))
  t.test('a result of release is ignored, whatever it is', async (t) => {
    const before = log().length
    t.equal((await sh('exec 3< $MNT/text; exec 3<&-')).code, 0)
    t.equal((await sh('ls $MNT/text > /dev/null')).code, 0)
    t.equal(log().slice(before), '')
  })
  t.test('the mount lives on', async (t) =>
    t.equal(
      (await sh('ls -I kmsg -I lunatik $MNT')).stdout,
      'busy\nlate\nnoted\nnothing\nobject\npositive\nskipper\ntext\n',
    ),
  )
})

t.test('a read that is refused as one too many moves no position', { skip: onlyOn('fuse-native') }, async (t) => {
  const { sh, log } = await mounted(t, ['--device', fixture('plain')])
  const flag = join(temporary(t), 'all wait')
  const done = sh(`
    exec 3< $MNT/skipper
    for n in $(seq 256); do dd if=$MNT/skipper bs=1 count=1 status=none > /dev/null & done
    until [ -e '${flag}' ]; do sleep 0.1; done
    dd bs=3 count=1 status=none <&3
    echo go > $MNT/skipper
    wait
    for n in 1 2 3; do dd bs=1 count=1 status=none <&3; done`)
  await until(() => log().includes('all wait'))
  writeFileSync(flag, '')
  const { stdout, stderr } = await done
  t.match(stderr, /Resource temporarily unavailable/)
  t.equal(stdout, 'ace')
})
