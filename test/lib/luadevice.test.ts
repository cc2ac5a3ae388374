// Reading and writing a device of a driver in Lua: results, errors and positions, as a kernel gives them.
import t, { type Test } from 'tap'
import { EAGAIN, EBADF, EBUSY, ECANCELED, EFAULT, EINVAL, ENOSPC, EOVERFLOW } from '../../src/errno.js'
import { LUA_COLLECTS, type lua_State, lua_total, lua_used } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { O_APPEND, O_RDONLY, O_WRONLY } from '../../src/vfs/fs.js'
import { vfs_read, vfs_write } from '../../src/vfs/read_write.js'
import { user_memory } from '../../src/vfs/uaccess.js'
import { Connection } from '../fuse/requests.js'
import { logged, runtime } from '../lunatik/states.js'
import { as, closeAll, type Opened, open, tryOpen } from './devices.js'
import '../../src/lib/libs.js'

t.afterEach(closeAll)

/** A runtime whose script starts with `device` at hand. */
const driver = (t: Test, text: string): lunatik_object_t => runtime(t, `local device = require("device") ${text}`)

/** The script's file, as messages give it. */
const script = () => `${lunatik_conf.root[0]}/script.lua`

async function repeat<T>(times: number, f: () => Promise<T>): Promise<T[]> {
  const results = []
  for (let i = 0; i < times; i++) results.push(await f())
  return results
}

/** The numbers of a log's lines behind its first word. */
const numbers = (log: string[]) => log.map((line) => line.split('\t').slice(1).map(Number))

t.test('a device without callbacks succeeds at everything: reads are empty, writes are taken whole', async (t) => {
  driver(t, 'device.new{name = "empty"}')
  const file = await open('empty')
  t.equal(await file.read(100), '')
  t.equal(await file.read(0), '')
  t.equal(await file.write('hello'), 5)
  t.equal(await file.write(''), 0)
  t.equal(await file.write('A'.repeat(100_000)), 100_000)
  t.equal(await file.pread(10, 5), '')
  t.equal(await file.pwrite('xx', 5), 2)
  t.equal(await file.close(), 0)
})

t.test('a callback that is no function does nothing, even a table that can be called', async (t) => {
  driver(
    t,
    `local callable = setmetatable({}, {__call = function() error("called") end})
     device.new{name = "odd", open = callable, read = "text", write = 5, release = callable}`,
  )
  const file = await open('odd')
  t.equal(await file.read(), '')
  t.equal(await file.write('hello'), 5)
  t.equal(await file.close(), 0)
})

t.test('read gives a string or an integer’s digits, and nothing for any other result', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local vals = {n = 0, [1]="str", [3]=42, [4]=-7, [5]=math.maxinteger, [6]=math.mininteger, [7]={}, [8]=true, [9]=false,
       [10]=print, [11]="", [12]=setmetatable({}, {__tostring=function() return "TS" end}), [13]=("x"):rep(3)}
     local i = 0
     device.new{name = "rets", read = function(self, len, off)
       i = i + 1
       print("call", i, len, off)
       if i == 2 then return end
       return vals[i]
     end}`,
  )
  const file = await open('rets', O_RDONLY)
  const results = await repeat(15, () => file.read(100))
  const [max, min] = [results[4], results[5]] as [string, string]
  t.match([max, min], [/^\d{10,19}$/, /^-\d{10,19}$/])
  t.strictSame(results, ['str', '', '42', '-7', max, min, '', '', '', '', '', '', 'xxx', '', ''])
  const after = 7 + max.length + min.length
  const positions = [
    0,
    3,
    3,
    5,
    7,
    7 + max.length,
    after,
    after,
    after,
    after,
    after,
    after,
    after,
    after + 3,
    after + 3,
  ]
  t.strictSame(
    numbers(log),
    positions.map((pos, i) => [i + 1, 100, pos]),
  )
})

t.test('bytes pass as they are, and a string longer than asked for is cut', async (t) => {
  driver(
    t,
    `local kept = "" device.new{name = "bytes", write = function(self, buf) kept = buf end,
       read = function() return kept .. "\\0\\255", 0 end}`,
  )
  const file = await open('bytes')
  t.equal(await file.write('a\0b\xfe\n'), 5)
  t.equal(await file.read(100), 'a\0b\xfe\n\0\xff')
  t.equal(await file.read(3), 'a\0b')
})

t.test(
  'write takes what the result says, at most all, and the position moves by it or to the second result',
  async (t) => {
    const log = logged(t)
    driver(
      t,
      `local t = {
       function() end, function() return 2 end, function() return 100 end, function() return -1 end,
       function() return 0 end, function() return 3, 50 end, function() return nil, 7 end, function() return nil, -1 end,
       function() return "4" end, function() return math.mininteger end, function() return 2, 1000, "extra" end,
     }
     local i = 0
     device.new{name = "wrets", write = function(self, buf, off)
       i = i + 1
       print("write", i, #buf, off)
       local f = t[i] or function() end
       return f()
     end}`,
    )
    const file = await open('wrets', O_WRONLY)
    const results = await repeat(13, () => file.write('abcdef'))
    t.strictSame(results, [6, 2, 6, 6, 0, 3, 6, 6, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL])
    t.equal(await file.pwrite('abc', 33), 3)
    t.equal(await file.write('abc'), -EINVAL)
    t.equal(await file.pwrite('abcdef', 0), 6)
    t.equal(await file.pwrite('abcdef', 0), 2)
    t.strictSame(numbers(log), [
      [1, 6, 0],
      [2, 6, 6],
      [3, 6, 8],
      [4, 6, 14],
      [5, 6, 20],
      [6, 6, 20],
      [7, 6, 50],
      [8, 6, 7],
      [9, 3, 33],
      [10, 6, 0],
      [11, 6, 0],
    ])
  },
)

t.test('an error is ECANCELED, and the log has its message as it is, and the operation', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local i = 0
device.new{name = "errread", read = function(self, len, off)
  i = i + 1
  if i == 1 then error("boom") end
  if i == 2 then error("boom0", 0) end
  if i == 3 then error({code = 5}) end
  if i == 4 then error(nil) end
  if i == 5 then error() end
  if i == 6 then error(42) end
  if i == 7 then error(setmetatable({}, {__tostring = function() return "TSERR" end})) end
  if i == 8 then local x = nil; return x.y end
  if i == 9 then error("line1\\nline2") end
  if i == 10 then error("100% %s %d") end
  if i == 11 then error(true) end
  return "fine"
end, write = function() error("no write", 0) end, release = function() error("no release", 0) end}`,
  )
  const file = await open('errread')
  t.strictSame(await repeat(12, () => file.read(100)), [...Array(11).fill(-ECANCELED), 'fine'])
  t.equal(await file.write('x'), -ECANCELED)
  t.equal(await file.close(), 0)
  t.strictSame(log, [
    `luadevice: ${script()}:4: boom: read`,
    'luadevice: boom0: read',
    'luadevice: (null): read',
    'luadevice: <no error object>: read',
    'luadevice: <no error object>: read',
    'luadevice: 42: read',
    'luadevice: (null): read',
    `luadevice: ${script()}:11: attempt to index a nil value (local 'x'): read`,
    `luadevice: ${script()}:12: line1\nline2: read`,
    `luadevice: ${script()}:13: 100% %s %d: read`,
    'luadevice: (null): read',
    'luadevice: no write: write',
    'luadevice: no release: release',
  ])
})

t.test('results that crash a kernel are ECANCELED, with a line in the log, and move nothing', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local results = {{}, true, print, "text", coroutine.create(print)}
     local offsets = {{}, true, print, "text"}
     local n, m, k = 0, 0, 0
     device.new{name = "crash",
       write = function(self, buf, off) n = n + 1 if n <= #results then return results[n] end m = m + 1 return 1, offsets[m] end,
       read = function(self, len, off) k = k + 1 return k <= #offsets and "abc" or "at" .. off, offsets[k] end}`,
  )
  const file = await open('crash')
  t.strictSame(await repeat(9, () => file.write('x')), Array(9).fill(-ECANCELED))
  t.strictSame(await repeat(4, () => file.read()), Array(4).fill(-ECANCELED))
  t.equal(await file.read(), 'at0')
  t.strictSame(log, [
    ...Array(5).fill('luadevice: the result is neither nil nor a number, which crashes a kernel: write'),
    ...Array(4).fill('luadevice: the new offset is no integer, which crashes a kernel: write'),
    ...Array(4).fill('luadevice: the new offset is no integer, which crashes a kernel: read'),
  ])
})

t.test('read moves the position by what it gave; pread has its own, and leaves that alone', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local data = "abcdefghijklmnopqrstuvwxyz"
     device.new{name = "rdoff", read = function(self, len, off) print("read", len, off) return data:sub(off + 1, off + len) end}`,
  )
  const file = await open('rdoff')
  t.strictSame(
    [
      await file.read(5),
      await file.read(5),
      await file.pread(3, 20),
      await file.read(2),
      await file.read(100),
      await file.read(100),
      await file.pread(3, 1000),
      await file.pread(3, -1),
    ],
    ['abcde', 'fghij', 'uvw', 'kl', 'mnopqrstuvwxyz', '', '', -EINVAL],
  )
  t.equal(await (await open('rdoff', O_RDONLY)).read(4), 'abcd', 'each open file has its own position')
  t.strictSame(numbers(log), [
    [5, 0],
    [5, 5],
    [3, 20],
    [2, 10],
    [100, 12],
    [100, 26],
    [3, 1000],
    [4, 0],
  ])
})

t.test('reads and writes of one open file share its position', async (t) => {
  const log = logged(t)
  driver(
    t,
    `device.new{name = "offs", read = function(self, len, off) print("read", len, off) return ("x"):rep(len) end,
       write = function(self, buf, off) print("write", #buf, off) end}`,
  )
  const [one, other] = [await open('offs'), await open('offs')]
  await one.read(10)
  await one.write('hello')
  await other.read(3)
  await other.write('hey')
  await one.pwrite('abc', 2000)
  await one.read(7)
  const appending = await open('offs', O_WRONLY | O_APPEND)
  await appending.pwrite('abc', 0)
  await appending.pwrite('abc', 777)
  t.strictSame(log, [
    'read\t10\t0',
    'write\t5\t10',
    'read\t3\t0',
    'write\t3\t3',
    'write\t3\t2000',
    'read\t7\t15',
    'write\t3\t0',
    'write\t3\t3',
  ])
})

t.test('reads and writes of no bytes reach the callback, and may move the position', async (t) => {
  const log = logged(t)
  driver(
    t,
    `device.new{name = "zlen", read = function(self, len, off) print("read", len, off) return "abc", off + 10 end,
       write = function(self, buf, off) print("write", #buf, off) return 0, off + 100 end}`,
  )
  const file = await open('zlen')
  t.strictSame(
    [await file.read(0), await file.read(1), await file.write(''), await file.write('x'), await file.read(0)],
    ['', 'a', 0, 0, ''],
  )
  t.strictSame(log, ['read\t0\t0', 'read\t1\t10', 'write\t0\t20', 'write\t1\t120', 'read\t0\t220'])
})

t.test('a position is an integer in Lua however large: its digits are all there', async (t) => {
  const log = logged(t)
  driver(t, `device.new{name = "far", read = function(self, len, off) print(off) return off end}`)
  const file = await open('far')
  const far = [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 46]
  for (const off of far) t.equal(await file.pread(100, off), String(off))
  t.strictSame(log, far.map(String))
})

t.test('a position that the engine’s integers can not hold is EOVERFLOW, and the log tells why', async (t) => {
  const log = logged(t)
  driver(t, 'device.new{name = "far", read = function() return "x" end, write = function() end}')
  const file = await open('far')
  t.equal(await file.pread(1, 2 ** 60), -EOVERFLOW)
  t.equal(await file.pwrite('x', 2 ** 60), -EOVERFLOW)
  t.match(log, [/^luadevice: the position \d+ is past 2\^53: read$/, /: write$/])
})

t.test('a negative position from a callback is EINVAL from then on, for reading and writing', async (t) => {
  const log = logged(t)
  driver(t, 'device.new{name = "neg", read = function(self, len, off) print(off) return "x", -5 end}')
  const file = await open('neg')
  t.strictSame([await file.read(), await file.read(), await file.write('x')], ['x', -EINVAL, -EINVAL])
  t.equal(await file.pread(1, 3), 'x')
  t.equal(await file.read(), -EINVAL)
  t.strictSame(log, ['0', '3'])
})

t.test('a buffer that is not there is EFAULT: a write has no callback then, a read moves nothing', async (t) => {
  const log = logged(t)
  driver(
    t,
    `device.new{name = "fault", read = function(self, len, off) print("read", off) return "abc", off + 10 end,
       write = function(self, buf, off) print("write", off) end}`,
  )
  const { file } = await open('fault')
  const none = new Uint8Array(0)
  t.equal(await as(() => vfs_read(file, none, 5, 0)), -EFAULT)
  t.equal(await as(() => vfs_write(file, none, 5, 0)), -EFAULT)
  t.equal(await as(() => vfs_read(file, new Uint8Array(5), 5, 0)), 3)
  t.strictSame(log, ['read\t0', 'read\t0'])
})

t.test('a file that was opened for one of them does not do the other', async (t) => {
  driver(t, 'device.new{name = "oneway", read = function() return "x" end}')
  t.equal(await (await open('oneway', O_WRONLY)).read(), -EBADF)
  t.equal(await (await open('oneway', O_RDONLY)).write('x'), -EBADF)
})

t.test('a large transfer is one callback', async (t) => {
  const log = logged(t)
  driver(
    t,
    `device.new{name = "large", read = function(self, len) print("read", len) return ("r"):rep(len) end,
       write = function(self, buf) print("write", #buf) end}`,
  )
  const file = await open('large')
  const size = 4 << 20
  t.equal((await file.read(size)).toString().length, size)
  t.equal(await file.write('w'.repeat(size)), size)
  t.strictSame(log, [`read\t${size}`, `write\t${size}`])
})

t.test('callbacks get the driver’s table, and are looked up in it each time', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local d = {name = "dyn"}
     d.read = function(self, ...) print("read args", select("#", ...), self == d, ...)
       self.read = function() return "second" end; return "first" end
     d.write = function(self, ...) print("write args", select("#", ...), self == d)
       d.open = function(...) print("open args", select("#", ...)) end
       d.release = function(...) print("release args", select("#", ...), (...) == d) end; self.name = "renamed" end
     device.new(d)`,
  )
  let file: Opened = await open('dyn')
  t.strictSame(
    [await file.read(10), await file.read(10), await file.write('x'), await file.close()],
    ['first', 'second', 1, 0],
  )
  file = await open('dyn')
  await file.close()
  t.type(await tryOpen('renamed'), 'number')
  t.strictSame(log, [
    'read args\t2\ttrue\t10\t0',
    'write args\t2\ttrue',
    'release args\t1\ttrue',
    'open args\t1',
    'release args\t1\ttrue',
  ])
})

t.test('an errno that a driver raises is what its program gets, without a line in the log', async (t) => {
  const log = logged(t)
  runtime(
    t,
    `local E = require("linux.errno")
     local d = {name = "own", errno = E.EBUSY}
     local function raise(self) error({errno = self.errno}) end
     function d:open() if self.errno == E.EBUSY then self.errno = E.EAGAIN raise{errno = E.EBUSY} end end
     d.read = raise
     function d:write(buf) self.errno = tonumber(buf) or buf raise(self) end
     require("device").new(d)`,
  )
  t.equal(await tryOpen('own'), -EBUSY)
  const file = await open('own')
  t.equal(await file.read(), -EAGAIN)
  t.equal(await file.write('28'), -ENOSPC)
  t.strictSame(log, [])
  for (const none of ['0', '-11', '4096', 'x']) t.equal(await file.write(none), -ECANCELED, none)
  t.match(log, Array(4).fill(/\(null\): write/))
})

t.test('who waits for the lock writes what was in its buffer when it came', async (t) => {
  driver(
    t,
    `local linux = require("linux")
     local held = {}
     device.new{name = "waits", write = function(self, buf) linux.schedule(1) held[#held + 1] = buf end,
       read = function() return table.concat(held, ",") end}`,
  )
  const { file } = await open('waits')
  const buf = Buffer.from('first')
  const writes = ['first', 'other', 'third'].map((text) => {
    buf.write(text)
    return as(() => vfs_write(file, buf, 5, 0))
  })
  buf.fill('x')
  t.strictSame(await Promise.all(writes), [5, 5, 5])
  const read = Buffer.alloc(100)
  t.equal(await as(() => vfs_read(file, read, 100, 0)), 17)
  t.equal(read.toString('latin1', 0, 17), 'first,other,third')
})

t.test('a transport’s buffer is in the memory of Lua, and counts for nobody', async (t) => {
  const total = lua_total()
  const buf = user_memory(100_000)
  t.equal(buf.length, 100_000)
  t.equal(buf.buffer instanceof SharedArrayBuffer, LUA_COLLECTS)
  t.equal(lua_total(), total)
  driver(
    t,
    'local kept; device.new{name = "kept", read = function() return kept end, write = function(self, b) kept = b end}',
  )
  const { file } = await open('kept')
  const check = (text: string) => {
    buf.set(Buffer.alloc(buf.length, text))
    const { length } = buf
    t.equal(
      as(() => vfs_write(file, buf, length, 0)),
      length,
    )
    buf.fill(7)
    const read = new Uint8Array(length)
    t.equal(
      as(() => vfs_read(file, read, length, 0)),
      length,
    )
    t.ok(Buffer.from(read).equals(Buffer.alloc(length, text)), text)
  }
  check('before')
  if (!LUA_COLLECTS) return
  t.not(user_memory(64 << 20).buffer, buf.buffer, 'the memory has grown')
  check('after')
})

/** How much Lua used when `mark` was called last, and where. */
const marked: { L: lua_State | null; used: number } = { L: null, used: 0 }
LUNATIK_NEWLIB(
  'marks',
  [
    {
      name: 'mark',
      func: (L) => {
        Object.assign(marked, { L, used: lua_used(L) })
        return 0
      },
    },
  ],
  null,
)

t.test('between the end of a read and its answer nothing runs that may free what it has lent', async (t) => {
  driver(
    t,
    `local mark = require("marks").mark
     local n = 0
     device.new{name = "lends", read = function(self, len)
       n = n + 1
       local garbage = ("%4d"):format(n):rep(len // 4)
       local text = garbage:sub(2) .. "!"
       mark()
       return text
     end}`,
  )
  const size = 1 << 16
  let text = ''
  const connection = new Connection(t, {
    sendv: (_buf, length, behind) => {
      // What ran would have used more, or freed some of the garbage.
      t.equal(marked.L === null ? -1 : lua_used(marked.L), marked.used)
      text = Buffer.from(behind).toString('latin1')
      return length + behind.length
    },
  })
  const fh = connection.open('lends')
  for (let n = 1; n <= 300; n++) {
    connection.start(15, {}, Connection.reading(fh, size))
    const whole = String(n)
      .padStart(4)
      .repeat(size / 4)
    if (text !== `${whole.slice(1)}!`) t.fail(`read ${n}`)
  }
})
