// Modes and owners, which the kernel itself enforces for other users.
import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { fixture, mounted, noFuse, temporary } from './mounted.js'

const skip = process.geteuid?.() === 0 ? noFuse : 'needs root'

t.test('another user', { skip }, async (t) => {
  const { dir, sh } = await mounted(t, ['--device', 'mydevice', '--device', fixture('sleeper')])
  chmodSync(dirname(dir), 0o755)
  const nobody = (command: string) => sh(`setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '${command}'`)

  t.test('opens what its mode allows', async (t) => {
    t.match(await nobody('head -c 2 $MNT/mydevice'), { stdout: '42', code: 0 })
  })
  t.test('gets EACCES for a device of mode 0600', async (t) => {
    t.match((await nobody('cat $MNT/sleeper')).stderr, /Permission denied/)
  })
  t.test('gets EACCES after a chmod, until a chown gives it the device', async (t) => {
    await sh('chmod 600 $MNT/mydevice')
    t.match((await nobody('head -c 2 $MNT/mydevice')).stderr, /Permission denied/)
    await sh('chown 65534 $MNT/mydevice')
    t.match(await nobody('head -c 2 $MNT/mydevice'), { stdout: '42', code: 0 })
  })
  t.test('gets no program that runs as it: chown takes those bits away', async (t) => {
    const modes = [4755, 6775, 2745]
    const ids = ['65534', '0', ':65534', ':', '65534:0']
    const tried = modes.flatMap((mode) => ids.map((id) => `chmod ${mode} $FILE; chown ${id} $FILE; stat -c %a $FILE`))
    const on = async (file: string) => (await sh(`FILE=${file}; ${tried.join('; ')}`)).stdout.split('\n')
    const file = join(temporary(t), 'file')
    writeFileSync(file, '')
    t.strictSame(await on('$MNT/mydevice'), await on(file), 'as of a file of this machine')
    const folders = 'mkdir $MNT/d; chmod 6775 $MNT/d; chown 65534:65534 $MNT/d; stat -c %a $MNT/d; rmdir $MNT/d'
    t.equal((await sh(folders)).stdout, '6775\n')
    await sh('chown 65534:0 $MNT/mydevice')
  })
  t.test('may not change, rename or remove a device of root', async (t) => {
    for (const command of ['chmod 666', 'chown 65534', 'rm -f', 'mv -t /tmp']) {
      t.not((await nobody(`${command} $MNT/sleeper`)).code, 0, command)
    }
    t.equal((await sh('stat -c "%a %u" $MNT/sleeper')).stdout, '600 0\n')
  })
})
