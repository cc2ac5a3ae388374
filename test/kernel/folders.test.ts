// What rings for a change in a folder.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Folders, type WatchFolder } from '../../src/kernel/folders.js'
import { register_console } from '../../src/printk.js'
import { folder, until } from '../mount/mounted.js'

/** Counts how often it has rung. */
function counted(t: Test, watch?: WatchFolder) {
  let rings = 0
  const folders = new Folders(() => rings++, watch)
  t.teardown(() => folders.close())
  return {
    rings: () => rings,
    /** Sees names in these folders, and no others. Returns whether one is new. */
    see: (seen: Record<string, readonly string[]>) => {
      const round = folders.round()
      for (const [path, names] of Object.entries(seen)) {
        const fd = openSync(path, 'r')
        for (const name of names) round.seen(`/proc/self/fd/${fd}`, fstatSync(fd), name)
        closeSync(fd)
      }
      return round.end()
    },
  }
}

t.test('rings for the names that matter alone', async (t) => {
  const dir = folder(t, { 'a.lua': '', 'b.lua': '', 'c.lua': '' })
  const { see, rings } = counted(t)
  t.equal(see({ [dir]: ['c.lua'] }), true)
  t.equal(see({ [dir]: ['a.lua'] }), false, 'it is watched already')
  for (let i = 0; i < 100; i++) for (const name of ['b.lua', 'c.lua']) writeFileSync(join(dir, name), '1')
  writeFileSync(join(dir, 'a.lua'), '1')
  await until(() => rings() > 0)
  t.ok(rings() < 10)
})

t.test('a folder that takes the place of another is watched anew', async (t) => {
  const dir = folder(t, { 'v1/a.lua': '', 'v2/a.lua': '' })
  const [v1, v2] = [join(dir, 'v1'), join(dir, 'v2')]
  const { see, rings } = counted(t)
  t.equal(see({ [v1]: ['a.lua'] }), true)
  renameSync(v1, join(dir, 'v0'))
  renameSync(v2, v1)
  t.equal(see({ [v1]: ['a.lua'] }), true)
  writeFileSync(join(v1, 'a.lua'), '1')
  await until(() => rings() > 0)
})

t.test('a folder that is seen no more is watched no more', async (t) => {
  const dir = folder(t, { 'sub/a.lua': '', 'other/a.lua': '' })
  const [sub, other] = [join(dir, 'sub'), join(dir, 'other')]
  const { see, rings } = counted(t)
  t.equal(see({ [sub]: ['a.lua'], [other]: ['a.lua'] }), true)
  t.equal(see({ [other]: ['a.lua'] }), false)
  for (let i = 0; i < 100; i++) writeFileSync(join(sub, 'a.lua'), '1')
  writeFileSync(join(other, 'a.lua'), '1')
  await until(() => rings() > 0)
  t.ok(rings() < 10)
  t.equal(see({ [sub]: ['a.lua'] }), true)
})

t.test('a folder that has gone rings, and one that comes back is new', async (t) => {
  const dir = join(folder(t, { 'sub/a.lua': '' }), 'sub')
  const { see, rings } = counted(t)
  see({ [dir]: ['a.lua'] })
  rmSync(dir, { recursive: true })
  await until(() => rings() > 1)
  mkdirSync(dir)
  t.equal(see({ [dir]: ['a.lua'] }), true, 'whatever its number')
})

t.test('where inotify has no more watches, it rings each second and says so once', async (t) => {
  const dir = folder(t, { 'a.lua': '', 'sub/b.lua': '' })
  const log: string[] = []
  t.teardown(register_console(({ text }) => log.push(text)))
  const full: WatchFolder = () => {
    throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' })
  }
  const { see, rings } = counted(t, full)
  t.equal(see({ [dir]: ['a.lua'], [join(dir, 'sub')]: ['b.lua'] }), true)
  await until(() => rings() >= 1)
  t.equal(see({ [dir]: ['a.lua'] }), false)
  t.same(log, [
    `watch: ${dir} can't be watched, so files are looked at each second: ENOSPC: System limit for number of file watchers reached`,
  ])
})
