// What goes wrong in a module, with signals and with other programs: the mount lives on, or ends as it should.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { blockedOn, fixture, isMounted, mounted, noFuse, onlyOn, run, temporary, until } from './mounted.js'

t.test('mistakes of a module in TypeScript', { skip: noFuse }, async (t) => {
  const { sh, log } = await mounted(t, ['--device', fixture('sleeper')])
  const attempt = (what: string) => sh(`echo ${what} > $MNT/sleeper && dd if=$MNT/sleeper bs=4 count=1 status=none`)

  for (const [what, error, logged] of [
    ['throw', 'Input/output error', 'fuse: read: Error: thrown by a driver'],
    ['reject', 'Input/output error', 'fuse: read: Error: rejected by a driver'],
    ['handlerThrows', 'Input/output error', 'lunatik: Error: thrown by a handler'],
    ['long', 'Input/output error', 'fuse: read: 5 is no answer: an errno or at most 4'],
    ['text', 'Input/output error', 'fuse: read: 42 is no answer'],
    ['unprotected', 'Operation canceled', 'raised outside a protected call'],
    ['recursive', 'Resource deadlock avoided', 'possible recursive locking detected'],
    ['atomic', 'Input/output error', 'scheduling while atomic'],
  ] as const) {
    t.test(`${what}: ${error}`, async (t) => {
      t.match((await attempt(what)).stderr, error)
      t.match(log(), logged)
      t.equal((await attempt('nap')).stdout, 'z', 'the mount lives on')
    })
  }
  t.test('readers of one sleeping device take turns', async (t) => {
    await attempt('nap')
    const readers = await Promise.all([1, 2, 3].map(() => sh('dd if=$MNT/sleeper bs=4 count=1 status=none')))
    t.strictSame(
      readers.map(({ stdout }) => stdout),
      ['z', 'z', 'z'],
    )
  })
  t.test('twenty readers of one device take turns as well, though only ten threads of libfuse stay', async (t) => {
    await attempt('nap')
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => sh('dd if=$MNT/sleeper bs=4 count=1 status=none')),
    )
    t.equal(readers.filter(({ stdout }) => stdout === 'z').length, 20)
  })
})

t.test('at most 256 wait, who comes beyond gets EAGAIN', { skip: onlyOn('fuse-native') }, async (t) => {
  const { sh, stop, dir } = await mounted(t, ['--device', fixture('sleeper')])
  const said = join(temporary(t), 'said')
  const readers = sh(`for i in $(seq 260); do dd if=$MNT/sleeper bs=4 count=1 status=none 2>> ${said} & done; wait`)
  const count = (text: string) => (existsSync(said) ? readFileSync(said, 'utf8') : '').split(text).length - 1
  await until(() => count('Resource temporarily unavailable') === 4 && blockedOn(dir) === 256)
  await stop()
  await readers
  t.equal(count('Resource temporarily unavailable'), 4)
  t.equal(count('No such device or address'), 256)
})

t.test('a blocked read', { skip: noFuse }, async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    t.test(`ends with ENXIO when ${signal} ends the server`, async (t) => {
      const { sh, hold, stop, dir } = await mounted(t, ['--device', 'mydevice', '--device', fixture('sleeper')])
      const readers = [1, 2, 3].map(() => sh('dd if=$MNT/sleeper bs=4 count=1 status=none'))
      await until(() => blockedOn(dir) === 3)
      // Nor does a file that stays open, or a folder in use, keep it.
      const end = await hold('exec 3< $MNT/mydevice; cd $MNT', 'dd bs=1 count=1 status=none <&3; echo $?')
      t.equal(await stop(signal), 0)
      for (const reader of readers) t.match((await reader).stderr, /No such device or address/)
      t.notOk(isMounted(dir))
      t.match(await end(), { stdout: '1\n' })
    })
  }
})

t.test('kill -9 of the server leaves nothing that the next server does not take away', { skip: noFuse }, async (t) => {
  const first = await mounted(t)
  await first.stop('SIGKILL')
  if (process.env.TRANSPORT === 'fuse-native') {
    // The kernel process ends with its parent, and unmounts.
    await until(() => !isMounted(first.dir))
  } else t.match((await first.sh('ls $MNT')).stderr, /Transport endpoint is not connected/)
  const second = await mounted(t, [], first.dir)
  if (process.env.TRANSPORT !== 'fuse-native') t.match(second.log(), /warn: .*: a stale mount was taken away/)
  t.equal((await second.sh('head -c 2 $MNT/mydevice')).stdout, '42')
  t.equal(await second.stop(), 0)
  t.notOk(isMounted(first.dir))
})

t.test('a mount that somebody else unmounts ends the server', { skip: noFuse }, async (t) => {
  const { dir, child, stop } = await mounted(t)
  // It is busy for a moment, where the server looks for a node by which it is woken.
  await until(async () => (await run('umount', [dir])).code === 0)
  await until(() => child.exitCode !== null)
  t.equal(await stop(), 0)
})
