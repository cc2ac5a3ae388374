// Folders with names and ways to them that need care.
// variants: (default)
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder, isMounted, lunatik, mounted, noFuse, run, temporary, until } from './mounted.js'

t.test('a mountpoint of any letters', { skip: noFuse }, async (t) => {
  const dir = join(temporary(t), 'é x€')
  const first = await mounted(t, [], dir)
  t.ok(isMounted(dir))
  t.equal((await first.sh('head -c 2 "$MNT/mydevice"')).stdout, '42')
  t.match(await lunatik('mount', dir), { code: 1, stderr: /is in use: lunatik is mounted on it/ })
  await first.stop('SIGKILL')
  const second = await mounted(t, [], dir)
  t.match(second.log(), 'a stale mount was taken away')
  t.equal(await second.stop(), 0)
  t.notOk(isMounted(dir), 'is unmounted on SIGTERM')
})

t.test('a mountpoint that is given through symbolic links', { skip: noFuse }, async (t) => {
  const top = temporary(t)
  mkdirSync(join(top, 'a/b'), { recursive: true })
  symlinkSync('a/b/../b/mnt', join(top, 'last'))
  symlinkSync(join(top, 'a'), join(top, 'way'))
  mkdirSync(join(top, 'a/b/mnt'))
  const real = join(top, 'a/b/mnt')

  for (const link of ['last', 'way/b/mnt'].map((name) => join(top, name))) {
    t.test(link.slice(top.length + 1), async (t) => {
      const first = await mounted(t, [], link)
      t.ok(isMounted(real))
      t.equal((await first.sh('head -c 2 $MNT/mydevice')).stdout, '42')
      for (const dir of [link, real]) {
        t.match(await lunatik('mount', dir), {
          code: 1,
          stderr: `lunatik: ${real} is in use: lunatik is mounted on it`,
        })
      }
      await first.stop('SIGKILL')
      t.ok(isMounted(real))
      const second = await mounted(t, [], link)
      t.match(second.log(), `${real}: a stale mount was taken away`)
      t.equal(await second.stop(), 0)
      t.notOk(isMounted(real), 'is unmounted on SIGTERM')
    })
  }
  t.test('an unmount of somebody else ends the server', async (t) => {
    const { child, stop } = await mounted(t, [], join(top, 'last'))
    await until(async () => (await run('umount', [real])).code === 0)
    await until(() => child.exitCode !== null)
    t.equal(await stop(), 0)
  })
  t.test('a script may not load a file of the mount by any of its paths', async (t) => {
    const scripts = folder(t, {
      'mydevice.lua': `
local path = ""
function myread() return loadfile(path) and "loaded" or "refused" end
function mywrite(buf) path = buf end
`,
    })
    const { sh } = await mounted(t, ['--scripts', scripts], join(top, 'last'))
    for (const path of [real, join(top, 'last'), join(top, 'way/b/mnt')]) {
      const { stdout } = await sh(`printf ${path}/mydevice > $MNT/mydevice && head -c 7 $MNT/mydevice`)
      t.equal(stdout, 'refused', path)
    }
  })
})

t.test(
  'a mountpoint below a dead mount is refused at once, below one that hangs after a while',
  { skip: noFuse },
  async (t) => {
    const { dir, child, stop } = await mounted(t)
    child.kill('SIGSTOP')
    t.teardown(() => child.kill('SIGCONT'))
    t.match(await lunatik('mount', join(dir, 'mnt')), {
      code: 1,
      stderr: `lunatik: ${dir}/mnt can't be reached: ${dir} is mounted and doesn't serve (no answer)\n`,
    })
    t.match(await lunatik('mount', dir), { code: 1, stderr: `lunatik: ${dir} is in use: lunatik is mounted on it\n` })
    await stop('SIGKILL')
    t.match(await lunatik('mount', join(dir, 'mnt')), {
      code: 1,
      stderr: `lunatik: ${dir}/mnt can't be reached: ${dir} is mounted and doesn't serve (Transport endpoint is not connected)\n`,
    })
  },
)
