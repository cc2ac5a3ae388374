// Calls on record, without a mount: what each leaves, in which order, and that nobody is told where nobody asks.
import t, { type Test } from 'tap'
import { EINTR, EIO } from '../../src/errno.js'
import { WaitingRequests } from '../../src/fuse/waiting.js'
import { set_current, task_struct } from '../../src/sched.js'
import type { file, file_operations } from '../../src/vfs/fs.js'
import { vfs_fsync, vfs_ioctl, vfs_poll } from '../../src/vfs/ioctl.js'
import { MISC_DYNAMIC_MINOR, misc_deregister, misc_register } from '../../src/vfs/miscdevice.js'
import { lookup } from '../../src/vfs/namei.js'
import { fput, vfs_open } from '../../src/vfs/open.js'
import { vfs_llseek, vfs_read, vfs_write } from '../../src/vfs/read_write.js'
import { type trace_record, trace_register, trace_resume, tracing } from '../../src/vfs/trace.js'

const fops: file_operations = {
  read: (_f, buf, len, off) => {
    buf.set(Buffer.from('hi'))
    off.value += 2
    return len < 2 ? -EIO : 2
  },
  write: (_f, _buf, len) => len + (len === 3 ? 1 : 0),
  unlocked_ioctl: (_f, _cmd, arg) => {
    if (typeof arg === 'object') arg.out[0] = 0xff
    return 7
  },
}

/** Registers a device for the test. */
function device(t: Test, name: string, of = fops) {
  const misc = { minor: MISC_DYNAMIC_MINOR, name, fops: of }
  t.equal(misc_register(misc), 0)
  t.teardown(() => misc_deregister(misc))
  return lookup(name) as Exclude<ReturnType<typeof lookup>, number>
}

/** What is told from now on. */
function record(t: Test, names: string[] | null = null) {
  const records: trace_record[] = []
  const stop = trace_register({
    names: names === null ? null : new Set(names),
    line: (json) => void records.push(JSON.parse(json)),
  })
  t.teardown(stop)
  return { records, stop }
}

t.test('each call has its record, from its open to its close', async (t) => {
  const inode = device(t, 'traced/a')
  const { records } = record(t)
  const f = vfs_open(inode, 2) as file
  const buf = Buffer.alloc(8)
  vfs_read(f, buf, 8, 0)
  vfs_read(f, buf, 8, 100)
  vfs_read(f, buf, 1, 2)
  vfs_write(f, Buffer.from('\xe9x', 'latin1'), 2, 2)
  vfs_write(f, Buffer.from('abc'), 3, 4)
  vfs_ioctl(f, 0x1234, { in: Buffer.from('in'), out: Buffer.alloc(1) })
  vfs_ioctl(f, 0x99, 5)
  vfs_poll(f, null)
  vfs_fsync(f, false)
  f.f_flags |= 0o4000
  vfs_fsync(f, true)
  vfs_llseek(f, 3, 0)
  fput(f)
  const of = { name: 'traced/a', file: records[0]?.file }
  t.match(records, [
    { op: 'open', flags: 2, ret: 0, ...of, begin: Number, end: Number, time: Number, ms: Number },
    { op: 'read', len: 8, off: 0, ret: 2, out: 'hi', ...of },
    { op: 'pread', len: 8, off: 100, ret: 2, out: 'hi', ...of },
    { op: 'read', len: 1, off: 2, ret: -EIO, errname: 'EIO', ...of },
    { op: 'write', len: 2, off: 2, in: '\udce9x', ret: 2, ...of },
    { op: 'write', len: 3, off: 2, in: 'abc', ret: -EIO, ...of },
    { op: 'ioctl', cmd: 0x1234, in: 'in', out: '\udcff', ret: 7, ...of },
    { op: 'ioctl', cmd: 0x99, arg: 5, ret: 7, ...of },
    { op: 'poll', ret: 0x145, ...of },
    { op: 'fsync', errname: 'EINVAL', flags: undefined, ...of },
    { op: 'fdatasync', errname: 'EINVAL', flags: 0o4002, ...of },
    { op: 'lseek', off: 3, arg: 0, flags: undefined, errname: 'ESPIPE', ...of },
    { op: 'close', ret: 0, ...of },
  ])
  t.equal(records.length, 13)
  t.same(
    records.flatMap(({ begin, end = 0 }) => [begin, end]),
    Array.from({ length: 26 }, (_, i) => (records[0]?.begin as number) + i),
    'beginnings and ends are one count',
  )
})

t.test('one that sleeps has two, and the second has the answer that its program gets', async (t) => {
  let wake = (_: number) => {}
  const asleep = new Promise<number>((resolve) => {
    wake = resolve
  })
  const inode = device(t, 'traced/sleeps', { open: () => asleep, read: () => asleep })
  const { records } = record(t)
  const waiting = new WaitingRequests()
  const { task } = waiting
  set_current(task)
  const ret = vfs_open(inode, 0) as Promise<file | number>
  set_current(new task_struct())
  t.match(records, [{ op: 'open', begin: Number }])
  t.equal(records[0]?.end, undefined)
  waiting.add(
    { key: 1, name: 'open', max: 0, ino: 0 },
    ret.then((f) => (typeof f === 'number' ? f : 0)),
    () => {},
  )
  waiting.interrupt(1, true)
  await new Promise((resolve) => setImmediate(resolve))
  t.match(records[1], { begin: records[0]?.begin, op: 'open', ret: -EINTR, errname: 'EINTR' })
  wake(0)
  await ret
  t.equal(records.length, 2)
})

t.test('who names devices is told of those, and who names none of all but the log', async (t) => {
  const [a, b, kmsg] = ['traced/a', 'traced/b', 'kmsg'].map((name) => device(t, name))
  const [some, all, log] = [record(t, ['traced/b']), record(t), record(t, ['kmsg'])]
  for (const inode of [a, b, kmsg]) vfs_open(inode as NonNullable<typeof a>, 0)
  t.same(
    [some, all, log].map(({ records }) => records.map(({ name }) => name)),
    [['traced/b'], ['traced/a', 'traced/b'], ['kmsg']],
  )
})

t.test('without anybody who asks nothing is told', async (t) => {
  t.notOk(tracing)
  const inode = device(t, 'traced/a')
  const { records, stop } = record(t)
  t.ok(tracing)
  stop()
  t.notOk(tracing)
  vfs_open(inode, 0)
  t.same(records, [])
})

t.test('a kernel that takes the place of another goes on with the numbers', async (t) => {
  const inode = device(t, 'traced/a')
  const { records } = record(t)
  vfs_open(inode, 0)
  trace_resume()
  vfs_open(inode, 0)
  const [before, after] = records as [trace_record, trace_record]
  t.ok(after.begin > (before.end as number))
  t.ok(after.file > before.file)
})
