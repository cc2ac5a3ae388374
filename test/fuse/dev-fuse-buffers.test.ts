import t from 'tap'
import { Buffers, FUSE_REQUEST_MAX, FUSE_TRANSFER_MAX } from '../../src/fuse/dev-fuse-buffers.js'
import { deferred, settle } from './requests.js'

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
})
t.test('requests are read elsewhere while an operation is at one, and then where they were', async (t) => {
  const buffers = new Buffers()
  const home = buffers.request
  const [first, second, third] = [deferred<number>(), deferred<number>(), deferred<number>()]
  buffers.keepRequest(first.promise)
  const away = buffers.request
  t.not(away, home)
  t.equal(away.buf.length, FUSE_REQUEST_MAX)
  buffers.keepRequest(second.promise)
  const further = buffers.request
  t.notOk([home, away].includes(further))
  second.resolve(0)
  await settle()
  t.equal(buffers.request, further)
  first.reject(new Error('it has failed'))
  await settle()
  t.equal(buffers.request, home)
  buffers.keepRequest(third.promise)
  t.equal(buffers.request, further, 'where nobody is')
  third.resolve(0)
  await settle()
  t.equal(buffers.request, home)
})
t.test('an answer has no more than twice the room that is needed, and none less than 4 KiB', async (t) => {
  const buffers = new Buffers()
  for (const size of [1, 4096, 4097, 8192, 100_000, 131_072, 131_073, 1_000_000, FUSE_TRANSFER_MAX]) {
    const { capacity } = buffers.reply(size)
    t.ok(capacity === 4096 || capacity < 2 * size, `${capacity} for ${size}`)
  }
  t.equal(buffers.reply(131_072).capacity, 131_072)
})
t.test('a clean one has zeros as far as it is asked for, whoever had it before', async (t) => {
  const buffers = new Buffers()
  for (const size of [1, 64, 65, 5000]) {
    buffers
      .reply(size + 1)
      .body(size + 1)
      .fill(7)
    const reply = buffers.cleanReply(size)
    t.ok(
      reply.body(size).every((byte) => byte === 0),
      `${size}`,
    )
    t.equal(reply.body(size + 1)[size], 7, 'no further')
    buffers.reply(size).body(1).fill(7)
    t.ok(
      buffers
        .cleanReply(size + 1)
        .body(size + 1)
        .every((byte) => byte === 0),
    )
  }
})
