import t from 'tap'
import { misc_deregister } from '../../src/vfs/miscdevice.js'
import { registered } from '../vfs/device.js'
import { Connection, freshTree, logged, opened, refusal } from './requests.js'

t.beforeEach(freshTree)

const { reading, writing } = Connection

t.test('an answer that the kernel refuses is dropped; the log has what is unexpected', async (t) => {
  const lines = logged(t)
  const connection = new Connection(t)
  connection.refusal = refusal('ENOENT')
  connection.start(17, {})
  t.strictSame(lines, [])
  connection.refusal = refusal('EIO')
  connection.start(17, {})
  t.match(lines, [/^debug .*96 bytes was refused/])
  t.equal(connection.call(17, {}).error, 0)
})
t.test('the answer of a write that took a name away is held until the kernel knows', async (t) => {
  const other = registered(t, 'other')
  const { connection, fh } = opened(t, {
    write: (_, _buf, len) => {
      misc_deregister(other)
      return len
    },
    read: () => 0,
  })
  connection.init()
  connection.lookup('other')
  const write = connection.start(16, {}, writing(fh, 'abc'))
  const read = connection.start(15, {}, reading(fh, 4))
  t.equal(connection.answer(write), undefined)
  t.equal(connection.notifications.length, 1)
  connection.fuse.wake()
  t.equal(connection.answer(write), undefined, 'woken for something else')
  t.equal(connection.call(17, {}).error, 0, 'whoever has the folder may go on')
  connection.notified = 1
  connection.fuse.wake()
  t.equal(connection.answer(write)?.body.readUInt32LE(0), 3)
  t.equal(connection.answer(read)?.len, 16)
  t.equal(connection.call(15, {}, reading(fh, 4)).error, 0, 'nothing is held any more')
})
