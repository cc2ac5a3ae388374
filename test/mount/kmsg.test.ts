// The log as a file: /dev/kmsg for ordinary tools.
import { spawn } from 'node:child_process'
import t from 'tap'
import { folder, mounted, noFuse, until } from './mounted.js'

t.test('kmsg', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'mydevice.lua': 'function mywrite(buf) for n = 1, tonumber(buf) do print("line " .. n) end end',
  })
  const { sh, dir, child, log } = await mounted(t, ['--scripts', scripts, '--device', 'mydevice'])
  const texts = (stdout: string) => stdout.replaceAll(/^\[ *[\d.]+\] /gm, '')
  await sh('echo 20 > $MNT/mydevice')

  t.test('cat gives all lines and ends', async (t) => {
    const { stdout, code } = await sh('cat $MNT/kmsg')
    t.equal(code, 0)
    t.match(texts(stdout), /^info: line 1\n(info: line \d+\n){18}info: line 20\n$/)
    await until(() => log().length >= stdout.length)
    t.equal(stdout, log(), 'which are those of standard error')
  })
  t.test('head and tail', async (t) => {
    t.equal((await sh('head -c 50 $MNT/kmsg')).stdout, log().slice(0, 50))
    t.equal(texts((await sh('tail -n 2 $MNT/kmsg')).stdout), 'info: line 19\ninfo: line 20\n')
    t.equal((await sh('tail -c 8 $MNT/kmsg')).stdout, 'line 20\n')
    t.equal((await sh('wc -l < $MNT/kmsg')).stdout, '20\n')
  })
  t.test('who mounts may write, all may read', async (t) => {
    t.equal((await sh('stat -c %a $MNT/kmsg')).stdout, '644\n')
    await sh('echo "<4>written" > $MNT/kmsg; echo appended >> $MNT/kmsg; printf "\\377\\001é" >> $MNT/kmsg')
    t.equal(texts((await sh('tail -n 3 $MNT/kmsg')).stdout), 'warn: written\ninfo: appended\ninfo: \\xff\\x01Ã©\n')
  })
  t.test('tail -f follows, without a line lost or doubled', async (t) => {
    const tail = spawn('tail', ['-n', '1', '-s', '0.05', '-f', `${dir}/kmsg`])
    let stdout = ''
    tail.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    t.teardown(() => tail.kill('SIGKILL'))
    await until(() => stdout.includes('\n'))
    for (let n = 0; n < 30; n++) await sh(`echo follow ${n} > $MNT/kmsg`)
    await until(() => stdout.includes('follow 29\n'))
    t.strictSame(
      [...stdout.matchAll(/follow (\d+)\n/g)].map(([, n]) => Number(n)),
      Array.from({ length: 30 }, (_, n) => n),
    )
  })
  t.test('readers who fall behind go on at the oldest line', async (t) => {
    const { stdout } = await sh(`
      exec 3< $MNT/kmsg
      dd bs=10 count=1 status=none <&3 > /dev/null
      echo 40000 > $MNT/mydevice
      cat <&3 | tail -n +2 > $TMPDIR/lines
      head -n 1 $TMPDIR/lines; tail -n 1 $TMPDIR/lines; wc -c < $TMPDIR/lines
      rm $TMPDIR/lines`)
    const [first = '', last, size] = texts(stdout).split('\n')
    t.match(first, /^info: line \d{4,}$/)
    t.equal(last, 'info: line 40000')
    t.ok(Number(size) > 1 << 19 && Number(size) <= 1 << 20, String(size))
  })
  t.test('and tail finds any number of lines then', async (t) => {
    t.match(texts((await sh('tail -n 40000 $MNT/kmsg')).stdout), /^(info: line \d+\n)+$/)
    t.equal((await sh('tail -n 40000 $MNT/kmsg | cmp - $MNT/kmsg')).code, 0)
    t.equal((await sh('tail -n 3000 $MNT/kmsg | wc -l')).stdout, '3000\n')
  })
  t.test('the mount lives on', async (t) => t.equal(child.exitCode, null))
})
