// Folders with names and ways to them that need care.
import { join } from 'node:path'
import t from 'tap'
import { isMounted, lunatik, mounted, noFuse, temporary } from './mounted.js'

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
