// `--kmsg`, with files of our own in the place of /dev.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { kmsg_line } from '../../src/cli/dev_kmsg.js'
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
    t.match(text, /^<27>lunatik: bad\n<30>lunatik: xxx/)
    t.match(text, /x \[\d+ more bytes were cut\]\n/)
  })
  t.test('that cannot be opened is one line', async (t) => {
    t.strictSame(await withDev('true', temporary(t), 'true'), {
      code: 1,
      stdout: '',
      stderr: "lunatik: --kmsg: /dev/kmsg can't be opened (ENOENT): run as root, or leave --kmsg away\n",
    })
  })
})

t.test('a record for the kernel', async (t) => {
  const line = (text: string) => kmsg_line({ time: 0, level: 'warn', text }).toString()
  const prefix = '<28>lunatik: '
  const room = 976 - prefix.length - 1
  t.test('is one line, and steers no terminal of the kernel', async (t) => {
    t.equal(line('a\nb\x1b[2J'), `${prefix}a\\x0ab\\x1b[2J\n`)
  })
  t.test('may be as long as the kernel takes it', async (t) => {
    t.equal(line('x'.repeat(room)), `${prefix}${'x'.repeat(room)}\n`)
  })
  t.test('is cut between characters where it is longer, and says so', async (t) => {
    for (const character of ['x', 'é', '€', '😀', '\x1b']) {
      for (let shift = 0; shift < 4; shift++) {
        const text = `${'y'.repeat(shift)}${character.repeat(2000)}`
        const [, shown = '', cut] = /^<28>lunatik: (.*) \[(\d+) more bytes were cut\]\n$/.exec(line(text)) ?? []
        const piece = character === '\x1b' ? '\\x1b' : character
        t.equal(shown, `${'y'.repeat(shift)}${piece.repeat((shown.length - shift) / piece.length)}`)
        t.equal(Buffer.byteLength(shown) + Number(cut), shift + 2000 * Buffer.byteLength(piece))
        const { length } = Buffer.from(line(text))
        t.ok(length > 966 && length <= 976, String(length))
      }
    }
  })
})
