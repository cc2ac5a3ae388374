import t from 'tap'
import { EINVAL } from '../../src/errno.js'
import * as P from '../../src/fuse/protocol.js'
import { nul, request, u32, u64 } from './requests.js'

/** A request as it was read, into a buffer that held another. */
function read(bytes: Buffer): P.FuseRequest {
  const r = new P.FuseRequest(8192)
  r.buf.fill(0xee)
  r.buf.set(bytes)
  return r
}

const attr: P.FuseAttr = {
  ino: 2 ** 33 + 7,
  size: 2 ** 40 + 3,
  atime: 1_000.5,
  mtime: -1.5,
  ctime: 0,
  mode: 0o100644,
  nlink: 2,
  uid: 1000,
  gid: 0xffff_ffff,
}

/** An answer's buffer full of what was there before. */
function dirty(size: number): P.FuseReply {
  const reply = new P.FuseReply(size)
  reply.buf.fill(0xee)
  return reply
}

const seconds = (buf: Buffer, offset: number) => Number(buf.readBigInt64LE(offset))

t.test('a request has the fields of fuse_in_header', async (t) => {
  const r = read(request(1, { unique: 2n ** 40n + 6n, nodeid: 2n ** 35n + 1n, uid: 1, gid: 2, pid: 3 }, nul('a')))
  t.equal(r.check(42), 0)
  t.equal(r.len, 42)
  t.equal(r.opcode, P.FUSE_LOOKUP)
  t.equal(r.uniqueLow, 6)
  t.equal(r.uniqueHigh, 256)
  t.equal(r.nodeid, 2 ** 35 + 1)
  t.strictSame([r.uid, r.gid, r.pid], [1, 2, 3])
})
t.test('words are read with and without a sign, in 32 and 64 bits', async (t) => {
  const r = read(request(1, {}, u32(0xffff_fffe), u64(-2n), u64(2n ** 53n), u64(-(2n ** 63n)), u64(2n ** 63n - 1n)))
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
  const r = read(bytes)
  t.equal(r.name(48)?.toString(), 'old')
  t.equal(r.name(52)?.toString(), 'new')
  t.equal(r.name(56), null, 'no NUL before the end of the request')
  t.equal(r.name(51), null, 'nothing before the NUL')
  t.equal(r.name(bytes.length), null, 'behind the request')
  r.buf[bytes.length] = 0
  t.equal(r.name(56), null, 'a NUL of an older request')
})
t.test('data are what the request has', async (t) => {
  const r = read(request(16, {}, Buffer.from('abc')))
  t.equal(r.data(40, 3)?.toString(), 'abc')
  t.equal(r.data(41, 2)?.toString(), 'bc')
  t.equal(r.data(43, 0)?.length, 0)
  t.equal(r.data(40, 4), null)
  t.equal(r.data(40, 0xffff_ffff), null)
})
t.test('what is shorter than a header or says another length is malformed', async (t) => {
  const bytes = request(17, {})
  for (const n of [0, 1, 39]) t.equal(read(bytes).check(n), -EINVAL, `${n} bytes`)
  for (const len of [0, 39, 41, 0xffff_ffff]) t.equal(read(request(17, { len })).check(40), -EINVAL, `len ${len}`)
  t.equal(read(bytes).check(40), 0)
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
    t.equal(read(request(opcode, {}, Buffer.alloc(least))).check(40 + least), 0)
    if (least > 0) t.equal(read(request(opcode, {}, Buffer.alloc(least - 1))).check(39 + least), -EINVAL)
  })
}
t.test('an unknown opcode is well-formed, whatever it holds', async (t) => {
  for (const opcode of [0, 7, 19, 63, 64, 4096, 0xffff_ffff]) t.equal(read(request(opcode, {})).check(40), 0)
  t.equal(P.fuse_opname(15), 'read')
  t.equal(P.fuse_opname(4096), 'operation 4096')
})
t.test('an answer begins with fuse_out_header', async (t) => {
  const reply = dirty(16)
  t.equal(reply.capacity, 16)
  t.equal(reply.header(6, 256, -5, 8), 24)
  t.equal(reply.buf.readUInt32LE(0), 24)
  t.equal(reply.buf.readInt32LE(4), -5)
  t.equal(reply.buf.readBigUInt64LE(8), 2n ** 40n + 6n)
  t.equal(reply.body(8).byteOffset - reply.buf.byteOffset, 16)
  t.equal(reply.body(8).length, 8)
})
t.test('64 bits are written whole, negative ones too', async (t) => {
  const reply = dirty(8)
  for (const value of [0, 1, 2 ** 32, 2 ** 53, -1, -(2 ** 32) - 5, -(2 ** 63)]) {
    reply.set64(4, value)
    t.equal(reply.buf.readBigInt64LE(16), BigInt(value))
  }
  reply.set64(4, -(2 ** 70))
  t.equal(reply.buf.readBigInt64LE(16), -(2n ** 63n), 'the least there is')
})
t.test('fuse_attr has its fields where linux/fuse.h has them', async (t) => {
  const reply = dirty(104)
  t.equal(reply.attrOut(attr, 1500), 104)
  const body = reply.body(104)
  t.equal(seconds(body, 0), 1)
  t.equal(body.readUInt32LE(8), 500_000_000)
  t.equal(body.readUInt32LE(12), 0)
  const at = body.subarray(16)
  t.equal(at.readBigUInt64LE(0), BigInt(attr.ino))
  t.equal(at.readBigUInt64LE(8), BigInt(attr.size))
  t.equal(at.readBigUInt64LE(16), 0n, 'blocks')
  t.strictSame(
    [24, 32, 40].map((o) => seconds(at, o)),
    [1, -1, 0],
  )
  t.strictSame(
    [48, 52, 56].map((o) => at.readUInt32LE(o)),
    [500_000, 998_500_000, 0],
  )
  t.strictSame(
    [60, 64, 68, 72].map((o) => at.readUInt32LE(o)),
    [0o100644, 2, 1000, 0xffff_ffff],
  )
  t.strictSame(
    [76, 80, 84].map((o) => at.readUInt32LE(o)),
    [0, 4096, 0],
    'rdev, blksize, flags',
  )
})
t.test('a time keeps its nanoseconds, which are always less than a second', async (t) => {
  const reply = dirty(104)
  const time = (atime: number) => {
    reply.attrOut({ ...attr, atime }, 0)
    return [seconds(reply.buf, 32 + 24), reply.buf.readUInt32LE(32 + 48)] as const
  }
  for (const [sec, nsec] of [
    [0, 1],
    [1, 1],
    [1, 999_999_999],
    [5, 123_456_789],
    [-1, 999_999_999],
    [-1, 1],
    [-2, 0],
  ] as const) {
    t.strictSame(time(sec * 1000 + nsec / 1e6), [sec, nsec])
  }
  const [sec, nsec] = time(1_700_000_000_123.456)
  t.equal(sec, 1_700_000_000)
  t.ok(Math.abs(nsec - 123_456_000) < 250, `${nsec}`)
  for (const ms of [-1e-9, 999.9999999, 2 ** 63 * 1000, -(2 ** 63) * 1000, 1.23e21, -1.23e21, 9.87e18]) {
    t.ok(time(ms)[1] < 1e9, `${ms}`)
  }
})
t.test('fuse_entry_out has its fields where linux/fuse.h has them', async (t) => {
  const reply = dirty(128)
  t.equal(reply.entry(4, attr, 2250, 1), 128)
  const body = reply.body(128)
  t.equal(body.readBigUInt64LE(0), BigInt(attr.ino))
  t.equal(body.readBigUInt64LE(8), 0n, 'generation')
  t.strictSame(
    [16, 24].map((o) => seconds(body, o)),
    [2, 0],
  )
  t.strictSame(
    [32, 36].map((o) => body.readUInt32LE(o)),
    [250_000_000, 1_000_000],
  )
  t.equal(body.readBigUInt64LE(40), BigInt(attr.ino))
  t.equal(body.readUInt32LE(40 + 60), attr.mode)
})
t.test('a directory entry is padded to 8 bytes, with zeros', async (t) => {
  for (let length = 1; length <= 9; length++) {
    const reply = dirty(64)
    const name = Buffer.alloc(length, 'n')
    const end = reply.dirent(0, 64, name, 2 ** 33, 4, 2 ** 34, null)
    t.equal(end, length <= 8 ? 32 : 40)
    const body = reply.body(64)
    t.equal(body.readBigUInt64LE(0), 2n ** 33n)
    t.equal(body.readBigUInt64LE(8), 2n ** 34n)
    t.equal(body.readUInt32LE(16), length)
    t.equal(body.readUInt32LE(20), 4)
    t.strictSame(body.subarray(24, 24 + length), name)
    t.ok(body.subarray(24 + length, end ?? 0).every((byte) => byte === 0))
    t.equal(body[end ?? 0], 0xee, 'nothing is written behind it')
  }
})
t.test('an entry that does not fit is left out whole', async (t) => {
  const reply = dirty(64)
  const name = Buffer.from('123456789')
  t.equal(reply.dirent(0, 39, name, 1, 4, 1, null), null)
  t.equal(reply.dirent(24, 63, name, 1, 4, 1, null), null)
  t.ok(reply.body(64).every((byte) => byte === 0xee))
  t.equal(reply.dirent(24, 64, name, 1, 4, 1, null), 64)
})
t.test('READDIRPLUS has fuse_entry_out before each entry, which may be cleared', async (t) => {
  const reply = dirty(512)
  const plus = { attr, entryMs: 1000, attrMs: 2000 }
  const name = Buffer.from('name')
  t.equal(reply.dirent(0, 159, name, 5, 8, 1, plus), null)
  t.equal(reply.dirent(0, 160, name, 5, 8, 1, plus), 160)
  t.equal(reply.dirent(160, 512, name, 6, 8, 2, plus), 320)
  const body = reply.body(320)
  for (const at of [0, 160]) {
    t.equal(body.readBigUInt64LE(at), BigInt(attr.ino))
    t.strictSame([seconds(body, at + 16), seconds(body, at + 24)], [1, 2])
    t.equal(seconds(body, at + 128), at === 0 ? 5 : 6)
    t.equal(body.readUInt32LE(at + 128 + 16), 4)
    t.equal(body.subarray(at + 152, at + 156).toString(), 'name')
  }
  reply.clearEntry(160)
  t.ok(body.subarray(160, 288).every((byte) => byte === 0))
  t.equal(seconds(body, 288), 6)
  t.equal(body.readBigUInt64LE(0), BigInt(attr.ino))
})

/** What INIT settles, and its answer's body. */
function init(major: number, minor: number, flags: number): [P.FuseInit, Buffer] | null {
  const reply = dirty(64)
  const settled = P.fuse_init(read(request(26, {}, u32(major, minor, 131_072, flags), Buffer.alloc(48))), reply, 256)
  return settled === null ? null : [settled[0], reply.body(settled[1])]
}

t.test('INIT settles the older of both versions, down to 7.31', async (t) => {
  for (const [minor, settled] of [
    [31, 31],
    [38, 38],
    [45, 45],
    [46, 45],
    [1000, 45],
  ] as const) {
    const [init_, body] = init(7, minor, 0xffff_ffff) as [P.FuseInit, Buffer]
    t.equal(init_.minor, settled)
    t.equal(init_.maxWrite, 1 << 20)
    t.equal(body.length, 64)
    t.strictSame(
      [0, 4, 8].map((o) => body.readUInt32LE(o)),
      [7, settled, 131_072],
    )
    t.equal(body.readUInt32LE(12), init_.flags)
    t.strictSame(
      [16, 18].map((o) => body.readUInt16LE(o)),
      [0xffff, 0xffff],
    )
    t.strictSame(
      [20, 24].map((o) => body.readUInt32LE(o)),
      [1 << 20, 1],
    )
    t.equal(body.readUInt16LE(28), 256, 'max_pages')
    t.ok(body.subarray(30).every((byte) => byte === 0))
  }
  t.equal(init(7, 30, 0), null)
  t.equal(init(6, 99, 0), null)
})
t.test('INIT takes no flag that the kernel has not, and few of those that it has', async (t) => {
  t.equal(init(7, 45, 0)?.[0].flags, 0)
  t.equal(init(7, 45, 0)?.[0].maxWrite, 128 << 10)
  const all = init(7, 45, 0xffff_ffff)?.[0].flags ?? 0
  t.equal(all, (1 << 0) | (1 << 3) | (1 << 5) | (1 << 13) | (1 << 14) | (1 << 18) | (1 << 22) | (1 << 28))
  t.equal(init(7, 45, P.FUSE_BIG_WRITES)?.[0].flags, P.FUSE_BIG_WRITES)
})
t.test('a kernel of a newer major version is told ours, and asks again', async (t) => {
  const [settled, body] = init(8, 0, 0xffff_ffff) as [P.FuseInit, Buffer]
  t.strictSame([body.readUInt32LE(0), body.readUInt32LE(4)], [7, 45])
  t.strictSame(settled, { minor: 45, maxWrite: 128 << 10, flags: 0 })
})
