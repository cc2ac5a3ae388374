import t from 'tap'
import { EACCES, EBUSY, EINVAL, EIO, EISDIR, ELOOP, ENXIO } from '../../src/errno.js'
import { register_console } from '../../src/printk.js'
import {
  FMODE_READ,
  FMODE_WRITE,
  type file,
  type inode,
  O_APPEND,
  O_DIRECT,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../../src/vfs/fs.js'
import { misc_deregister } from '../../src/vfs/miscdevice.js'
import { devtmpfs_create_node, root, vfs_link, vfs_mkdir, vfs_rename, vfs_symlink } from '../../src/vfs/namei.js'
import { fput, vfs_open } from '../../src/vfs/open.js'
import { node, opened, registered } from './device.js'

t.afterEach(() => root.i_children?.clear())

t.test('each open makes a file of its own at position 0, and tells the driver', async (t) => {
  const calls: [inode, file][] = []
  registered(t, 'dev', { open: (...args) => Math.min(0, calls.push(args)) })
  const one = vfs_open(node('dev'), O_RDWR | O_APPEND)
  const two = vfs_open(node('dev'), O_RDONLY)
  t.not(one, two)
  t.match(one, { f_pos: 0, f_flags: O_RDWR | O_APPEND, private_data: null })
  t.strictSame(calls, [
    [node('dev'), one],
    [node('dev'), two],
  ])
})
for (const [name, flags, mode] of [
  ['O_RDONLY', O_RDONLY, FMODE_READ],
  ['O_WRONLY', O_WRONLY, FMODE_WRITE],
  ['O_RDWR', O_RDWR, FMODE_READ | FMODE_WRITE],
  ['access mode 3', 3, 0],
] as const) {
  t.test(`${name} gives f_mode ${mode}`, async (t) => {
    t.equal(opened(t, {}, flags).f_mode, mode)
    t.equal(vfs_open(node('opened'), flags | O_DIRECT), -EINVAL, 'and EINVAL with O_DIRECT')
  })
}
t.test('O_DIRECT is refused after the driver has opened and released the file', async (t) => {
  const calls: [string, file][] = []
  const note = (name: string) => (_inode: inode, file: file) => Math.min(0, calls.push([name, file]))
  registered(t, 'now', { open: note('open'), release: note('release') })
  registered(t, 'late', { open: async (...args) => note('open')(...args), release: note('release') })
  for (const name of ['now', 'late']) {
    t.equal(await vfs_open(node(name), O_RDWR | O_DIRECT), -EINVAL)
    const [opened, released] = calls.splice(0)
    t.match([opened, released], [['open'], ['release']])
    t.equal(opened?.[1], released?.[1])
  }
})
t.test('O_DIRECT waits for a release that sleeps', async (t) => {
  let released = false
  const release = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    released = true
    return -EBUSY
  }
  registered(t, 'dev', { release })
  t.equal(await vfs_open(node('dev'), O_RDWR | O_DIRECT), -EINVAL)
  t.ok(released)
})
t.test("with O_DIRECT a gone device and a driver's errno come first, without a release", async (t) => {
  const release = () => t.fail('released') as never
  const misc = registered(t, 'dev', { open: () => -EBUSY, release })
  registered(t, 'late', { open: async () => -EBUSY, release })
  vfs_link('dev', 'link')
  t.equal(vfs_open(node('dev'), O_RDWR | O_DIRECT), -EBUSY)
  t.equal(await vfs_open(node('late'), O_RDWR | O_DIRECT), -EBUSY)
  misc_deregister(misc)
  t.equal(vfs_open(node('link'), O_RDWR | O_DIRECT), -ENXIO)
})
t.test("a driver's errno fails the open, now or late, without a release", async (t) => {
  const release = () => t.fail('released') as never
  registered(t, 'now', { open: () => -EBUSY, release })
  registered(t, 'late', { open: async () => -EBUSY, release })
  t.equal(vfs_open(node('now'), O_RDWR), -EBUSY)
  t.equal(await vfs_open(node('late'), O_RDWR), -EBUSY)
})
t.test("a driver's positive result is EINVAL and a warning, without a release", async (t) => {
  const release = () => t.fail('released') as never
  const log: string[] = []
  t.teardown(register_console(({ level, text }) => log.push(`${level}: ${text}`)))
  registered(t, 'now', { open: () => 1, release })
  registered(t, 'late', { open: async () => 5, release })
  t.equal(vfs_open(node('now'), O_RDWR), -EINVAL)
  t.equal(await vfs_open(node('late'), O_RDWR | O_DIRECT), -EINVAL)
  t.strictSame(log, ['warn: vfs: open: 1 is no errno of a driver', 'warn: vfs: open: 5 is no errno of a driver'])
})
t.test(
  "a driver's result that is no integer is EIO and a line in the log, now or late, without a release",
  async (t) => {
    const release = () => t.fail('released') as never
    const log: string[] = []
    t.teardown(register_console(({ level, text }) => log.push(`${level}: ${text}`)))
    for (const [ret, text] of [
      [undefined, 'undefined'],
      [null, 'null'],
      ['0', '0'],
      ['7', '7'],
      [false, 'false'],
      [0n, '0n'],
      [1.5, '1.5'],
      [Number.NaN, 'NaN'],
      [Object.create(null), '[Object: null prototype] {}'],
      [Symbol('x'), 'Symbol(x)'],
    ] as [never, string][]) {
      t.test(text, async (t) => {
        registered(t, 'now', { open: () => ret, release })
        registered(t, 'late', { open: async () => ret, release })
        t.equal(vfs_open(node('now'), O_RDWR), -EIO)
        t.equal(await vfs_open(node('late'), O_RDWR), -EIO)
        const line = `err: vfs: open: ${text} is no answer: an errno or 0`
        t.strictSame(log.splice(0), [line, line])
      })
    }
  },
)
t.test('an open that sleeps gives the file when it is done; one that rejects rejects', async (t) => {
  const files: file[] = []
  registered(t, 'late', { open: async (_inode, file) => Math.min(0, files.push(file)) })
  registered(t, 'bad', { open: () => Promise.reject(new Error('no')) })
  t.equal(await vfs_open(node('late'), O_RDWR), files[0])
  await t.rejects(async () => vfs_open(node('bad'), O_RDWR), { message: 'no' })
})
t.test('a node whose device has gone gives ENXIO, under each of its names', async (t) => {
  const misc = registered(t, 'dev')
  vfs_link('dev', 'link')
  vfs_rename('dev', 'renamed')
  t.type(vfs_open(node('renamed'), O_RDWR), 'object')
  misc_deregister(misc)
  registered(t, 'another')
  t.equal(vfs_open(node('renamed'), O_RDWR), -ENXIO)
  t.equal(vfs_open(node('link'), O_RDONLY), -ENXIO)
})
t.test('a node of a number without a driver gives ENXIO', async (t) => {
  devtmpfs_create_node('null', 0x100003, 0o666)
  t.equal(vfs_open(node('null'), O_RDONLY), -ENXIO)
})
t.test('a folder may not be opened for writing; a symbolic link not at all', async (t) => {
  vfs_mkdir('d', 0o755)
  vfs_symlink('d', 's')
  for (const flags of [O_WRONLY, O_RDWR, 3]) t.equal(vfs_open(node('d'), flags), -EISDIR)
  t.equal(vfs_open(node('d'), O_RDONLY), -EACCES)
  t.equal(vfs_open(node('s'), O_RDONLY), -ELOOP)
})
t.test('release is called with the file, even after the device has gone', async (t) => {
  const calls: unknown[] = []
  const misc = registered(t, 'dev', { release: (...args) => calls.push(...args) })
  const file = vfs_open(node('dev'), O_RDWR) as file
  misc_deregister(misc)
  fput(file)
  t.strictSame(calls, [file.f_inode, file])
})
t.test('a driver without release is closed all the same', async (t) => t.equal(fput(opened(t, {})), 0))
