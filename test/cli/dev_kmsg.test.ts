// `--kmsg`, with files of our own in the place of /dev.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { main, noFuse, run, temporary } from '../mount/mounted.js'

/** Runs `lunatik exec --kmsg` where /dev is a folder with these files besides /dev/fuse and /dev/null. */
const withDev = (make: string, mnt: string, ...command: string[]) =>
  run('unshare', [
    '-m',
    'sh',
    '-c',
    `dev=$1; shift; mount -t tmpfs none /dev && mknod /dev/fuse c 10 229 && mknod -m 666 /dev/null c 1 3 && ${make} && exec "$@"`,
    'sh',
    mnt,
    process.execPath,
    main,
    'exec',
    '--mount',
    join(mnt, 'mnt'),
    '--kmsg',
    '--',
    ...command,
  ])

t.test('--kmsg', { skip: process.geteuid?.() === 0 ? noFuse : 'needs root' }, async (t) => {
  t.test('copies each record with its level', async (t) => {
    const dir = temporary(t)
    const long = 'x'.repeat(2000)
    const { code } = await withDev(
      `touch "$dev/log" /dev/kmsg && mount --bind "$dev/log" /dev/kmsg`,
      dir,
      'sh',
      '-c',
      `echo '<3>bad' > $LUNATIK_MNT/kmsg; echo ${long} > $LUNATIK_MNT/kmsg`,
    )
    t.equal(code, 0)
    const text = readFileSync(join(dir, 'log'), 'latin1')
    t.match(text, /^<30>lunatik: mydevice: lunatik_runtime/)
    t.match(text, '<27>lunatik: bad<30>lunatik: xxx')
    t.equal(/<30>lunatik: x+/.exec(text)?.[0].length, 976)
  })
  t.test('that cannot be opened is one line', async (t) => {
    t.strictSame(await withDev('true', temporary(t), 'true'), {
      code: 1,
      stdout: '',
      stderr: "lunatik: --kmsg: /dev/kmsg can't be opened (ENOENT): run as root, or leave --kmsg away\n",
    })
  })
})
