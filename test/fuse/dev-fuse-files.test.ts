// DevFuse's open files: reads and writes that sleep, signals, poll, ioctl, and how a connection ends.
import t from 'tap'
import { EBADF, EINTR, EINVAL, EIO, ENODEV, ENOENT, ENOTTY, ENXIO, EPERM, ESPIPE } from '../../src/errno.js'
import { current, init_task } from '../../src/sched.js'
import type { fop_result } from '../../src/vfs/fs.js'
import { trace_register } from '../../src/vfs/trace.js'
import { lend_to_user } from '../../src/vfs/uaccess.js'
import { registered } from '../vfs/device.js'
import {
  at64,
  Connection,
  deferred,
  entry,
  freshTree,
  logged,
  nul,
  opened,
  refusal,
  settle,
  u32,
  u64,
} from './requests.js'

t.beforeEach(freshTree)

const { reading, writing, ioctl, release } = Connection

/** A sleep that a signal ends; gives what `wake` says then. */
function sleep(late: number): Promise<number> {
  const { promise, resolve } = deferred<number>()
  current.wake = () => {
    resolve(late)
    return true
  }
  return promise
}

t.test("a request is served on behalf of its program, and what comes after it on nobody's", async (t) => {
  const tasks: unknown[] = []
  const { connection, fh } = opened(t, {
    read: () => {
      tasks.push(current)
      return current.uid
    },
  })
  t.equal(connection.call(15, { uid: 7 }, reading(fh, 100)).body.length, 7)
  t.equal(current, init_task)
  t.equal(connection.call(15, { uid: 8 }, reading(fh, 100)).body.length, 8)
  t.equal(current, init_task)
  t.notOk(tasks.includes(init_task))
})

t.test('a device is opened, read, written and released', async (t) => {
  const calls: unknown[] = []
  const { connection, fh } = opened(t, {
    open: (_, file) => {
      calls.push(['open', file.f_flags, current.uid, current.gid, current.pid])
      return 0
    },
    read: (_, buf, len, off) => {
      calls.push(['read', len, off.value])
      return Buffer.from(buf.buffer, buf.byteOffset, len).write('hello')
    },
    write: (_, buf, len, off) => {
      calls.push(['write', Buffer.from(buf).toString(), off.value])
      return len
    },
    fsync: (_, datasync) => (datasync ? 0 : -EPERM),
    release: () => {
      calls.push('release')
      return 0
    },
  })
  t.not(fh, 0)
  t.equal(connection.call(15, {}, reading(fh, 100)).body.toString(), 'hello')
  t.equal(connection.call(16, {}, writing(fh, 'data', 7)).body.readUInt32LE(0), 4)
  t.equal(connection.call(15, {}, reading(fh, 100, -1)).error, -EINVAL)
  t.equal(connection.call(16, {}, writing(fh, 'data').subarray(0, 42)).error, -EINVAL, 'less data than said')
  t.equal(connection.call(20, {}, u64(fh), u32(1, 0)).error, 0)
  t.equal(connection.call(20, {}, u64(fh), u32(0, 0)).error, -EPERM)
  const { body } = connection.call(14, { nodeid: connection.lookup('dev'), uid: 1, gid: 2, pid: 3 }, u32(0, 0))
  t.equal(body.readUInt32LE(8), 1 | 32 | 64)
  t.equal(connection.call(18, {}, release(fh)).error, 0)
  for (const bad of [fh, 0, 77, 2 ** 40]) {
    t.equal(connection.call(18, {}, release(bad)).error, -EBADF)
    t.equal(connection.call(15, {}, reading(bad, 1)).error, -EBADF)
    t.equal(connection.call(16, {}, writing(bad, '')).error, -EBADF)
    t.equal(connection.call(20, {}, u64(bad), u32(0, 0)).error, -EBADF)
    t.equal(connection.call(39, {}, ioctl(bad, 1, 0, u32(), 0)).error, -EBADF)
    t.equal(connection.call(40, {}, u64(bad, 1), u32(0, 0)).error, -EBADF)
  }
  t.strictSame(calls, [['open', 2, 0, 0, 0], ['read', 100, 0], ['write', 'data', 7], ['open', 0, 1, 2, 3], 'release'])
})
t.test('lseek is the driver’s, for SEEK_DATA and SEEK_HOLE; a driver without it has no position', async (t) => {
  const { connection, fh } = opened(t, {
    llseek: (file, offset, whence) => {
      file.f_pos = whence === 3 ? offset + 1 : 2 ** 40
      return whence === 3 ? file.f_pos : Promise.resolve(file.f_pos)
    },
    read: (_, _buf, _len, off) => Math.min(off.value, 4),
  })
  const lseek = (fh: number, offset: number, whence: number) =>
    connection.start(46, {}, u64(fh, offset), u32(whence, 0))
  t.strictSame(connection.answer(lseek(fh, 2, 3))?.body, u64(3))
  t.equal(connection.call(15, {}, reading(fh, 9, 3)).len, 16 + 3, 'a read there goes on at the driver’s position')
  const late = lseek(fh, 0, 4)
  await settle()
  t.strictSame(connection.answer(late)?.body, u64(2 ** 40))
  t.equal(connection.answer(lseek(fh, 0, 9))?.error, -EINVAL)
  t.equal(connection.answer(lseek(99, 0, 3))?.error, -EBADF)
  registered(t, 'other')
  t.equal(connection.answer(lseek(connection.open('other'), 0, 3))?.error, -ESPIPE)
})
t.test('what fills the page cache is refused: a device has none', async (t) => {
  const { connection, fh } = opened(t, { read: () => t.fail('it was read') as never })
  t.equal(connection.call(15, {}, reading(fh, 4096, 0, 0)).error, -EINVAL)
})
t.test('open takes O_TRUNC, which comes as a change of the size by the thread that opens', async (t) => {
  const { connection } = opened(t, { write: (_, _buf, len) => len })
  const nodeid = connection.lookup('dev')
  const open = (pid: number) => at64(connection.call(14, { nodeid, pid }, u32(1, 0)).body, 0)
  const size = (pid: number, valid: number, length = 0) =>
    connection.call(4, { nodeid, pid }, u32(valid, 0), u64(0, length, 0, 0, 0, 0), u32(...Array(8).fill(0))).error
  t.equal(size(7, 1 << 3), -EINVAL, 'truncate')
  open(7)
  t.equal(size(8, 1 << 3), -EINVAL, 'another thread')
  t.equal(size(7, 1 << 3), 0)
  t.equal(size(7, 1 << 3), -EINVAL, 'once')
  open(7)
  t.equal(size(7, 1 << 3, 5), -EINVAL, 'another size')
  open(7)
  t.equal(size(7, (1 << 3) | (1 << 6)), -EINVAL, 'ftruncate')
  t.equal(connection.call(16, { pid: 7 }, writing(open(7), 'x')).error, 0)
  t.equal(size(7, 1 << 3), -EINVAL, 'the thread has gone on')
})
t.test('each write says whether O_APPEND is set, which fcntl(2) may have changed since the open', async (t) => {
  const places: number[] = []
  const { connection, fh } = opened(t, {
    write: (_, _buf, len, off) => {
      places.push(off.value)
      off.value += len
      return len
    },
  })
  const O_APPEND = 0o2000
  const write = (flags: number, offset: number) =>
    connection.call(16, {}, u64(fh, offset), u32(3, 0), u64(0), u32(flags, 0), Buffer.from('abc'))
  for (const [flags, offset] of [
    [2, 0],
    [2 | O_APPEND, 700],
    [2 | O_APPEND, 0],
    [2, 50],
  ] as const) {
    t.equal(write(flags, offset).error, 0)
  }
  t.strictSame(places, [0, 3, 6, 50])
})
t.test('an open that fails is its errno', async (t) => {
  registered(t, 'dev', { open: (_, file) => (file.f_flags === 0 ? -EPERM : Promise.resolve(-ENODEV)) })
  const connection = new Connection(t)
  const nodeid = connection.lookup('dev')
  t.equal(connection.call(14, { nodeid }, u32(0, 0)).error, -EPERM)
  const unique = connection.start(14, { nodeid }, u32(2, 0))
  t.equal(connection.answer(unique), undefined)
  await settle()
  t.equal(connection.answer(unique)?.error, -ENODEV)
  t.equal(connection.call(14, { nodeid: 999 }, u32(0, 0)).error, -ENOENT)
})
t.test('reads and writes that sleep keep their buffers', async (t) => {
  const sleeps: (() => void)[] = []
  const written: string[] = []
  const slept = (op: () => number): fop_result => new Promise((resolve) => sleeps.push(() => resolve(op())))
  const { connection, fh } = opened(t, {
    read: (_, buf, len, off) => {
      const digit = `${off.value}`
      return slept(() => Buffer.from(buf.buffer, buf.byteOffset, len).fill(digit).length)
    },
    write: (_, buf, len) =>
      slept(() => {
        written.push(Buffer.from(buf).toString())
        return len
      }),
  })
  const reads = [1, 2, 3].map((offset) => connection.start(15, {}, reading(fh, 4, offset)))
  const writes = ['one', 'two', 'three'].map((data) => connection.start(16, {}, writing(fh, data)))
  const long = 'long'.repeat(10_000)
  writes.push(connection.start(16, {}, writing(fh, long)))
  t.equal(connection.fuse.asleep, 7)
  t.equal(connection.call(17, {}).error, 0)
  for (const wake of sleeps.reverse()) wake()
  await settle()
  t.strictSame(
    reads.map((unique) => connection.answer(unique)?.body.toString()),
    ['1111', '2222', '3333'],
  )
  t.strictSame(
    writes.map((unique) => connection.answer(unique)?.body.readUInt32LE(0)),
    [3, 3, 5, 40_000],
  )
  t.strictSame(written, [long, 'three', 'two', 'one'])
  t.equal(connection.fuse.asleep, 0)
})
t.test('a signal ends a sleep with EINTR, once', async (t) => {
  const { promise, resolve } = deferred<number>()
  const { connection, fh } = opened(t, { read: () => promise })
  const unique = connection.start(15, {}, reading(fh, 4))
  connection.start(36, { unique: unique + 1 }, u64(unique))
  connection.start(36, { unique: unique + 1 }, u64(unique))
  await settle()
  t.match(connection.answer(unique), { error: -EINTR, len: 16 })
  resolve(3)
  await settle()
  t.strictSame(connection.sent, [], 'a late result is dropped, and INTERRUPT has no answer')
  connection.start(36, { unique: 1 }, u64(12_345))
  t.equal(connection.fuse.asleep, 0)
})
t.test('a sleep that a signal ends may still have a result', async (t) => {
  const { connection, fh } = opened(t, { read: (_, buf) => sleep(Buffer.from(buf.buffer, buf.byteOffset).write('ab')) })
  const unique = connection.start(15, {}, reading(fh, 4))
  connection.start(36, { unique: 1 }, u64(unique))
  await settle()
  t.equal(connection.answer(unique)?.body.toString(), 'ab')
  t.strictSame(connection.sent, [])
})
t.test('any errno of an interrupted sleep is EINTR', async (t) => {
  const { connection, fh } = opened(t, { read: () => sleep(-512) })
  const unique = connection.start(15, {}, reading(fh, 4))
  connection.start(36, { unique: 1 }, u64(unique))
  await settle()
  t.equal(connection.answer(unique)?.error, -EINTR)
})
t.test('as on a kernel, a sleep that says nothing of signals goes on', async (t) => {
  const { promise, resolve } = deferred<number>()
  const { connection, fh } = opened(t, { read: () => promise }, true)
  const unique = connection.start(15, {}, reading(fh, 4))
  connection.start(36, { unique: 1 }, u64(unique))
  await settle()
  t.strictSame(connection.sent, [])
  resolve(0)
  await settle()
  t.equal(connection.answer(unique)?.error, 0)
})

/** A device whose open sleeps: how its opens go on, and how often it was released. */
function sleepy(t: Parameters<typeof registered>[0], open: () => fop_result) {
  const device = { released: 0 }
  registered(t, 'dev', {
    open,
    release: () => {
      device.released++
      return 0
    },
  })
  return device
}

t.test('an interrupted open that succeeds is an open file like any other', async (t) => {
  const device = sleepy(t, () => sleep(0))
  const connection = new Connection(t)
  const unique = connection.start(14, { nodeid: connection.lookup('dev') }, u32(2, 0))
  connection.start(36, { unique: 1 }, u64(unique))
  await settle()
  const answer = connection.answer(unique)
  t.equal(answer?.error, 0)
  t.equal(device.released, 0)
  t.equal(connection.call(18, {}, release(Number(answer?.body.readBigUInt64LE(0)))).error, 0)
  t.equal(device.released, 1)
})
t.test('an open that ends after its answer is released', async (t) => {
  const { promise, resolve } = deferred<number>()
  const device = sleepy(t, () => promise)
  const connection = new Connection(t)
  const unique = connection.start(14, { nodeid: connection.lookup('dev') }, u32(2, 0))
  connection.start(36, { unique: 1 }, u64(unique))
  await settle()
  t.equal(connection.answer(unique)?.error, -EINTR)
  resolve(0)
  await settle()
  t.equal(device.released, 1)
  t.strictSame(connection.sent, [])
})
for (const sleeps of [false, true]) {
  t.test(`an open ${sleeps ? 'that slept ' : ''}that nobody takes any more is released`, async (t) => {
    const { promise, resolve } = deferred<number>()
    const device = sleepy(t, () => (sleeps ? promise : 0))
    const connection = new Connection(t)
    const nodeid = connection.lookup('dev')
    connection.refusal = refusal('ENOENT')
    connection.start(14, { nodeid }, u32(2, 0))
    resolve(0)
    await settle()
    t.equal(device.released, 1)
    t.strictSame(connection.sent, [])
    connection.fuse.release()
    t.equal(device.released, 1)
  })
}
t.test('poll gives a mask, and tells once more is ready', async (t) => {
  const wakes: ((() => void) | null)[] = []
  const { connection, fh } = opened(t, {
    poll: (_, wake) => {
      wakes.push(wake)
      return wakes.length < 3 ? 4 : Promise.resolve(5)
    },
  })
  const poll = (flags: number) => connection.start(40, {}, u64(fh, 2 ** 33 + 5), u32(flags, 1))
  t.equal(connection.answer(poll(0))?.body.readUInt32LE(0), 4)
  t.equal(wakes[0], null)
  t.equal(connection.answer(poll(1))?.body.readUInt32LE(0), 4)
  wakes[1]?.()
  t.strictSame(connection.notes(), [{ len: 24, error: 1, unique: 0, body: u64(2 ** 33 + 5) }])
  const unique = poll(1)
  await settle()
  t.equal(connection.answer(unique)?.body.readUInt32LE(0), 5)
})
t.test('a file has one waiter, however often it is polled, and none once it is closed', async (t) => {
  const wakes = new Set<() => void>()
  const { connection, fh } = opened(t, {
    poll: (_, wake) => {
      if (wake !== null) wakes.add(wake)
      return 0
    },
  })
  for (let i = 0; i < 1000; i++) connection.call(40, {}, u64(fh, 77), u32(1, 1))
  const other = connection.open('dev')
  connection.call(40, {}, u64(other, 78), u32(1, 1))
  const notes = () => {
    for (const wake of wakes) wake()
    return connection.notes().map(({ body }) => at64(body, 0))
  }
  t.strictSame(notes(), [77, 78])
  connection.call(18, {}, release(fh))
  t.strictSame(notes(), [78])
  const again = connection.open('dev')
  t.equal(again, fh, 'the handle is given again')
  t.strictSame(notes(), [78])
  connection.call(40, {}, u64(again, 79), u32(1, 1))
  t.strictSame(notes(), [78, 79])
})
t.test('what a driver does not fill is zeros, never what another reader had', async (t) => {
  registered(t, 'secret', {
    read: (_, buf, len) => {
      buf.fill(0x73, 0, len)
      return Math.min(len, 10)
    },
  })
  const { connection, fh } = opened(t, {
    read: (_, buf, len) => {
      buf[1] = 1
      return len
    },
  })
  const secret = connection.open('secret')
  for (const size of [4, 100, 4096, 5000, 65_536, 131_072, 1 << 20]) {
    for (let i = 0; i < 2; i++) {
      connection.call(15, {}, reading(secret, size))
      connection.call(16, {}, writing(secret, 's'.repeat(Math.min(size, 10_000))))
      const { body } = connection.call(15, {}, reading(fh, size))
      t.equal(body.length, size)
      t.equal(body[1], 1)
      t.ok(
        body.every((byte, i) => byte === 0 || i === 1),
        `${size} bytes`,
      )
    }
  }
})
t.test('what a driver lends is the answer, from where it is; a short one is copied, and a late one', async (t) => {
  const bytes = new Uint8Array(1 << 20).fill(0x6c)
  let length = 0
  let late: Promise<void> | null = null
  const { connection, fh } = opened(t, {
    read_fills: true,
    read: (_, buf, len) => {
      const lend = () => {
        length = Math.min(len, length)
        return lend_to_user(buf, bytes, length) === 0 ? length : -EIO
      }
      return late === null ? lend() : late.then(lend)
    },
  })
  const read = async (size: number, of: number) => {
    connection.lent = 0
    length = of
    const unique = connection.start(15, {}, reading(fh, size))
    await settle()
    const body = connection.answer(unique)?.body
    t.ok(body?.every((byte) => byte === 0x6c))
    return [body?.length, connection.lent]
  }
  t.strictSame(await read(1 << 20, 1 << 20), [1 << 20, 1])
  t.strictSame(await read(1 << 20, 5000), [5000, 1])
  t.strictSame(await read(1 << 20, 0), [0, 0])
  t.strictSame(await read(4096, 1 << 20), [4096, 0])
  late = Promise.resolve()
  t.strictSame(await read(1 << 20, 1 << 20), [1 << 20, 0])
  late = null
  t.strictSame(await read(65_536, 1 << 20), [65_536, 1])
})
t.test('what was lent is copied where the read gives something else, and nothing is left of it', async (t) => {
  const bytes = Buffer.from('lent'.repeat(25_000))
  const results: ((n: number) => fop_result)[] = [
    (n) => n - 4,
    (n) => Promise.resolve(n),
    () => -EIO,
    () => {
      throw new Error('after it')
    },
    (n) => n + 1,
    (n) => n,
  ]
  logged(t)
  const { connection, fh } = opened(t, {
    read_fills: true,
    read: (_, buf) => {
      lend_to_user(buf, bytes, bytes.length)
      return results.shift()?.(bytes.length) ?? 0
    },
  })
  const read = async (size = bytes.length) => {
    const unique = connection.start(15, {}, reading(fh, size))
    await settle()
    return connection.answer(unique)
  }
  t.ok((await read())?.body.equals(bytes.subarray(0, -4)))
  t.ok((await read())?.body.equals(bytes))
  t.equal(connection.lent, 0)
  for (let i = 0; i < 3; i++) t.match(await read(), { error: -EIO, len: 16 })
  t.ok((await read())?.body.equals(bytes))
  t.equal(connection.lent, 1)
  t.equal((await read())?.len, 16)
})
t.test('a read that is traced has its bytes in the buffer', async (t) => {
  const records: { op: string; out?: string }[] = []
  t.teardown(trace_register({ names: null, line: (json) => void records.push(JSON.parse(json)) }))
  const bytes = Buffer.from('traced'.repeat(20_000))
  const { connection, fh } = opened(t, {
    read_fills: true,
    read: (_, buf) => (lend_to_user(buf, bytes, bytes.length) === 0 ? bytes.length : -EIO),
  })
  t.ok(connection.call(15, {}, reading(fh, bytes.length)).body.equals(bytes))
  t.equal(records.find(({ op }) => op === 'read')?.out, bytes.toString())
  t.equal(connection.lent, 0)
})
t.test('a write that copies has the request itself, and keeps nothing while it sleeps', async (t) => {
  const { promise, resolve } = deferred<number>()
  const places: unknown[] = []
  const { connection, fh } = opened(t, {
    write: (_, buf) => {
      places.push(buf.buffer, Buffer.from(buf).toString())
      return promise
    },
    write_copies: true,
  })
  const { request } = connection.fuse
  const long = 'long'.repeat(10_000)
  const writes = [writing(fh, 'short'), writing(fh, long)].map((body) => connection.start(16, {}, body))
  t.equal(connection.fuse.request, request)
  t.strictSame(places, [request.buf.buffer, 'short', request.buf.buffer, long])
  resolve(5)
  await settle()
  for (const unique of writes) t.equal(connection.answer(unique)?.body.readUInt32LE(0), 5)
})
t.test('a driver that fills what it counts need not have zeros', async (t) => {
  const { connection, fh } = opened(t, {
    read: (_, buf, len) => {
      buf.fill(0x78, 0, len)
      return buf[len] === undefined ? len : -EIO
    },
    read_fills: true,
  })
  t.equal(connection.call(15, {}, reading(fh, 8)).body.toString(), 'xxxxxxxx')
})
t.test('ioctl passes a number, or bytes in and out', async (t) => {
  const args: unknown[] = []
  const { connection, fh } = opened(t, {
    unlocked_ioctl: (_, cmd, arg) => {
      args.push([cmd, typeof arg === 'number' ? arg : Buffer.from(arg.in).toString()])
      if (typeof arg !== 'number') Buffer.from(arg.out.buffer, arg.out.byteOffset, arg.out.length).write('out')
      return cmd === 3 ? Promise.resolve(9) : cmd === 4 ? -ENOTTY : 7
    },
  })
  const call = (...of: [cmd: number, arg: number, input: string, out: number]) =>
    connection.start(39, {}, ioctl(fh, of[0], of[1], Buffer.from(of[2]), of[3]))
  t.strictSame(connection.answer(call(1, 2 ** 40, '', 0))?.body, u32(7, 0, 0, 0))
  t.strictSame(connection.answer(call(2, 0, 'in', 5))?.body, Buffer.concat([u32(7, 0, 0, 0), Buffer.from('out\0\0')]))
  const late = call(3, 0, '', 3)
  await settle()
  t.strictSame(connection.answer(late)?.body, Buffer.concat([u32(9, 0, 0, 0), Buffer.from('out')]))
  t.match(connection.answer(call(4, 0, '', 3)), { error: -ENOTTY, len: 16 })
  t.strictSame(args, [
    [1, 2 ** 40],
    [2, 'in'],
    [3, ''],
    [4, ''],
  ])
  const sizes = (input: number, out: number) =>
    connection.call(39, {}, u64(fh), u32(0, 1), u64(0), u32(input, out)).error
  t.equal(sizes(1, 0), -EINVAL)
  t.equal(sizes(0, 65_537), -EINVAL)
})
t.test('close answers ENXIO, to what waits and to what comes', async (t) => {
  const { promise } = deferred<number>()
  let released = 0
  const { connection, fh } = opened(t, {
    read: () => promise,
    write: () => 0,
    poll: () => 1,
    fsync: () => 0,
    unlocked_ioctl: () => 0,
    release: () => ++released,
  })
  const unique = connection.start(15, {}, reading(fh, 4))
  connection.fuse.close()
  t.match(connection.answer(unique), { error: -ENXIO, len: 16 })
  t.equal(connection.fuse.asleep, 0)
  const errors = [
    connection.call(15, {}, reading(fh, 4)),
    connection.call(16, {}, writing(fh, 'x')),
    connection.call(20, {}, u64(fh), u32(0, 0)),
    connection.call(39, {}, ioctl(fh, 1, 0, u32(), 0)),
    connection.call(40, {}, u64(fh, 1), u32(0, 0)),
    connection.call(14, { nodeid: connection.lookup('dev') }, u32(0, 0)),
  ].map(({ error }) => error)
  t.strictSame(errors, Array(6).fill(-ENXIO))
  t.equal(entry(connection.call(1, {}, nul('d')).body).nodeid > 0, true, 'the tree stays')
  connection.fuse.release()
  connection.fuse.release()
  t.equal(released, 1)
})
t.test('a release that sleeps is waited for, and what it throws is a line in the log', async (t) => {
  const lines = logged(t)
  const { promise, reject } = deferred<number>()
  const { connection, fh } = opened(t, { release: () => promise })
  t.equal(connection.call(18, {}, release(fh)).error, 0)
  t.equal(connection.fuse.asleep, 1)
  reject(new Error('broken'))
  await settle()
  t.equal(connection.fuse.asleep, 0)
  t.match(lines, [/^err .*release: .*broken/])
})
t.test('what the release of a late open throws is a line in the log', async (t) => {
  const lines = logged(t)
  const { promise, resolve } = deferred<number>()
  registered(t, 'dev', { open: () => promise, release: () => Promise.reject(new Error('broken')) })
  const connection = new Connection(t)
  connection.start(14, { nodeid: connection.lookup('dev') }, u32(2, 0))
  connection.fuse.close()
  resolve(0)
  await settle()
  t.match(lines, [/^err .*release: .*broken/])
})
t.test('an exception in a driver is EIO and a line in the log, now or later', async (t) => {
  const lines = logged(t)
  const { connection, fh } = opened(t, {
    read: () => {
      throw new Error('thrown')
    },
    write: () => Promise.reject(new Error('rejected')),
    release: () => {
      throw new Error('at the end')
    },
  })
  t.equal(connection.call(15, {}, reading(fh, 4)).error, -EIO)
  const unique = connection.start(16, {}, writing(fh, 'x'))
  await settle()
  t.equal(connection.answer(unique)?.error, -EIO)
  t.equal(connection.call(18, {}, release(fh)).error, 0)
  const errors = lines.filter((line) => line.startsWith('err'))
  t.match(errors, [/read: .*thrown/, /write: .*rejected/, /release: .*at the end/])
})
for (const result of [5, -4096, 1.5, Number.NaN, 'text', null, {}]) {
  t.test(`a driver's ${result} is EIO and a line in the log`, async (t) => {
    const lines = logged(t)
    let sleeps = false
    const op = () => (sleeps ? Promise.resolve(result) : result) as number
    const { connection, fh } = opened(t, { read: op, write: op })
    for (sleeps of [false, true]) {
      const uniques = [connection.start(15, {}, reading(fh, 4)), connection.start(16, {}, writing(fh, 'four'))]
      await settle()
      t.strictSame(
        uniques.map((unique) => connection.answer(unique)?.error),
        [-EIO, -EIO],
      )
    }
    t.equal(lines.length, 4)
  })
}
