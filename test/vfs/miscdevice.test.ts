import t from 'tap'
import { EBUSY, EEXIST, EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO } from '../../src/errno.js'
import { cdev_add, cdev_del, cdev_get, MKDEV } from '../../src/vfs/chrdev.js'
import { S_IFCHR, S_IFDIR, S_IFMT } from '../../src/vfs/fs.js'
import { MISC_DYNAMIC_MINOR, MISC_MAJOR, misc_deregister, misc_names, misc_register } from '../../src/vfs/miscdevice.js'
import { lookup, vfs_mkdir, vfs_rename, vfs_rmdir, vfs_unlink } from '../../src/vfs/namei.js'
import { device, node, registered } from './device.js'

t.test('a registered device has a minor, a node and a driver; a deregistered one none', async (t) => {
  const fops = {}
  const misc = registered(t, 'dev', fops)
  t.ok(misc.minor > MISC_DYNAMIC_MINOR)
  const dev = MKDEV(MISC_MAJOR, misc.minor)
  t.match(node('dev'), { i_rdev: dev, i_mode: S_IFCHR | 0o600, i_nlink: 1 })
  t.equal(cdev_get(dev), fops)
  t.equal(misc_deregister(misc), 0)
  t.equal(misc.minor, MISC_DYNAMIC_MINOR)
  t.equal(lookup('dev'), -ENOENT)
  t.equal(cdev_get(dev), -ENXIO)
  t.equal(misc_deregister(misc), -EINVAL)
})
t.test('a device may be registered once at a time, and again later', async (t) => {
  const misc = registered(t, 'dev')
  const { minor } = misc
  t.equal(misc_register(misc), -EBUSY)
  t.equal(misc.minor, minor)
  t.strictSame(misc_names(), ['dev'])
  misc_deregister(misc)
  t.equal(misc_register(misc), 0)
  t.not(misc.minor, minor, 'under another number')
})
t.test('a dynamic minor is not used again at once', async (t) => {
  const used = new Set<number>()
  for (let n = 0; n < 100; n++) {
    const misc = registered(t, 'dev')
    used.add(misc.minor)
    misc_deregister(misc)
  }
  t.equal(used.size, 100)
})
t.test('a fixed minor has one device, and keeps its number', async (t) => {
  for (const minor of [0, 254]) {
    const misc = registered(t, 'dev', {}, { minor })
    t.equal(misc_register(device(t, 'other', {}, { minor })), -EBUSY)
    t.equal(lookup('other'), -ENOENT)
    misc_deregister(misc)
    t.equal(misc.minor, minor)
    t.equal(misc_register(misc), 0)
    misc_deregister(misc)
  }
})
t.test("a name in use is EEXIST, an empty one EINVAL; the first device isn't touched", async (t) => {
  const first = registered(t, 'a!b')
  for (const [name, err] of [
    ['a!b', EEXIST],
    ['a/b', EEXIST],
    ['/a!b', EEXIST],
    ['', EINVAL],
    ['/', EINVAL],
    ['!/', EINVAL],
  ] as const) {
    const misc = device(t, name)
    t.equal(misc_register(misc), -err, `"${name}"`)
    t.equal(misc.minor, MISC_DYNAMIC_MINOR)
    t.equal(misc_deregister(misc), -EINVAL)
  }
  t.equal(node('a/b').i_rdev, MKDEV(MISC_MAJOR, first.minor))
  t.strictSame(misc_names(), ['a!b'])
})
t.test('a name is in use while its device is registered, wherever the node is', async (t) => {
  const [moved, gone] = [registered(t, 'a/moved'), registered(t, 'gone')]
  vfs_rename('a/moved', 'elsewhere')
  vfs_unlink('gone')
  for (const name of ['a!moved', 'a/moved', 'gone']) t.equal(misc_register(device(t, name)), -EEXIST, name)
  t.equal(lookup('gone'), -ENOENT)
  t.equal(misc_register(device(t, 'elsewhere')), -EEXIST, 'a node alone keeps a name too')
  misc_deregister(moved)
  misc_deregister(gone)
  for (const name of ['a!moved', 'gone']) registered(t, name)
  vfs_unlink('elsewhere')
})
t.test('a minor is 0 to 254, or dynamic', async (t) => {
  for (const minor of [-1, 256, 300, 1 << 20, 1.5, NaN, '7' as never, null as never, undefined as never]) {
    const misc = device(t, 'dev', {}, { minor })
    t.equal(misc_register(misc), -EINVAL, `${minor}`)
    t.strictSame(misc.minor, minor)
  }
  t.equal(lookup('dev'), -ENOENT)
  t.strictSame(misc_names(), [])
})
t.test('a registration that fails leaves no driver, one whose number is taken no node', async (t) => {
  const dev = MKDEV(MISC_MAJOR, 9)
  t.equal(misc_register(device(t, 'x'.repeat(256), {}, { minor: 9 })), -ENAMETOOLONG)
  t.equal(cdev_get(dev), -ENXIO)
  const fops = {}
  cdev_add(dev, fops)
  t.teardown(() => cdev_del(dev))
  t.equal(misc_register(device(t, 'a/dev', {}, { minor: 9 })), -EBUSY)
  t.equal(cdev_get(dev), fops)
  t.equal(lookup('a'), -ENOENT)
  t.strictSame(misc_names(), [])
})
t.test("a name's / and ! make folders, which go with the last device in them", async (t) => {
  const one = registered(t, 'snd!card!pcm')
  const two = registered(t, 'snd/ctl')
  t.equal(node('snd/card').i_mode, S_IFDIR | 0o755)
  t.equal(node('snd/card/pcm').i_mode & S_IFMT, S_IFCHR)
  misc_deregister(one)
  t.equal(lookup('snd/card'), -ENOENT)
  t.type(lookup('snd/ctl'), 'object')
  misc_deregister(two)
  t.equal(lookup('snd'), -ENOENT)
})
t.test("a user's own folder stays when the last device in it goes", async (t) => {
  const inner = registered(t, 'snd/card/pcm')
  vfs_mkdir('mine', 0o755)
  const outer = registered(t, 'mine/card/pcm')
  vfs_rename('snd', 'moved')
  vfs_mkdir('snd', 0o755)
  vfs_mkdir('snd/card', 0o755)
  vfs_rename('moved/card/pcm', 'snd/card/pcm')
  misc_deregister(inner)
  t.equal(lookup('snd/card/pcm'), -ENOENT)
  t.equal(vfs_rmdir('snd/card'), 0, 'snd/card is there')
  misc_deregister(outer)
  t.equal(lookup('mine/card'), -ENOENT)
  for (const path of ['snd', 'mine', 'moved/card', 'moved']) t.equal(vfs_rmdir(path), 0, `${path} is there`)
})
t.test('a registration that fails leaves no folder that it made', async (t) => {
  registered(t, 'a/dev')
  vfs_mkdir('mine', 0o755)
  const long = 'x'.repeat(256)
  for (const [name, err] of [
    [`b/c/${long}`, ENAMETOOLONG],
    [`b/${long}/c`, ENAMETOOLONG],
    [`mine/b/${long}`, ENAMETOOLONG],
    [`a/b/${long}`, ENAMETOOLONG],
    ['a/dev/b/c', ENOTDIR],
    ['b/c/..', EINVAL],
    ['b/./c', EINVAL],
  ] as const) {
    t.equal(misc_register(device(t, name)), -err, name)
    for (const path of ['b', 'mine/b', 'a/b']) t.equal(lookup(path), -ENOENT)
  }
  t.type(lookup('a/dev'), 'object')
  t.equal(vfs_rmdir('mine'), 0, 'a folder that was there stays')
})
t.test('names are taken as they are', async (t) => {
  for (const name of ['with space', 'nl\n', 'a:b', '%s%n', '.hidden', '...', 'é', 'L'.repeat(255)]) {
    registered(t, name)
    t.equal(node(name).i_mode & S_IFMT, S_IFCHR, name)
  }
})
for (const [mode, bits] of [
  [0, 0o600],
  [0o444, 0o444],
  [0o7777, 0o7777],
  [-1, 0o7777],
  [0x123401b6, 0o666],
  [0o100644, 0o644],
] as const) {
  t.test(`mode ${mode} gives a device of mode 0${bits.toString(8)}`, async (t) => {
    registered(t, 'dev', {}, { mode })
    t.equal(node('dev').i_mode, S_IFCHR | bits)
  })
}
t.test('a node that was unlinked or replaced is none of the device', async (t) => {
  const [gone, kept] = [registered(t, 'gone'), registered(t, 'kept')]
  vfs_unlink('gone')
  vfs_rename('kept', 'gone')
  t.equal(misc_deregister(gone), 0)
  t.equal(node('gone').i_rdev, MKDEV(MISC_MAJOR, kept.minor))
  t.equal(misc_deregister(kept), 0)
  t.equal(vfs_unlink('gone'), 0, 'a renamed node stays until it is unlinked')
})
t.test('devices are listed in the order of their registration', async (t) => {
  for (const name of ['z', 'a', 'm']) registered(t, name)
  t.strictSame(misc_names(), ['z', 'a', 'm'])
})
