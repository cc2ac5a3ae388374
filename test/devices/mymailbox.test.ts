// One object of two runtimes, driven by ordinary tools.
// variants: (default fengari)
import t from 'tap'
import { folder, mounted, noFuse, run } from '../mount/mounted.js'
import { ownScripts } from './modules.js'

t.test('mymailbox', { skip: noFuse }, async (t) => {
  const { sh, log } = await mounted(t, ['--device', 'mymailbox'])

  t.test('an empty one ends at once', async (t) => {
    t.match(await sh('cat $MNT/mymailbox_out'), { stdout: '', code: 0 })
  })
  t.test('what goes in comes out, oldest first, a message a cat', async (t) => {
    const { stdout } = await sh(`
      echo one > $MNT/mymailbox_in; echo two > $MNT/mymailbox_in
      cat $MNT/mymailbox_out; echo -; cat $MNT/mymailbox_out; echo -; cat $MNT/mymailbox_out`)
    t.equal(stdout, 'one\n-\ntwo\n-\n')
  })
  t.test('many writers and readers at once lose nothing', async (t) => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => sh(`echo ${n} > $MNT/mymailbox_in`)))
    const read = await Promise.all(Array.from({ length: 10 }, () => sh('cat $MNT/mymailbox_out')))
    t.strictSame(
      read.map(({ stdout }) => stdout).sort(),
      Array.from({ length: 10 }, (_, n) => `${n}\n`),
    )
  })
  t.test('a full one gives EAGAIN in the log', async (t) => {
    const { code } = await sh('for n in $(seq 16); do echo $n > $MNT/mymailbox_in || exit 9; done')
    t.equal(code, 0)
    t.match((await sh('echo 17 | dd of=$MNT/mymailbox_in status=none')).stderr, /Operation canceled/)
    t.match(log(), /err: mydevice: EAGAIN\n/)
    t.equal((await sh('cat $MNT/mymailbox_out')).stdout, '1\n', 'the mailbox lives on')
  })
})

t.test('without a mailbox of its script, the module is not loaded', { skip: noFuse }, async (t) => {
  const scripts = folder(t, { 'mymailbox_in.lua': 'mailbox = {}' })
  await t.rejects(mounted(t, ['--device', 'mymailbox', '--scripts', scripts]), /init_module failed \(EINVAL\)/)
})

t.test('the second runtime keeps the object when the first lets it go', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'mymailbox_in.lua': `
      local box = require("mymailbox").new()
      mailbox = box
      function mywrite(buf) box:push(buf) end
      function myread() box:close() return "closed" end`,
  })
  await run('cp', [`${ownScripts}/mymailbox_out.lua`, scripts])
  const { sh, log } = await mounted(t, ['--device', 'mymailbox', '--scripts', scripts])
  t.equal((await sh('echo a > $MNT/mymailbox_in; cat $MNT/mymailbox_out')).stdout, 'a\n')
  await sh('head -c 6 $MNT/mymailbox_in')
  t.match((await sh('cat $MNT/mymailbox_out')).stderr, /Operation canceled/, 'close is for all')
  t.match(log(), /'pop' .*null pointer dereference/)
})
