import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FolderLock } from '../../src/fuse/folder_lock.js'
import { run, temporary, withoutLoaders } from '../mount/mounted.js'

const module = new URL('../../src/fuse/folder_lock.js', import.meta.url).href
const nothing = async () => {}

t.test('one has the lock at a time', async (t) => {
  const dir = join(temporary(t), 'mnt')
  const first = await FolderLock.take(dir, nothing, 0)
  t.ok(first)
  t.equal(await FolderLock.take(dir, nothing, 0), null)
  first?.release()
  first?.release()
  const second = await FolderLock.take(dir, nothing, 0)
  t.ok(second)
  second?.release()
})
t.test('who waits has it as soon as it is free', async (t) => {
  const dir = join(temporary(t), 'mnt')
  const first = await FolderLock.take(dir, nothing, 0)
  let checks = 0
  const check = async () => {
    if (++checks === 2) first?.release()
  }
  const second = await FolderLock.take(dir, check, 60_000)
  t.ok(second)
  t.ok(checks >= 2)
  second?.release()
})
t.test('what is found out meanwhile ends the wait', async (t) => {
  const dir = join(temporary(t), 'mnt')
  const first = await FolderLock.take(dir, nothing, 0)
  const check = async () => {
    throw new Error('no need')
  }
  await t.rejects(FolderLock.take(dir, check, 60_000), new Error('no need'))
  first?.release()
})
t.test('each folder has its own, whatever its path is', async (t) => {
  const top = temporary(t)
  mkdirSync(join(top, 'a'))
  const locks = []
  for (const name of ['a/mnt', 'a/mnt2', 'a', 'a/mnt é€\n']) {
    const lock = await FolderLock.take(join(top, name), nothing, 0)
    t.ok(lock, name)
    locks.push(lock)
  }
  renameSync(join(top, 'a'), join(top, 'b'))
  t.equal(await FolderLock.take(join(top, 'b/mnt'), nothing, 0), null)
  for (const lock of locks) lock?.release()
})
t.test('it ends with its process', async (t) => {
  const dir = join(temporary(t), 'mnt')
  const script = (then: string) =>
    `import(${JSON.stringify(module)}).then(async ({ FolderLock }) => {
      const lock = await FolderLock.take(${JSON.stringify(dir)}, async () => {}, 0)
      ${then}
    })`
  const args = ['-e', script("console.log(lock === null ? 'null' : 'has it'); setInterval(() => {}, 1000)")]
  const child = spawn(...withoutLoaders(process.execPath, args), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  t.equal(String((await once(child.stdout, 'data'))[0]), 'has it\n')
  t.equal(await FolderLock.take(dir, nothing, 0), null)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await FolderLock.take(dir, nothing, 0)
  t.ok(lock)
  lock?.release()
  t.match(await run(process.execPath, ['-e', script('')]), { code: 0 }, 'and keeps none alive')
})
