import t from 'tap'
import { EFAULT, EINVAL, EIO, ENOIOCTLCMD, ENOTTY } from '../../src/errno.js'
import { EPOLLIN, EPOLLOUT } from '../../src/vfs/fs.js'
import { vfs_fsync, vfs_ioctl, vfs_poll } from '../../src/vfs/ioctl.js'
import { opened } from './device.js'

const FIONBIO = 0x5421
const FIOASYNC = 0x5452
const TCGETS = 0x5401

t.test('a driver without operations', async (t) => {
  const file = opened(t, {})
  t.equal(vfs_ioctl(file, TCGETS, 0), -ENOTTY)
  t.equal(vfs_ioctl(file, 0, 0), -ENOTTY)
  t.equal(vfs_fsync(file, false), -EINVAL)
  t.equal(vfs_fsync(file, true), -EINVAL)
  t.equal(vfs_poll(file, null), 0x145, 'is always ready for reading and writing')
})
t.test("FIONBIO and FIOASYNC succeed, and the driver doesn't see them", async (t) => {
  for (const [name, fops] of Object.entries({
    without: {},
    with: { unlocked_ioctl: () => t.fail('called') as never },
  })) {
    t.test(`a driver ${name} unlocked_ioctl`, async (t) => {
      const file = opened(t, fops)
      t.equal(vfs_ioctl(file, FIONBIO, 1), 0)
      t.equal(vfs_ioctl(file, FIOASYNC, 0), 0)
    })
  }
})
t.test("a driver's operations get what the program gave; their results are the answer", async (t) => {
  const calls: unknown[] = []
  const file = opened(t, {
    unlocked_ioctl: (_file, cmd, arg) => calls.push(cmd, arg),
    fsync: (_file, datasync) => calls.push(datasync),
    poll: () => EPOLLIN,
  })
  t.equal(vfs_ioctl(file, 7, 0xffffffff), 2)
  t.equal(vfs_fsync(file, true), 3)
  t.equal(vfs_fsync(file, false), 4)
  t.strictSame(calls, [7, 0xffffffff, true, false])
  t.equal(vfs_poll(file, null), EPOLLIN)
})
t.test("a driver's ENOIOCTLCMD is ENOTTY to the program, now or late", async (t) => {
  const file = opened(t, { unlocked_ioctl: (_file, cmd) => (cmd === 1 ? -ENOIOCTLCMD : Promise.resolve(-ENOIOCTLCMD)) })
  t.equal(vfs_ioctl(file, 1, 0), -ENOTTY)
  t.equal(await vfs_ioctl(file, 2, 0), -ENOTTY)
})
t.test('0 is an answer too', async (t) => {
  const file = opened(t, { unlocked_ioctl: () => 0, fsync: () => 0, poll: () => 0 })
  t.strictSame([vfs_ioctl(file, 7, 0), vfs_fsync(file, false), vfs_poll(file, null)], [0, 0, 0])
})
t.test('errors and late results come through', async (t) => {
  const file = opened(t, {
    unlocked_ioctl: async (_file, cmd) => (cmd === 1 ? -EFAULT : 5),
    fsync: () => -EIO,
    poll: () => EPOLLOUT,
  })
  t.equal(await vfs_ioctl(file, 1, 0), -EFAULT)
  t.equal(await vfs_ioctl(file, 2, 0), 5)
  t.equal(vfs_fsync(file, false), -EIO)
  t.equal(vfs_poll(file, null), EPOLLOUT)
})
