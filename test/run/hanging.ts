// A test that hangs, with a mount, a program in the background and files; guard.test.ts ends it.
import { spawn } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder, mounted } from '../mount/mounted.js'

const dir = process.env.HANGING ?? ''

t.test('hangs', { timeout: 600_000 }, async (t) => {
  const { dir: mnt } = await mounted(t, [], join(folder(t, { file: 'text' }), 'é m'))
  spawn('sh', ['-c', 'trap "" HUP INT TERM; sleep 500 & head -c 1 "$MNT/mydevice" && sleep 500'], {
    env: { ...process.env, MNT: mnt },
    detached: true,
    stdio: 'ignore',
  })
  writeFileSync(join(dir, 'new'), mnt)
  renameSync(join(dir, 'new'), join(dir, 'ready'))
  await new Promise(() => {
    setInterval(() => {}, 1000)
  })
})
