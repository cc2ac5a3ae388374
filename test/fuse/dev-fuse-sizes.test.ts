// What the kernel is told so that it asks a device of size 0 for its bytes: that is tried on a real one in
// test/mount/programs.test.ts.
import t from 'tap'
import { ESPIPE } from '../../src/errno.js'
import { default_llseek } from '../../src/vfs/read_write.js'
import { node, registered } from '../vfs/device.js'
import { at64, Connection, freshTree, nul, opened, u32, u64 } from './requests.js'

t.beforeEach(freshTree)

const { reading, release } = Connection

/** What GETATTR shows of a node, and how long it may be kept; and what was said before it. */
function stat(connection: Connection, nodeid: number, fh: number | null = null) {
  const { error, body } = connection.call(3, { nodeid }, u32(fh === null ? 0 : 1, 0), u64(fh ?? 0))
  const notes = connection.notes().map(({ error, body }) => [error, at64(body, 0)])
  return error === 0 ? { size: at64(body, 16 + 8), kept: at64(body, 0) > 0, notes } : { error, notes }
}

t.test('a size is raised once, before the answer to the first open', async (t) => {
  registered(t, 'dev')
  const connection = new Connection(t)
  const nodeid = connection.lookup('dev')
  t.strictSame(stat(connection, nodeid), { size: 0, kept: true, notes: [] })
  const open = () => at64(connection.call(14, { nodeid }, u32(0, 0)).body, 0)
  const handles = [open(), open()]
  t.strictSame(connection.stores, [nodeid])
  for (const fh of handles) connection.call(18, {}, release(fh))
  open()
  t.strictSame(connection.stores, [nodeid], 'it stays, while nothing was told')
})
t.test('what is told while it is open does not count; what is told afterwards does', async (t) => {
  const { connection, fh } = opened(t, {})
  const nodeid = node('dev').i_ino
  const stores = () => connection.stores.splice(0).length
  t.equal(stores(), 1)
  t.strictSame(stat(connection, nodeid), { size: 0, kept: true, notes: [] })
  t.equal(stores(), 1)
  connection.lookup('dev')
  t.equal(stores(), 1)
  const folder = at64(connection.call(27, {}, u32(0, 0)).body, 0)
  connection.call(44, {}, reading(folder, 4096))
  t.equal(stores(), 1, 'READDIRPLUS')
  connection.call(28, {}, reading(folder, 4096))
  t.equal(stores(), 0, 'READDIR')
  connection.call(18, {}, release(fh))
  t.strictSame(stat(connection, nodeid), { size: 0, kept: true, notes: [] })
  t.equal(stores(), 0)
  connection.open('dev')
  t.equal(stores(), 1, 'it is raised again')
})
t.test('what the kernel keeps of a device for that is bounded', async (t) => {
  const { connection, fh } = opened(t, {})
  const nodeid = node('dev').i_ino
  for (let i = 0; i < 300; i++) stat(connection, nodeid)
  t.equal(connection.stores.length, 256)
  t.strictSame(stat(connection, nodeid).notes, [[2, nodeid]], 'it is to ask again, which takes no page')
  connection.call(18, {}, release(fh))
  stat(connection, nodeid)
  connection.open('dev')
  stat(connection, nodeid)
  t.equal(connection.stores.length, 258)
})
t.test('an answer that counts in any case tells the large size, which nobody may keep', async (t) => {
  const { connection } = opened(t, {})
  const nodeid = node('dev').i_ino
  const chmod = () =>
    connection.call(4, { nodeid }, u32(1, 0), u64(0, 0, 0, 0, 0, 0), u32(0, 0, 0, 0o600, 0, 0, 0, 0)).body
  const sizes = [chmod(), chmod()].map((body) => {
    t.equal(at64(body, 0), 0)
    return at64(body, 16 + 8)
  })
  t.ok((sizes[0] as number) >= 2 ** 50 && (sizes[0] as number) < (sizes[1] as number))
  const { body } = connection.call(13, {}, u64(nodeid), nul('link'), Buffer.alloc(0))
  t.equal(body.length, 0, 'the name is taken')
  const linked = connection.call(13, {}, u64(nodeid), nul('another')).body
  t.ok(at64(linked, 40 + 8) >= 2 ** 50)
  t.strictSame([at64(linked, 16) > 0, at64(linked, 24)], [true, 0])
  t.equal(stat(connection, nodeid).size, 0)
})
t.test('lseek to the end of a device without positions is ESPIPE', async (t) => {
  const { connection, fh } = opened(t, {})
  t.strictSame(stat(connection, node('dev').i_ino, fh), { error: -ESPIPE, notes: [] })
})
t.test(
  'lseek to the end of one with positions has its size, which is raised again when the program goes on',
  async (t) => {
    const { connection, fh } = opened(t, { llseek: default_llseek, read: () => 0 })
    const nodeid = node('dev').i_ino
    t.strictSame(stat(connection, nodeid, fh), { size: 0, kept: true, notes: [] })
    const other = at64(connection.call(14, { nodeid }, u32(0, 0)).body, 0)
    t.equal(connection.stores.length, 2, 'another open')
    connection.call(15, {}, reading(other, 1))
    t.equal(connection.stores.length, 3, 'some other request')
    connection.call(15, {}, reading(other, 1))
    connection.fuse.settle()
    t.equal(connection.stores.length, 3, 'once')
    connection.call(15, {}, reading(fh, 1))
    t.equal(connection.stores.length, 4, 'its own next request')
    connection.call(15, {}, reading(fh, 1))
    connection.fuse.settle()
    t.equal(connection.stores.length, 4)
    stat(connection, nodeid, fh)
    connection.fuse.settle()
    t.equal(connection.stores.length, 5, 'a while')
    for (const handle of [other, fh]) connection.call(18, {}, release(handle))
    t.equal(connection.stores.length, 5, 'nothing is open')
  },
)
t.test('a file with a size of its own, which changes, is left alone', async (t) => {
  registered(t, 'log')
  node('log').i_size = 7
  node('log').i_dynamic = true
  const connection = new Connection(t)
  const fh = connection.open('log')
  const known = { size: 7, kept: false, notes: [] }
  t.strictSame(stat(connection, node('log').i_ino), known)
  t.strictSame(stat(connection, node('log').i_ino, fh), known)
  t.strictSame(connection.stores, [])
})
