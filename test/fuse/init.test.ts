import t from 'tap'
import { type FuseInit, fuse_init } from '../../src/fuse/init.js'
import * as P from '../../src/fuse/protocol.js'
import { dirtyReply, readRequest, request, u32 } from './requests.js'

/** What INIT settles, and its answer's body. */
function init(major: number, minor: number, flags: number): [FuseInit, Buffer] | null {
  const reply = dirtyReply(64)
  const settled = fuse_init(
    readRequest(request(26, {}, u32(major, minor, 131_072, flags), Buffer.alloc(48))),
    reply,
    256,
  )
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
    const [init_, body] = init(7, minor, 0xffff_ffff) as [FuseInit, Buffer]
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
  t.equal(all, (1 << 0) | (1 << 5) | (1 << 13) | (1 << 14) | (1 << 15) | (1 << 18) | (1 << 22) | (1 << 28))
  t.equal(init(7, 45, P.FUSE_BIG_WRITES)?.[0].flags, P.FUSE_BIG_WRITES)
})
t.test('a kernel of a newer major version is told ours, and asks again', async (t) => {
  const [settled, body] = init(8, 0, 0xffff_ffff) as [FuseInit, Buffer]
  t.strictSame([body.readUInt32LE(0), body.readUInt32LE(4)], [7, 45])
  t.strictSame(settled, { minor: 45, maxWrite: 128 << 10, flags: 0 })
})
