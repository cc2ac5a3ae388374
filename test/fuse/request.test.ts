import t from 'tap'
import { EINVAL } from '../../src/errno.js'
import * as P from '../../src/fuse/protocol.js'
import { nul, readRequest, request, u32, u64 } from './requests.js'

t.test('a request has the fields of fuse_in_header', async (t) => {
  const r = readRequest(
    request(1, { unique: 2n ** 40n + 6n, nodeid: 2n ** 35n + 1n, uid: 1, gid: 2, pid: 3 }, nul('a')),
  )
  t.equal(r.check(42), 0)
  t.equal(r.len, 42)
  t.equal(r.opcode, P.FUSE_LOOKUP)
  t.equal(r.uniqueLow, 6)
  t.equal(r.uniqueHigh, 256)
  t.equal(r.nodeid, 2 ** 35 + 1)
  t.strictSame([r.uid, r.gid, r.pid], [1, 2, 3])
})
t.test('words are read with and without a sign, in 32 and 64 bits', async (t) => {
  const r = readRequest(
    request(1, {}, u32(0xffff_fffe), u64(-2n), u64(2n ** 53n), u64(-(2n ** 63n)), u64(2n ** 63n - 1n)),
  )
  t.equal(r.u32(10), 0xffff_fffe)
  t.equal(r.i32(10), -2)
  t.equal(r.i64(11), -2)
  t.equal(r.u64(11), 2 ** 64)
  t.equal(r.i64(13), 2 ** 53)
  t.equal(r.u64(13), 2 ** 53)
  t.equal(r.i64(15), -(2 ** 63))
  t.equal(r.i64(17), 2 ** 63)
})
t.test('a name ends with its NUL, which has to be there', async (t) => {
  const bytes = request(12, {}, u64(1), nul('old'), nul('new'), Buffer.from('x'))
  const r = readRequest(bytes)
  t.equal(r.name(48)?.toString(), 'old')
  t.equal(r.name(52)?.toString(), 'new')
  t.equal(r.name(56), null, 'no NUL before the end of the request')
  t.equal(r.name(51), null, 'nothing before the NUL')
  t.equal(r.name(bytes.length), null, 'behind the request')
  r.buf[bytes.length] = 0
  t.equal(r.name(56), null, 'a NUL of an older request')
})
t.test('data are what the request has', async (t) => {
  const r = readRequest(request(16, {}, Buffer.from('abc')))
  t.equal(r.data(40, 3)?.toString(), 'abc')
  t.equal(r.data(41, 2)?.toString(), 'bc')
  t.equal(r.data(43, 0)?.length, 0)
  t.equal(r.data(40, 4), null)
  t.equal(r.data(40, 0xffff_ffff), null)
})
t.test('what is shorter than a header or says another length is malformed', async (t) => {
  const bytes = request(17, {})
  for (const n of [0, 1, 39]) t.equal(readRequest(bytes).check(n), -EINVAL, `${n} bytes`)
  for (const len of [0, 39, 41, 0xffff_ffff])
    t.equal(readRequest(request(17, { len })).check(40), -EINVAL, `len ${len}`)
  t.equal(readRequest(bytes).check(40), 0)
})
for (const [name, opcode, least] of [
  ['LOOKUP', P.FUSE_LOOKUP, 1],
  ['FORGET', P.FUSE_FORGET, 8],
  ['GETATTR', P.FUSE_GETATTR, 16],
  ['SETATTR', P.FUSE_SETATTR, 88],
  ['READLINK', P.FUSE_READLINK, 0],
  ['SYMLINK', P.FUSE_SYMLINK, 2],
  ['MKNOD', P.FUSE_MKNOD, 17],
  ['MKDIR', P.FUSE_MKDIR, 9],
  ['UNLINK', P.FUSE_UNLINK, 1],
  ['RMDIR', P.FUSE_RMDIR, 1],
  ['RENAME', P.FUSE_RENAME, 10],
  ['LINK', P.FUSE_LINK, 9],
  ['OPEN', P.FUSE_OPEN, 8],
  ['READ', P.FUSE_READ, 40],
  ['WRITE', P.FUSE_WRITE, 40],
  ['STATFS', P.FUSE_STATFS, 0],
  ['RELEASE', P.FUSE_RELEASE, 24],
  ['FSYNC', P.FUSE_FSYNC, 16],
  ['LISTXATTR', P.FUSE_LISTXATTR, 8],
  ['INIT', P.FUSE_INIT, 16],
  ['OPENDIR', P.FUSE_OPENDIR, 8],
  ['READDIR', P.FUSE_READDIR, 40],
  ['RELEASEDIR', P.FUSE_RELEASEDIR, 24],
  ['INTERRUPT', P.FUSE_INTERRUPT, 8],
  ['IOCTL', P.FUSE_IOCTL, 32],
  ['POLL', P.FUSE_POLL, 24],
  ['BATCH_FORGET', P.FUSE_BATCH_FORGET, 8],
  ['READDIRPLUS', P.FUSE_READDIRPLUS, 40],
  ['RENAME2', P.FUSE_RENAME2, 18],
  ['LSEEK', P.FUSE_LSEEK, 24],
] as const) {
  t.test(`${name} has at least ${least} bytes of body`, async (t) => {
    t.equal(readRequest(request(opcode, {}, Buffer.alloc(least))).check(40 + least), 0)
    if (least > 0) t.equal(readRequest(request(opcode, {}, Buffer.alloc(least - 1))).check(39 + least), -EINVAL)
  })
}
t.test('an unknown opcode is well-formed, whatever it holds', async (t) => {
  for (const opcode of [0, 7, 19, 63, 64, 4096, 0xffff_ffff]) t.equal(readRequest(request(opcode, {})).check(40), 0)
})
