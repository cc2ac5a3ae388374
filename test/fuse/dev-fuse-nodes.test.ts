import t from 'tap'
import { EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, EPERM } from '../../src/errno.js'
import { WAKE_INO } from '../../src/fuse/dev-fuse-nodes.js'
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../src/vfs/fs.js'
import { misc_deregister } from '../../src/vfs/miscdevice.js'
import { lookup } from '../../src/vfs/namei.js'
import { node, registered } from '../vfs/device.js'
import { at64, Connection, entry, freshTree, nul, refusal, u32, u64 } from './requests.js'

t.beforeEach(freshTree)

t.test('a look-up tells of a node, and each counts until it is forgotten', async (t) => {
  const connection = new Connection(t)
  const { error, len, body } = connection.call(1, {}, nul('d'))
  t.equal(error, 0)
  t.equal(len, 16 + 128)
  t.strictSame(entry(body), { nodeid: node('d').i_ino, mode: S_IFDIR | 0o755 })
  const nodeid = connection.lookup('d')
  connection.lookup('d')
  const getattr = () => connection.call(3, { nodeid }, u32(0, 0), u64(0)).error
  connection.start(2, { nodeid }, u64(2))
  t.equal(getattr(), 0)
  connection.start(2, { nodeid }, u64(1))
  t.equal(getattr(), -ENOENT)
  t.strictSame(connection.sent, [], 'FORGET has no answer')
})
t.test('BATCH_FORGET forgets what it has room for, and never the root', async (t) => {
  const connection = new Connection(t)
  const d = connection.lookup('d')
  const link = connection.lookup('link')
  connection.start(42, {}, u32(1000, 0), u64(d, 1), u64(1, 99), u64(link, 1))
  t.strictSame(connection.sent, [])
  for (const [nodeid, error] of [
    [d, -ENOENT],
    [link, -ENOENT],
    [1, 0],
  ] as const) {
    t.equal(connection.call(3, { nodeid }, u32(0, 0), u64(0)).error, error)
  }
})
t.test('a look-up of what is not there is an errno', async (t) => {
  const connection = new Connection(t)
  const error = (name: string, nodeid = 1) => connection.call(1, { nodeid }, nul(name)).error
  t.equal(error('missing'), -ENOENT)
  t.equal(error('constructor'), -ENOENT)
  t.equal(error('x'.repeat(256)), -ENAMETOOLONG)
  t.equal(error('x', connection.lookup('link')), -ENOTDIR)
  t.equal(error('x', 12_345), -ENOENT)
  t.equal(error(''), -EINVAL)
  t.equal(connection.call(1, {}, Buffer.from('unended')).error, -EINVAL)
})
t.test('the thread can be woken by a node that was looked up for that, which has no name to be guessed', async (t) => {
  const connection = new Connection(t)
  connection.fuse.start()
  const [name] = connection.looks as [string]
  t.match(name, /^\.lunatik-wake-[0-9a-f]{32}$/)
  t.equal(connection.wakes, 0)
  t.equal(connection.lookup(name), WAKE_INO)
  t.equal(connection.wakes, WAKE_INO)
  t.equal(connection.woken, 1, 'who could not wake it meanwhile is heard')
  t.equal(connection.call(3, { nodeid: WAKE_INO }, u32(0, 0), u64(0)).error, 0)
  connection.start(41, { nodeid: WAKE_INO }, u64(0, 0), u32(0, 0), u64(0, 0))
  t.equal(connection.woken, 2)
  t.equal(at64(connection.call(14, { nodeid: WAKE_INO }, u32(0, 0)).body, 0), 0)
  const other = new Connection(t)
  other.fuse.start()
  t.not(other.looks[0], name)
  t.strictSame(connection.sent, [])
})
t.test('nothing gets that name, and no listing has it', async (t) => {
  registered(t, 'dev')
  const connection = new Connection(t)
  connection.fuse.start()
  const name = nul(connection.looks[0] as string)
  const dev = connection.lookup('dev')
  t.strictSame(
    [
      connection.call(9, {}, u32(0o755, 0), name),
      connection.call(6, {}, name, nul('target')),
      connection.call(13, {}, u64(dev), name),
      connection.call(12, {}, u64(1), nul('dev'), name),
      connection.call(12, {}, u64(1), name, nul('other')),
      connection.call(10, {}, name),
      connection.call(11, {}, name),
    ].map(({ error }) => error),
    Array(7).fill(-EPERM),
  )
  const d = connection.lookup('d')
  t.equal(connection.call(9, { nodeid: d }, u32(0o755, 0), name).error, 0, 'it is an ordinary one elsewhere')
  t.equal(connection.call(9, {}, u32(0o755, 0), nul('.lunatik-wake')).error, 0)
})
t.test(
  'where the kernel has forgotten that node another one wakes the thread, and without any it is looked up',
  async (t) => {
    registered(t, 'one')
    registered(t, 'two')
    const connection = new Connection(t)
    connection.fuse.start()
    const name = connection.looks[0] as string
    const forget = (nodeid: number) => connection.start(2, { nodeid }, u64(1))
    connection.lookup('d')
    t.equal(connection.wakes, 0, 'a folder does not')
    const one = connection.lookup('one')
    t.equal(connection.wakes, one)
    connection.lookup(name)
    connection.lookup(name)
    t.equal(connection.wakes, WAKE_INO)
    const two = connection.lookup('two')
    forget(WAKE_INO)
    t.equal(connection.wakes, WAKE_INO, 'it was told of twice')
    const { woken } = connection
    forget(WAKE_INO)
    t.ok([one, two].includes(connection.wakes))
    t.equal(connection.woken, woken + 1)
    t.equal(connection.looks.length, 1)
    forget(connection.wakes)
    t.ok([one, two].includes(connection.wakes))
    forget(connection.wakes)
    t.equal(connection.wakes, 0)
    t.strictSame(connection.looks, [name, name])
    connection.lookup(name)
    t.equal(connection.wakes, WAKE_INO)
  },
)
t.test('GETATTR has a device as a regular file', async (t) => {
  registered(t, 'dev', {}, { mode: 0o640 })
  const connection = new Connection(t)
  const { len, body } = connection.call(3, { nodeid: connection.lookup('dev') }, u32(0, 0), u64(0))
  t.equal(len, 16 + 104)
  t.equal(at64(body, 16), node('dev').i_ino)
  t.equal(body.readUInt32LE(16 + 60), S_IFREG | 0o640)
})
t.test('attributes are kept for an hour, but where they move by themselves', async (t) => {
  for (const name of ['dev', 'log']) registered(t, name)
  node('log').i_dynamic = true
  const connection = new Connection(t)
  /** For how many seconds the kernel may keep a name, and the attributes of LOOKUP and GETATTR. */
  const validity = (name: string) => {
    const { body } = connection.call(1, {}, nul(name))
    const nodeid = at64(body, 0)
    return [at64(body, 16), at64(body, 24), at64(connection.call(3, { nodeid }, u32(0, 0), u64(0)).body, 0)]
  }
  t.strictSame(validity('dev'), [3600, 3600, 3600])
  t.strictSame(validity('log'), [3600, 0, 0])
})
t.test('SETATTR sets mode, owners and times, each where it is valid', async (t) => {
  registered(t, 'dev')
  const connection = new Connection(t)
  const nodeid = connection.lookup('dev')
  const dev = node('dev')
  const setattr = (valid: number) =>
    connection.call(
      4,
      { nodeid },
      u32(valid, 0),
      u64(0, 77, 0, -2, 5, 0),
      u32(500_000_000, 250_000_000, 0, 0o100604, 0, 11, 12, 0),
    )
  const before = { ...dev }
  t.equal(setattr(0).error, 0)
  t.strictSame({ ...dev, i_ctime: 0 }, { ...before, i_ctime: 0 })
  t.equal(setattr(1 << 0).body.readUInt32LE(16 + 60), S_IFREG | 0o604)
  t.equal(dev.i_mode & 0o7777, 0o604)
  setattr(1 << 1)
  t.strictSame([dev.i_uid, dev.i_gid], [11, before.i_gid])
  setattr(1 << 2)
  t.strictSame([dev.i_uid, dev.i_gid], [11, 12])
  setattr(1 << 4)
  t.strictSame([dev.i_atime, dev.i_mtime], [-1500, before.i_mtime])
  const { body } = setattr(1 << 5)
  t.strictSame([dev.i_atime, dev.i_mtime], [-1500, 5250])
  t.strictSame([at64(body, 16 + 24), body.readUInt32LE(16 + 48)], [-2, 500_000_000])
  setattr((1 << 4) | (1 << 5) | (1 << 7) | (1 << 8))
  t.ok(Math.abs(Date.now() - dev.i_atime) < 10_000 && dev.i_atime === dev.i_mtime)
  t.equal(setattr(1 << 3).error, -EINVAL, 'a size')
})
t.test('folders, links and names are made, moved and taken away', async (t) => {
  registered(t, 'dev')
  const connection = new Connection(t)
  const d = connection.lookup('d')
  t.match(entry(connection.call(9, {}, u32(0o777, 0o022), nul('new')).body), { mode: S_IFDIR | 0o755 })
  t.equal(connection.call(9, {}, u32(0o777, 0), nul('new')).error, -EEXIST)
  t.match(entry(connection.call(6, { nodeid: d }, nul('sym'), nul('to/there')).body), { mode: S_IFLNK | 0o777 })
  const sym = connection.lookup('sym', d)
  t.equal(connection.call(5, { nodeid: sym }).body.toString(), 'to/there')
  t.equal(connection.call(5, { nodeid: d }).error, -EINVAL)
  t.equal(connection.call(5, { nodeid: 999 }).error, -ENOENT)
  t.equal(connection.call(6, {}, nul('sym'), Buffer.from('x')).error, -EINVAL)
  const dev = connection.lookup('dev')
  t.equal(entry(connection.call(13, { nodeid: d }, u64(dev), nul('hard')).body).nodeid, dev)
  t.equal(connection.call(13, { nodeid: d }, u64(999), nul('hard2')).error, -ENOENT)
  t.equal(connection.call(13, { nodeid: d }, u64(d), nul('hard2')).error, -EPERM)
  t.equal(connection.call(12, { nodeid: d }, u64(1), nul('hard'), nul('moved')).error, 0)
  t.equal(lookup('moved'), node('dev'))
  t.equal(connection.call(45, {}, u64(1), u32(1, 0), nul('moved'), nul('dev')).error, -EEXIST)
  t.equal(connection.call(45, {}, u64(1), u32(2, 0), nul('moved'), nul('dev')).error, -EINVAL)
  t.equal(connection.call(45, {}, u64(999), u32(0, 0), nul('moved'), nul('dev')).error, -ENOENT)
  t.equal(connection.call(45, {}, u64(1), u32(0, 0), nul('moved'), Buffer.from('x')).error, -EINVAL)
  t.equal(connection.call(10, {}, nul('moved')).error, 0)
  t.equal(connection.call(10, {}, nul('moved')).error, -ENOENT)
  t.equal(connection.call(10, {}, nul('d')).error, -EISDIR)
  t.equal(connection.call(11, {}, nul('d')).error, -ENOTEMPTY)
  t.equal(connection.call(11, {}, nul('new')).error, 0)
  t.equal(connection.call(8, {}, u32(0o100644, 0, 0, 0), nul('file')).error, -EPERM)
  t.equal(connection.call(35, {}, u32(0, 0, 0, 0), nul('file')).error, -EPERM)
  t.equal(connection.call(9, { nodeid: 999 }, u32(0, 0), nul('x')).error, -ENOENT)
  t.strictSame(connection.notifications, [], 'the kernel knows what it asked for')
})
t.test('a name that the kernel was not told of is not counted', async (t) => {
  const connection = new Connection(t)
  connection.refusal = refusal('ENOENT')
  connection.start(1, {}, nul('d'))
  const nodeid = connection.lookup('d')
  connection.start(2, { nodeid }, u64(1))
  t.equal(connection.call(3, { nodeid }, u32(0, 0), u64(0)).error, -ENOENT)
})
t.test('a name that a driver takes away is one that the kernel is told of', async (t) => {
  const misc = registered(t, 'd/dev')
  const connection = new Connection(t)
  const d = connection.lookup('d')
  connection.lookup('dev', d)
  misc_deregister(misc)
  t.strictSame(connection.notifications, [], 'nothing before INIT')
  connection.init()
  const again = registered(t, 'd/dev')
  const dev = connection.lookup('dev', d)
  misc_deregister(again)
  t.strictSame(
    connection.notes().map(({ error, body }) => [error, at64(body, 0), at64(body, 8), at64(body, 16)]),
    [
      [2, d, -1, 0],
      [2, dev, -1, 0],
    ],
  )
  const [bytes] = connection.notifications
  t.strictSame(bytes, Buffer.concat([u32(16 + 16 + 4, 3), u64(0, d), u32(3, 0), nul('dev')]))
  const unknown = registered(t, 'unknown/dev')
  misc_deregister(unknown)
  t.equal(connection.notifications.length, 2, 'of the folder, whose parent it knows, alone')
})
t.test('a folder that a driver takes away is told as removed', async (t) => {
  const misc = registered(t, 'made/dev')
  const connection = new Connection(t)
  connection.init()
  const made = connection.lookup('made')
  misc_deregister(misc)
  const deleted = connection.notifications.at(-1)
  t.strictSame(deleted, Buffer.concat([u32(16 + 24 + 5, 6), u64(0, 1, made), u32(4, 0), nul('made')]))
})
t.test('a chown that leaves both as they are is one all the same', async (t) => {
  registered(t, 'dev')
  const connection = new Connection(t)
  const nodeid = connection.lookup('dev')
  node('dev').i_mode |= 0o4000
  const setattr = (valid: number) =>
    connection.call(4, { nodeid }, u32(valid, 0), u64(0, 0, 0, 0, 0, 0), u32(...Array(8).fill(0))).error
  t.equal(setattr(1 << 5), 0)
  t.equal(node('dev').i_mode & 0o4000, 0o4000)
  t.equal(setattr(0), 0)
  t.equal(node('dev').i_mode & 0o4000, 0)
})
