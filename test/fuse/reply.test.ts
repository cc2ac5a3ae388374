import t from 'tap'
import type * as P from '../../src/fuse/protocol.js'
import { dirtyReply } from './requests.js'

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

const seconds = (buf: Buffer, offset: number) => Number(buf.readBigInt64LE(offset))

t.test('an answer begins with fuse_out_header', async (t) => {
  const reply = dirtyReply(16)
  t.equal(reply.capacity, 16)
  t.equal(reply.header(6, 256, -5, 8), 24)
  t.equal(reply.buf.readUInt32LE(0), 24)
  t.equal(reply.buf.readInt32LE(4), -5)
  t.equal(reply.buf.readBigUInt64LE(8), 2n ** 40n + 6n)
  t.equal(reply.body(8).byteOffset - reply.buf.byteOffset, 16)
  t.equal(reply.body(8).length, 8)
})
t.test('64 bits are written whole, negative ones too', async (t) => {
  const reply = dirtyReply(8)
  for (const value of [0, 1, 2 ** 32, 2 ** 53, -1, -(2 ** 32) - 5, -(2 ** 63)]) {
    reply.set64(4, value)
    t.equal(reply.buf.readBigInt64LE(16), BigInt(value))
  }
  reply.set64(4, -(2 ** 70))
  t.equal(reply.buf.readBigInt64LE(16), -(2n ** 63n), 'the least there is')
})
t.test('fuse_attr has its fields where linux/fuse.h has them', async (t) => {
  const reply = dirtyReply(104)
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
  const reply = dirtyReply(104)
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
  const reply = dirtyReply(128)
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
    const reply = dirtyReply(64)
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
  const reply = dirtyReply(64)
  const name = Buffer.from('123456789')
  t.equal(reply.dirent(0, 39, name, 1, 4, 1, null), null)
  t.equal(reply.dirent(24, 63, name, 1, 4, 1, null), null)
  t.ok(reply.body(64).every((byte) => byte === 0xee))
  t.equal(reply.dirent(24, 64, name, 1, 4, 1, null), 64)
})
t.test('READDIRPLUS has fuse_entry_out before each entry, which may be cleared', async (t) => {
  const reply = dirtyReply(512)
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
