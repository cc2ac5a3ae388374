import t from 'tap'
import { EINVAL, ENODATA, ENODEV, ENOSYS, EOPNOTSUPP, EPERM, EPROTO } from '../../src/errno.js'
import { Connection, freshTree, logged, nul, request, u32, u64 } from './requests.js'

t.beforeEach(freshTree)

t.test('INIT settles a version, or is EPROTO with a line in the log', async (t) => {
  const lines = logged(t)
  const connection = new Connection(t)
  t.equal(connection.fuse.settled, null)
  t.equal(connection.init(7, 31).error, 0)
  t.equal(connection.fuse.settled?.minor, 31)
  t.equal(connection.init(7, 30).error, -EPROTO)
  t.match(lines.at(-1), /^err .*7\.30/)
})
t.test('what has no meaning for devices is answered so that programs bear it', async (t) => {
  const connection = new Connection(t)
  const error = (opcode: number, ...body: Buffer[]) => connection.call(opcode, {}, ...body).error
  t.equal(error(21, u32(1, 0), nul('user.x'), nul('')), -EPERM)
  t.equal(error(22, u32(0, 0), nul('user.x')), -ENODATA)
  for (const name of ['system.posix_acl_access', 'system.posix_acl_default']) {
    t.equal(error(21, u32(1, 0), nul(name), nul('')), -EOPNOTSUPP, 'programs do without lists of who may')
    t.equal(error(22, u32(0, 0), nul(name)), -EOPNOTSUPP)
    t.equal(error(24, nul(name)), -EOPNOTSUPP)
  }
  t.equal(error(24, nul('user.x')), -EPERM)
  t.equal(error(25, u64(1), u32(0, 0), u64(0)), -ENOSYS)
  t.equal(error(30, u64(1), u32(0, 0)), 0)
  t.equal(error(34, u32(4, 0)), -ENOSYS)
  t.equal(error(43, u64(1, 0, 0), u32(0, 0)), -ENODEV)
  t.equal(error(47, u64(0, 0, 0, 0, 0, 0, 0)), -EINVAL)
  t.equal(error(4096), -ENOSYS)
  const size = connection.call(23, {}, u32(0, 0))
  t.strictSame([size.error, size.body], [0, u32(0, 0)])
  const list = connection.call(23, {}, u32(100, 0))
  t.strictSame([list.error, list.len], [0, 16])
  const { body } = connection.call(17, {})
  t.strictSame(
    [40, 44, 48].map((at) => body.readUInt32LE(at)),
    [4096, 255, 4096],
  )
  t.equal(body.length, 80)
})
t.test('DESTROY ends the connection', async (t) => {
  const connection = new Connection(t)
  t.equal(connection.bytes(request(17, {})), true)
  t.equal(connection.bytes(request(38, { unique: 8 })), false)
  t.match(connection.answer(8), { error: 0, len: 16 })
})
t.test('a malformed request is EINVAL where it has an answer, and a line in the log', async (t) => {
  const lines = logged(t)
  const connection = new Connection(t)
  t.equal(connection.bytes(request(1, {}).subarray(0, 39)), true)
  t.strictSame(connection.sent, [], 'nobody to answer')
  for (const opcode of [2, 36, 42]) connection.start(opcode, {})
  connection.start(41, { len: 7 })
  t.strictSame(connection.sent, [], 'it would be a notification')
  t.equal(connection.call(14, {}).error, -EINVAL)
  t.equal(connection.call(17, { len: 48 }).error, -EINVAL)
  t.equal(lines.filter((line) => /^warn .*malformed/.test(line)).length, 7)
})
