import t, { type Test } from 'tap'
import { EPERM } from '../../src/errno.js'
import { current, init_task, set_current } from '../../src/sched.js'
import { misc_deregister } from '../../src/vfs/miscdevice.js'
import { registered } from '../vfs/device.js'
import { Connection, deferred, freshTree, logged, opened, refusal, settle, u64 } from './requests.js'

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
/** A connection whose kernel knows the device `other`; a write to `dev` takes that away, now or after a sleep. */
function taking(t: Test, sleeps: Promise<unknown> | null = null) {
  const other = registered(t, 'other')
  const take = () => misc_deregister(other)
  const { connection, fh } = opened(t, {
    write: (_, _buf, len) => {
      const task = current
      if (sleeps === null) {
        take()
        return len
      }
      return sleeps.then(() => {
        set_current(task)
        take()
        set_current(init_task)
        return len
      })
    },
    read: () => 0,
    unlocked_ioctl: () => take(),
    fsync: () => take() || -EPERM,
    release: () => take(),
  })
  connection.init()
  connection.lookup('other')
  /** The kernel knows by now. */
  const notified = () => {
    connection.notified = connection.notifications.length
    connection.fuse.wake()
  }
  return { connection, fh, notified }
}

t.test('the answer of a write that took a name away is held until the kernel knows, and no other', async (t) => {
  const { connection, fh, notified } = taking(t)
  const write = connection.start(16, {}, writing(fh, 'abc'))
  t.equal(connection.answer(write), undefined)
  t.equal(connection.notifications.length, 1)
  t.equal(connection.call(15, {}, reading(fh, 4)).error, 0)
  t.equal(connection.call(17, {}).error, 0)
  connection.fuse.wake()
  t.equal(connection.answer(write), undefined, 'woken for something else')
  notified()
  t.equal(connection.answer(write)?.body.readUInt32LE(0), 3)
  t.equal(connection.call(16, {}, writing(fh, 'abc')).error, 0, 'nothing is held any more')
})
t.test('so is one that has slept', async (t) => {
  const { promise, resolve } = deferred<void>()
  const { connection, fh, notified } = taking(t, promise)
  const write = connection.start(16, {}, writing(fh, 'abc'))
  resolve()
  await settle()
  t.equal(connection.notifications.length, 1)
  t.equal(connection.answer(write), undefined)
  t.equal(connection.call(15, {}, reading(fh, 4)).error, 0)
  notified()
  t.equal(connection.answer(write)?.body.readUInt32LE(0), 3)
})
for (const [name, opcode, body, error] of [
  ['that of an ioctl', 39, (fh: number) => Connection.ioctl(fh, 1, 0, Buffer.alloc(0), 0), 0],
  ['an error', 20, (fh: number) => u64(fh, 0), -EPERM],
] as const) {
  t.test(`so is ${name}`, async (t) => {
    const { connection, fh, notified } = taking(t)
    const unique = connection.start(opcode, {}, body(fh))
    t.equal(connection.answer(unique), undefined)
    notified()
    t.equal(connection.answer(unique)?.error, error)
  })
}
t.test('what is taken away when nobody waits holds nothing up', async (t) => {
  const { connection, fh } = taking(t)
  const another = connection.open('dev')
  t.equal(connection.call(18, {}, Connection.release(another)).error, 0)
  t.equal(connection.notifications.length, 1)
  t.equal(connection.call(15, {}, reading(fh, 4)).error, 0)
})
for (const [name, end] of [
  ['a signal', (connection: Connection, unique: number) => connection.start(36, {}, u64(unique))],
  ['the end of the connection', (connection: Connection) => connection.fuse.close()],
] as const) {
  t.test(`${name} has an answer sent that is held`, async (t) => {
    const { connection, fh } = taking(t)
    const write = connection.start(16, {}, writing(fh, 'abc'))
    t.equal(connection.answer(write), undefined)
    end(connection, write)
    t.equal(connection.answer(write)?.body.readUInt32LE(0), 3)
  })
}
