import t, { type Test } from 'tap'
import { EBADF, ECANCELED, EINVAL, ENXIO, ESPIPE } from '../../src/errno.js'
import { init_task, set_current, task_struct } from '../../src/sched.js'
import {
  type file,
  type fop_result,
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../../src/vfs/fs.js'
import { vfs_open } from '../../src/vfs/open.js'
import { default_llseek, vfs_llseek, vfs_read, vfs_write } from '../../src/vfs/read_write.js'
import { node, opened } from './device.js'

const buf = new Uint8Array(64)
const LLONG_MAX = 2 ** 63 - 1024 // as near as a number comes

/** What a driver's next call does: its result, and the position it sets; by default it moves all bytes. */
interface Next {
  ret?: fop_result
  pos?: number
}

/** An open file whose driver notes each call as `[len, offset]`, and does what `next` says. */
function noted(t: Test, flags = O_RDWR): { file: file; calls: [number, number][]; next: Next } {
  const calls: [number, number][] = []
  const next: Next = {}
  const op = (_file: file, _buf: Uint8Array, len: number, off: { value: number }) => {
    calls.push([len, off.value])
    const ret = next.ret ?? len
    off.value = next.pos ?? off.value + (typeof ret === 'number' ? Math.max(ret, 0) : 0)
    return ret
  }
  return { file: opened(t, { read: op, write: op }, flags), calls, next }
}

t.test('the operation must be allowed by the access mode, and there', async (t) => {
  for (const [flags, read, write] of [
    [O_RDONLY, 4, -EBADF],
    [O_WRONLY, -EBADF, 4],
    [3, -EBADF, -EBADF],
  ] as const) {
    t.test(`flags ${flags}`, async (t) => {
      const { file } = noted(t, flags)
      t.strictSame([vfs_read(file, buf, 4, 0), vfs_write(file, buf, 4, 0)], [read, write])
    })
  }
  t.test('a driver without either', async (t) => {
    const file = opened(t, {})
    t.strictSame([vfs_read(file, buf, 4, 0), vfs_write(file, buf, 4, 0)], [-EINVAL, -EINVAL])
  })
})
t.test('the driver gets the bytes, itself as this, and a length of 0 too', async (t) => {
  const fops = {
    read(this: unknown, _file: file, to: Uint8Array) {
      t.equal(this, fops)
      to.set([7, 8])
      return 2
    },
    write: (_file: file, from: Uint8Array, len: number) => {
      t.equal(from, buf)
      return len
    },
  }
  const file = opened(t, fops)
  t.equal(vfs_read(file, buf, 2, 0), 2)
  t.strictSame([...buf.subarray(0, 2)], [7, 8])
  t.equal(vfs_write(file, buf, 0, 2), 0)
})
t.test('reads and writes one after the other share one position', async (t) => {
  const { file, calls } = noted(t)
  vfs_read(file, buf, 3, 0)
  vfs_write(file, buf, 4, 3)
  vfs_read(file, buf, 5, 7)
  t.strictSame(calls, [
    [3, 0],
    [4, 3],
    [5, 7],
  ])
})
t.test('a partial transfer moves by what was moved, an empty one by nothing', async (t) => {
  const { file, calls, next } = noted(t)
  next.ret = 2
  t.equal(vfs_read(file, buf, 8, 0), 2)
  next.ret = 0
  t.equal(vfs_write(file, buf, 8, 2), 0)
  t.equal(vfs_read(file, buf, 8, 2), 0)
  t.strictSame(calls.at(-1), [8, 2])
})
t.test('pread and pwrite work at their own offset and leave the position alone', async (t) => {
  const { file, calls, next } = noted(t)
  vfs_read(file, buf, 3, 0)
  next.pos = 50
  vfs_read(file, buf, 4, 10)
  vfs_write(file, buf, 4, 20)
  next.ret = Promise.resolve(4)
  await vfs_write(file, buf, 4, 30)
  t.strictSame(calls.slice(1), [
    [4, 10],
    [4, 20],
    [4, 30],
  ])
  t.equal(file.f_pos, 3)
  vfs_read(file, buf, 5, 3)
  t.strictSame(calls.at(-1), [5, 3])
})
t.test("a driver's own position holds for the next call, wherever the kernel's offset is", async (t) => {
  const { file, calls, next } = noted(t)
  next.pos = 100
  vfs_read(file, buf, 3, 0)
  next.pos = 5
  vfs_write(file, buf, 3, 3)
  vfs_read(file, buf, 3, 6)
  t.strictSame(calls, [
    [3, 0],
    [3, 100],
    [3, 5],
  ])
})
t.test('a negative position makes each further call EINVAL without a callback', async (t) => {
  const { file, calls, next } = noted(t)
  next.pos = -1
  t.equal(vfs_read(file, buf, 3, 0), 3, 'but not the one that set it')
  for (let n = 0; n < 2; n++) {
    t.equal(vfs_read(file, buf, 3, 3), -EINVAL)
    t.equal(vfs_write(file, buf, 3, 3), -EINVAL)
  }
  t.equal(calls.length, 1)
  t.equal(vfs_read(file, buf, 3, 7), 3, 'pread has an offset of its own')
})
t.test('positions end at LLONG_MAX', async (t) => {
  const { file, calls } = noted(t)
  t.equal(vfs_read(file, buf, 0, LLONG_MAX), 0)
  t.equal(vfs_read(file, buf, 1024, LLONG_MAX), -EINVAL)
  t.equal(vfs_write(file, buf, 2048, LLONG_MAX - 1024), -EINVAL)
  t.equal(vfs_read(file, buf, 4, -1), -EINVAL)
  t.equal(calls.length, 1)
})
t.test('an error, now or late, leaves the position alone', async (t) => {
  const { file, calls, next } = noted(t)
  vfs_read(file, buf, 3, 0)
  next.pos = 90
  for (const ret of [-ENXIO, Promise.resolve(-ECANCELED)]) {
    next.ret = ret
    t.ok(((await vfs_read(file, buf, 3, 3)) as number) < 0)
    t.ok(((await vfs_write(file, buf, 3, 3)) as number) < 0)
  }
  next.ret = Promise.reject(new Error('no'))
  await t.rejects(async () => vfs_read(file, buf, 3, 3), { message: 'no' })
  t.equal(file.f_pos, 3)
  t.strictSame(calls.slice(1), Array(5).fill([3, 3]))
})
t.test('a result that is no count of at most len leaves the position alone, and comes through', async (t) => {
  const { file, calls, next } = noted(t)
  vfs_read(file, buf, 3, 0)
  next.pos = 90
  for (const ret of [4, 1.5, NaN, Infinity, '2', null, undefined, [2], {}] as number[]) {
    next.ret = Promise.resolve(ret)
    t.strictSame(await vfs_read(file, buf, 3, 3), ret)
    if (ret === undefined || ret === null) continue // noted's own default
    next.ret = ret
    t.strictSame(vfs_write(file, buf, 3, 3), ret)
  }
  t.strictSame([file.f_pos, file.f_pos_seen], [3, 3])
  t.strictSame(new Set(calls.slice(1).map(String)), new Set(['3,3']))
  next.ret = 3
  vfs_read(file, buf, 3, 3)
  t.strictSame([file.f_pos, file.f_pos_seen], [90, 6], 'len itself is one')
})
t.test('a late result moves the position when it comes', async (t) => {
  const { file, calls, next } = noted(t)
  next.ret = Promise.resolve(2)
  next.pos = 40
  const late = vfs_read(file, buf, 3, 0)
  t.equal(file.f_pos, 0)
  t.equal(await late, 2)
  await vfs_read(file, buf, 3, 2)
  t.strictSame(calls, [
    [3, 0],
    [3, 40],
  ])
})
t.test('a late result moves nothing when the request has been answered meanwhile', async (t) => {
  const { file, calls, next } = noted(t, O_RDWR | O_APPEND)
  const task = new task_struct()
  t.teardown(() => set_current(init_task))
  for (const op of [vfs_read, vfs_write]) {
    set_current(task)
    task.aborted = false
    next.ret = new Promise((resolve) => setImmediate(resolve, 3))
    next.pos = 40
    const late = op(file, buf, 3, 0)
    set_current(init_task)
    task.aborted = true
    t.equal(await late, 3)
    t.strictSame([file.f_pos, file.f_pos_seen], [0, 0])
  }
  next.ret = Promise.resolve(2)
  next.pos = 2
  await vfs_write(file, buf, 3, 0)
  t.equal(file.f_pos, 2, 'the next request moves again')
  t.strictSame(calls, Array(3).fill([3, 0]))
})
t.test("with O_APPEND each write is the next one, whatever offset comes; reads aren't", async (t) => {
  const { file, calls } = noted(t, O_RDWR | O_APPEND)
  vfs_write(file, buf, 3, 0)
  vfs_write(file, buf, 4, 1000)
  vfs_read(file, buf, 5, 1004)
  vfs_read(file, buf, 6, 500)
  t.strictSame(calls, [
    [3, 0],
    [4, 3],
    [5, 7],
    [6, 500],
  ])
})
t.test('open files of one device have positions of their own', async (t) => {
  const one = noted(t)
  vfs_read(one.file, buf, 3, 0)
  const two = vfs_open(node('opened'), O_RDWR) as file
  vfs_read(two, buf, 4, 0)
  vfs_read(one.file, buf, 5, 3)
  t.strictSame(one.calls, [
    [3, 0],
    [4, 0],
    [5, 3],
  ])
})
t.test('lseek is ESPIPE for a known whence, EINVAL for another', async (t) => {
  const file = opened(t, {})
  for (const whence of [0, 1, 2, 3, 4]) t.equal(vfs_llseek(file, 0, whence), -ESPIPE)
  for (const whence of [-1, 5]) t.equal(vfs_llseek(file, 0, whence), -EINVAL)
})
t.test("a driver's llseek decides, but for an unknown whence", async (t) => {
  const file = opened(t, { llseek: (_file, offset, whence) => offset * 10 + whence })
  t.equal(vfs_llseek(file, 5, SEEK_END), 52)
  t.equal(vfs_llseek(file, 0, SEEK_SET), 0)
  t.equal(vfs_llseek(file, 5, 5), -EINVAL)
})
t.test('default_llseek moves the position of a file without a size', async (t) => {
  const file = opened(t, { llseek: default_llseek })
  for (const [offset, whence, pos] of [
    [10, SEEK_SET, 10],
    [-3, SEEK_CUR, 7],
    [0, SEEK_CUR, 7],
    [-8, SEEK_CUR, -EINVAL],
    [-1, SEEK_SET, -EINVAL],
    [-1, SEEK_END, -EINVAL],
    [-7, SEEK_CUR, 0],
    [5, SEEK_END, 5],
  ] as const) {
    t.equal(vfs_llseek(file, offset, whence), pos, `${offset} from ${whence}`)
    t.equal(file.f_pos, pos < 0 ? 7 : pos)
  }
})
t.test('default_llseek finds neither data nor holes in a file of size 0', async (t) => {
  const file = opened(t, { llseek: default_llseek })
  file.f_pos = 7
  for (const [offset, whence, ret, pos] of [
    [0, SEEK_DATA, -ENXIO, 7],
    [9, SEEK_DATA, -ENXIO, 7],
    [-1, SEEK_DATA, -EINVAL, 7],
    [0, SEEK_HOLE, -ENXIO, 7],
    [9, SEEK_HOLE, -ENXIO, 7],
    [-1, SEEK_HOLE, 0, 0],
  ] as const) {
    t.equal(vfs_llseek(file, offset, whence), ret, `${offset} from ${whence}`)
    t.equal(file.f_pos, pos)
  }
  for (const whence of [-1, 5]) t.equal(default_llseek(file, 3, whence), -EINVAL)
})
