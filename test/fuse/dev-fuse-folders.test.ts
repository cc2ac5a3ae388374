import t from 'tap'
import { EBADF, ENOENT, ENOTDIR } from '../../src/errno.js'
import { S_IFREG } from '../../src/vfs/fs.js'
import { vfs_mkdir, vfs_rmdir, vfs_unlink } from '../../src/vfs/namei.js'
import { node, registered } from '../vfs/device.js'
import { at64, Connection, DT_LNK, dirents, freshTree, refusal, u32, u64 } from './requests.js'

t.beforeEach(freshTree)

/** A handle of the folder of that node. */
const opendir = (connection: Connection, nodeid = 1) => at64(connection.call(27, { nodeid }, u32(0, 0)).body, 0)

t.test('a folder is read in pieces, each from where the last ended', async (t) => {
  registered(t, 'dev')
  const connection = new Connection(t)
  const fh = opendir(connection)
  const whole = dirents(connection.call(28, {}, Connection.reading(fh, 4096)).body)
  t.strictSame(
    whole.map(({ name, type }) => [name, type]),
    [
      ['.', 4],
      ['..', 4],
      ['d', 4],
      ['link', DT_LNK],
      ['dev', S_IFREG >> 12],
    ],
  )
  const pieces = []
  for (let off = 0; ; ) {
    const piece = dirents(connection.call(28, {}, Connection.reading(fh, 70, off)).body)
    if (piece.length === 0) break
    t.ok(piece.length <= 2)
    pieces.push(...piece)
    off = piece.at(-1)?.off as number
  }
  t.strictSame(pieces, whole)
  t.equal(connection.call(28, {}, Connection.reading(fh, 4096, 2n ** 63n)).len, 16)
  t.equal(connection.call(29, {}, Connection.release(fh)).error, 0)
  t.equal(connection.call(28, {}, Connection.reading(fh, 4096)).error, -EBADF)
  t.equal(connection.call(27, { nodeid: 999 }, u32(0, 0)).error, -ENOENT)
  t.equal(connection.call(27, { nodeid: connection.lookup('link') }, u32(0, 0)).error, -ENOTDIR)
})
t.test('READDIRPLUS counts a look-up of each, but of . and ..', async (t) => {
  const connection = new Connection(t)
  const fh = opendir(connection)
  const { body } = connection.call(44, {}, Connection.reading(fh, 4096))
  const ino = node('d').i_ino
  t.strictSame(
    dirents(body, true).map(({ name, nodeid }) => [name, nodeid]),
    [
      ['.', 0],
      ['..', 0],
      ['d', ino],
      ['link', node('link').i_ino],
    ],
  )
  t.equal(connection.call(3, { nodeid: ino }, u32(0, 0), u64(0)).error, 0)
  connection.start(2, { nodeid: ino }, u64(1))
  t.equal(connection.call(3, { nodeid: ino }, u32(0, 0), u64(0)).error, -ENOENT)
})
t.test('nor of any where nobody has the answer', async (t) => {
  const connection = new Connection(t)
  const fh = opendir(connection)
  connection.refusal = refusal('ENOENT')
  connection.start(44, {}, Connection.reading(fh, 4096))
  t.equal(connection.call(3, { nodeid: node('d').i_ino }, u32(0, 0), u64(0)).error, -ENOENT)
  const listed = dirents(connection.call(44, {}, Connection.reading(fh, 4096)).body, true)
  t.equal(listed.length, 4)
  connection.start(2, { nodeid: node('d').i_ino }, u64(1))
  t.equal(connection.call(3, { nodeid: node('d').i_ino }, u32(0, 0), u64(0)).error, -ENOENT, 'they are counted once')
})
t.test('READDIRPLUS has attributes kept for an hour, but where they move by themselves', async (t) => {
  for (const name of ['d/dev', 'd/log']) registered(t, name)
  const d = node('d')
  const log = node('d/log')
  log.i_dynamic = true
  const connection = new Connection(t)
  const fh = opendir(connection, connection.lookup('d'))
  const listed = dirents(connection.call(44, { nodeid: d.i_ino }, Connection.reading(fh, 4096)).body, true)
  t.strictSame(
    listed.slice(2).map(({ name, kept }) => [name, kept]),
    [
      ['dev', [3600, 3600]],
      ['log', [3600, 0]],
    ],
  )
})
t.test('a listing that goes on does not tell of names that are gone', async (t) => {
  vfs_mkdir('other', 0o755)
  vfs_mkdir('stays', 0o755)
  const connection = new Connection(t)
  const fh = opendir(connection)
  const first = dirents(connection.call(28, {}, Connection.reading(fh, 64)).body)
  t.equal(first.length, 2)
  vfs_unlink('link')
  vfs_rmdir('other')
  vfs_mkdir('other', 0o755)
  vfs_mkdir('late', 0o755)
  const names = (offset: number) =>
    dirents(connection.call(44, {}, Connection.reading(fh, 4096, offset)).body, true).map(({ name }) => name)
  t.strictSame(names(2), ['d', 'stays'])
  t.strictSame(names(0), ['.', '..', 'd', 'stays', 'other', 'late'], 'rewinddir reads anew')
})
