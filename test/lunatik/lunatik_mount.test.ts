import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { mountIdOf, mountOf } from '../../src/lunatik/lunatik_mount.js'
import { mountInfo } from '../../src/mountinfo.js'

function opened(t: Test, path: string): number {
  const fd = openSync(path, 'r')
  t.teardown(() => closeSync(fd))
  return fd
}

t.test('the mount of a file is the one that mountinfo has', async (t) => {
  for (const path of ['/proc', '/proc/self/status', '/dev/null', '/sys']) {
    const fd = opened(t, path)
    const id = mountIdOf(fd)
    const mount = mountOf(id)
    t.strictSame(mount, mountInfo().find((mount) => mount.id === id) ?? null, path)
    const { dev } = fstatSync(fd)
    t.equal(mount?.device, `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`, path)
  }
})

t.test('a number stands for the file that has it now', async (t) => {
  const first = openSync('/proc', 'r')
  const id = mountIdOf(first)
  closeSync(first)
  const second = opened(t, '/sys')
  t.equal(second, first)
  t.not(mountIdOf(second), id)
  t.equal(mountOf(mountIdOf(second))?.type, 'sysfs')
})

t.test('many files take few descriptors', async (t) => {
  const descriptors = () => readdirSync('/proc/self/fd').length
  const proc = mountIdOf(opened(t, '/proc'))
  const files = Array.from({ length: 40 }, () => opened(t, '/proc/self/status'))
  const before = descriptors()
  for (const fd of [...files, ...files]) t.equal(mountIdOf(fd), proc)
  t.ok(descriptors() <= before + 8)
})

t.test('what is not open and what is not mounted', async (t) => {
  const fd = openSync('/proc', 'r')
  mountIdOf(fd)
  closeSync(fd)
  t.throws(() => mountIdOf(fd), { code: 'ENOENT' })
  t.equal(mountOf(2 ** 31 - 1), null)
  t.equal(mountOf(0), null)
})
