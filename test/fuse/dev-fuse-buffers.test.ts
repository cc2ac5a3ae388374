import t from 'tap'
import { Buffers, FUSE_REQUEST_MAX, FUSE_TRANSFER_MAX } from '../../src/fuse/dev-fuse-buffers.js'

t.test('an answer has room for what is asked for, and for no more than an answer can have', async (t) => {
  const buffers = new Buffers()
  for (const size of [0, 1, 4096, 4097, 65_536, 65_537, FUSE_TRANSFER_MAX]) {
    t.ok(buffers.reply(size).capacity >= size, `${size}`)
  }
  t.equal(buffers.reply(0xffff_ffff).capacity, FUSE_TRANSFER_MAX)
})
t.test('buffers are used again, but for those that are kept', async (t) => {
  const buffers = new Buffers()
  const reply = buffers.reply(100)
  t.equal(buffers.reply(4096), reply)
  buffers.keepReply(reply)
  const next = buffers.reply(100)
  t.not(next, reply)
  t.equal(next.capacity, reply.capacity)
  const { request } = buffers
  t.equal(buffers.request, request)
  buffers.keepRequest()
  t.not(buffers.request, request)
  t.equal(buffers.request.buf.length, FUSE_REQUEST_MAX)
})
