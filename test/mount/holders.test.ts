// What the server holds of requests: as much as each needs, as long as it lasts, and for nobody else.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'
import { fixture, mounted, noFuse, until } from './mounted.js'

const native = process.env.TRANSPORT === 'fuse-native'
const python = ['/usr/bin/python3', '/usr/local/bin/python3'].some(existsSync) || process.env.PATH?.includes('pyenv')

t.test('holders', { skip: noFuse }, async (t) => {
  const { sh, dir } = await mounted(t, ['--device', fixture('holders')])

  t.test('a reader never gets what another one had', async (t) => {
    for (const size of ['10', '4096', '64K', '128K', '1M']) {
      const { stdout } = await sh(`
        dd if=$MNT/secret bs=${size} count=1 status=none | wc -c
        dd if=$MNT/sloppy bs=${size} count=1 status=none | tr -d '\\000' | wc -c`)
      t.match(stdout, /^\d+\n0\n$/, size)
    }
  })

  t.test('what waits holds its own size', { skip: native && 'fuse-native gives the memory' }, async (t) => {
    const held = async () => (await sh('cat $MNT/held')).stdout.split(' ').map(Number) as [number, number]
    const clients: ReturnType<typeof spawn>[] = []
    t.teardown(() => {
      for (const client of clients) client.kill('SIGKILL')
    })
    const each = 50
    /** The bytes that each of some requests holds. */
    const block = async (...args: string[]) => {
      const [waiting, before] = await held()
      for (let i = 0; i < each; i++) clients.push(spawn('dd', ['status=none', 'count=1', ...args], { stdio: 'ignore' }))
      let now: [number, number] = [0, 0]
      await until(async () => {
        now = await held()
        return now[0] === waiting + each
      })
      return (now[1] - before) / each
    }
    const device = `${dir}/forever`
    // The collector may free something else meanwhile.
    const big = await block(`if=${device}`, 'bs=128K', 'of=/dev/null')
    t.ok(big >= 64 << 10 && big < 160 << 10, `a read of 128 KiB holds ${big} bytes`)
    const small = await block(`if=${device}`, 'bs=100', 'of=/dev/null')
    t.ok(small < 10_000, `a read of 100 bytes holds ${small}`)
    const write = await block('if=/dev/zero', 'bs=100', 'conv=notrunc', `of=${device}`)
    t.ok(write < 10_000, `a write of 100 bytes holds ${write}`)
  })

  t.test(
    'poll(2) has one waiter for each open file, gone with it',
    {
      skip: native ? 'fuse-native has no poll' : python ? false : 'there is no python3',
    },
    async (t) => {
      const script = `
import os, select
device = os.environ["MNT"] + "/polled"
fd = os.open(device, os.O_RDWR)
def waiters(): return int(os.pread(os.open(device, os.O_RDONLY), 100, 0))
for _ in range(3000):
    e = select.epoll(); e.register(fd, select.EPOLLIN); e.close()
print(waiters())
e = select.epoll(); e.register(fd, select.EPOLLIN)
os.write(fd, b"x"); print(waiters())
`
      t.strictSame(await sh(`python3 -c '${script}'`), { code: 0, stdout: '1\n0\n', stderr: '' })
    },
  )
})
