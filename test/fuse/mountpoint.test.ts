import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { UserError } from '../../src/errors.js'
import { FolderLock } from '../../src/fuse/folder_lock.js'
import { Mountpoint } from '../../src/fuse/mountpoint.js'
import { folder, isMounted, run, temporary, until } from '../mount/mounted.js'

/**
 * Mounts a tmpfs on `dir` until the test ends: Mountpoint.prepare gets no other mount here, as a fault in it might
 * unmount what it's given.
 * @returns why that can't be done, or false
 */
async function tmpfs(t: Test, dir: string, source = 'lunatik test'): Promise<string | false> {
  mkdirSync(dir)
  const { code, stderr } = await run('mount', ['-t', 'tmpfs', source, dir])
  if (code !== 0) return stderr.trim() || 'may not mount'
  t.teardown(() => run('umount', [dir]))
  return false
}

/** Resolves with the path, without symbolic links. Fails where there is something to tell but for `expected`. */
async function prepare(dir: string, ...expected: string[]): Promise<string> {
  const told: string[] = []
  const mountpoint = await Mountpoint.prepare(dir, (line) => told.push(line))
  mountpoint.close()
  t.strictSame(told, expected)
  return mountpoint.path
}

t.test('a mountpoint is found, and refused, under a name that mountinfo escapes', async (t) => {
  const dir = join(temporary(t), 'a b\t\\040#\n')
  const why = await tmpfs(t, dir)
  if (why !== false) return t.pass('a mount', { skip: why })
  t.equal(isMounted(dir), true)
  await t.rejects(prepare(dir), { name: 'UserError', message: `${dir} is in use: lunatik test is mounted on it` })
  t.equal(isMounted(dir), true, 'and stays mounted')
})
t.test('a mountpoint and its source may have any letters', async (t) => {
  const dir = join(temporary(t), 'é x\u00a0€\u{1f600}')
  const why = await tmpfs(t, dir, 'sourcé €')
  if (why !== false) return t.pass('a mount', { skip: why })
  t.equal(isMounted(dir), true)
  await t.rejects(prepare(dir), { name: 'UserError', message: `${dir} is in use: sourcé € is mounted on it` })
})
t.test('a mountpoint is found, and refused, by its real path through symbolic links', async (t) => {
  const top = temporary(t)
  const dir = join(top, 'dir')
  const why = await tmpfs(t, dir)
  if (why !== false) return t.pass('a mount', { skip: why })
  symlinkSync('dir', join(top, 'link'))
  symlinkSync(join(top, 'link'), join(top, 'again'))
  symlinkSync('.', join(top, 'here'))
  for (const path of ['link', 'again', 'here/here/dir', 'here/again', 'missing/../dir']) {
    await t.rejects(prepare(`${top}/${path}`), new UserError(`${dir} is in use: lunatik test is mounted on it`))
  }
  t.equal(await prepare(join(top, 'again/below/x')), join(dir, 'below/x'), 'a folder below it is free')
  t.ok(statSync(join(dir, 'below/x')).isDirectory())
})
t.test('a path that goes round in circles is refused', async (t) => {
  const path = join(temporary(t), 'loop')
  symlinkSync('loop', path)
  await t.rejects(prepare(path), { name: 'UserError' })
})
t.test('a missing folder is made, with those above it', async (t) => {
  const dir = join(temporary(t), 'a/b')
  await prepare(dir)
  t.ok(statSync(dir).isDirectory())
})
t.test('a folder that is there stays as it is, and what is in it is mentioned', async (t) => {
  const dir = folder(t, { file: 'text' })
  await prepare(dir, `${dir} isn't empty: what is in it is hidden while lunatik is mounted on it`)
  t.equal(readFileSync(join(dir, 'file'), 'utf8'), 'text')
})
t.test('what is no folder is refused in one line, and left alone', async (t) => {
  const dir = folder(t, { file: 'text' })
  symlinkSync('nowhere', join(dir, 'dangling'))
  for (const [name, message] of [
    ['file', 'is not a folder'],
    ['file/below', "can't be made (ENOTDIR)"],
    ['dangling', "can't be made (ENOENT)"],
  ] as const) {
    const path = join(dir, name)
    await t.rejects(prepare(path), new UserError(`${path} ${message}`))
  }
  t.equal(readFileSync(join(dir, 'file'), 'utf8'), 'text')
  t.notOk(existsSync(join(dir, 'nowhere')))
})
t.test('a folder that the kernel refuses to make is refused at once', async (t) => {
  await t.rejects(prepare('/proc/self/a/b'), new UserError("/proc/self/a/b can't be made (ENOENT)"))
})
t.test('a folder is held by one at a time, and is the same one when its path leads elsewhere', async (t) => {
  const top = temporary(t)
  const dir = join(top, 'a/mnt')
  const held = await Mountpoint.prepare(dir, t.fail)
  let next = 'waits'
  const second = Mountpoint.prepare(dir, t.fail).then((mountpoint) => {
    next = 'has it'
    return mountpoint
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(next, 'waits')
  renameSync(join(top, 'a'), join(top, 'b'))
  t.equal(readlinkSync(`/proc/self/fd/${held.fd}`), join(top, 'b/mnt'))
  t.equal(readlinkSync(`/proc/self/fd/${held.parent}`), join(top, 'b'))
  renameSync(join(top, 'b'), join(top, 'a'))
  held.close()
  held.close()
  const got = await second
  t.equal(next, 'has it')
  got.close()
})
t.test('somebody who has the lock and mounts nothing holds nobody up for ever', async (t) => {
  const dir = join(temporary(t), 'mnt')
  const lock = await FolderLock.take(dir, async () => {}, 0)
  t.teardown(() => lock?.release())
  const mountpoint = await Mountpoint.prepare(dir, t.fail, 100)
  t.equal(mountpoint.path, dir)
  mountpoint.close()
})
t.test('who waits for a folder is told when another has mounted on it', async (t) => {
  const dir = join(temporary(t), 'mnt')
  const lock = await FolderLock.take(dir, async () => {}, 0)
  t.teardown(() => lock?.release())
  const waiting = Mountpoint.prepare(dir, t.fail, 60_000)
  const rejected = t.rejects(waiting, new UserError(`${dir} is in use: lunatik test is mounted on it`))
  await until(() => existsSync(dir))
  const { code, stderr } = await run('mount', ['-t', 'tmpfs', 'lunatik test', dir])
  t.teardown(() => run('umount', [dir]))
  if (code !== 0) return t.pass('a mount', { skip: stderr })
  await rejected
})
t.test('a folder that may not be made', { skip: process.geteuid?.() === 0 && 'root may' }, async (t) => {
  const dir = temporary(t)
  writeFileSync(join(dir, 'x'), '')
  mkdirSync(join(dir, 'shut'), { mode: 0o555 })
  const path = join(dir, 'shut/mnt')
  await t.rejects(prepare(path), new UserError(`${path} can't be made (EACCES)`))
})
