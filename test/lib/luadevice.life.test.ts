// A device from its script's loading to its end: opening, sharing one lock, stopping.
import t, { type Test } from 'tap'
import { ECANCELED, EDEADLK, ENOENT, ENXIO } from '../../src/errno.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, lunatik_ledger, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { abort_task, task_struct } from '../../src/sched.js'
import { O_RDONLY } from '../../src/vfs/fs.js'
import { logged, runtime, scripts } from '../lunatik/states.js'
import { as, closeAll, open, pause, sleeping, tryOpen, until, WAITS } from './devices.js'
import '../../src/lib/luadevice.js'
import '../../src/lib/luarcu.js'

t.afterEach(closeAll)

/** A runtime whose script starts with `device` and `schedule` at hand. */
const driver = (t: Test, text: string): lunatik_object_t =>
  runtime(t, `${WAITS} local device = require("device") ${text}`)

t.test('an open that fails is ECANCELED, and has no release; its reference on the runtime is put back', async (t) => {
  const log = logged(t)
  const r = driver(
    t,
    `
local n = 0
device.new{name = "erropen",
  open = function(self) n = n + 1; print("open", n); if n % 2 == 1 then error("no open " .. n) end return false end,
  release = function(self) print("release", n) end,
  read = function(self) return "r" .. n end}`,
  )
  t.equal(await tryOpen('erropen', O_RDONLY), -ECANCELED)
  t.equal(r.kref, 1)
  const file = await open('erropen', O_RDONLY)
  t.equal(r.kref, 2)
  t.equal(await file.read(10), 'r2')
  t.equal(await file.close(), 0)
  t.equal(r.kref, 1)
  t.strictSame(log, [
    'open\t1',
    `luadevice: ${lunatik_conf.root[0]}/script.lua:4: no open 1: open`,
    'open\t2',
    'release\t2',
  ])
})

t.test('an open that fails after it has slept puts its reference back too', async (t) => {
  logged(t)
  const r = driver(t, 'device.new{name = "late", open = function() schedule(1) error("late") end}')
  t.equal(await tryOpen('late'), -ECANCELED)
  t.equal(r.kref, 1)
})

t.test('every callback may sleep, and the position is right after it', async (t) => {
  const log = logged(t)
  driver(
    t,
    `device.new{name = "naps", open = function() schedule(1) end, release = function() schedule(1) print("released") end,
       read = function(self, len, off) schedule(1) return "at" .. off end,
       write = function(self, buf, off) schedule(1) return 2, off + 10 end}`,
  )
  const file = await open('naps')
  t.strictSame(
    [await file.read(), await file.write('xyz'), await file.read(2), await file.read()],
    ['at0', 2, 'at', 'at15'],
  )
  t.equal(await file.close(), 0)
  t.strictSame(log, ['released'])
})

t.test('one lock per script: its devices wait for each other, in order, and other scripts do not', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local n = 0
     local function nap(self) n = n + 1; local me = n; print("enter", me, self.name); schedule(20); print("leave", me); return "r" .. me end
     device.new{name = "slow", read = nap} device.new{name = "slow2", read = nap, open = function() print("open") end}`,
  )
  const one = await open('slow')
  driver(t, 'device.new{name = "quick", read = function() print("quick") return "q" end}')
  const quick = await open('quick')
  const reads = [one.read(), tryOpen('slow2').then((f) => (typeof f === 'number' ? f : f.read())), one.pread(10, 0)]
  t.equal(await quick.read(), 'q')
  t.strictSame(await Promise.all(reads), ['r1', 'r3', 'r2'])
  t.strictSame(log, [
    'enter\t1\tslow',
    'quick',
    'leave\t1',
    'open',
    'enter\t2\tslow',
    'leave\t2',
    'enter\t3\tslow2',
    'leave\t3',
  ])
})

t.test('dev:stop takes the device away: its files get ENXIO, close succeeds, and the script goes on', async (t) => {
  const log = logged(t)
  const r = driver(
    t,
    `local dev
     device.new{name = "stays", read = function() return "stays" end}
     dev = device.new{name = "stopm", release = function() print("release") end, read = function() return "alive" end,
       write = function(self, buf) dev:stop() print("stopped") end}
     print(type(dev))`,
  )
  const [one, two] = [await open('stopm'), await open('stopm')]
  t.equal(await one.read(10), 'alive')
  t.equal(await one.write('stop'), 4)
  t.equal(await tryOpen('stopm'), -ENOENT)
  t.equal(await one.read(), -ENXIO)
  t.equal(await two.write('x'), -ENXIO)
  t.equal(await one.close(), 0)
  t.equal(await two.close(), 0)
  t.equal(await (await open('stays')).read(), 'stays')
  t.strictSame(log, [
    'userdata',
    'stopped',
    "luadevice: read: couldn't find driver",
    "luadevice: write: couldn't find driver",
    "luadevice: release: couldn't find driver",
    "luadevice: release: couldn't find driver",
  ])
  t.equal(lunatik_ledger().filter((o) => o.class === 'device').length, 2)
  lunatik_stop(r)
})

t.test('stopping a device again is no error, and its name is free', async (t) => {
  const log = logged(t)
  driver(
    t,
    `local dev = device.new{name = "again"} dev:stop() print(pcall(dev.stop, dev))
     device.new{name = "again", read = function() return "new" end} print(select(2, pcall(dev.stop, {})))
     print(select(2, pcall(dev.stop, require("rcu").table())))
     local keys = {} for k in pairs(getmetatable(dev)) do keys[#keys + 1] = k end table.sort(keys)
     print(table.concat(keys, " "), type(dev.notify), dev.nosuch)`,
  )
  t.equal(await (await open('again')).read(), 'new')
  t.match(log, ['true', /invalid object/, /invalid object/, '__gc __index stop\tfunction\tnil'])
})

t.test('a device lives without anything in Lua that names it', async (t) => {
  driver(
    t,
    'device.new{name = "gcdev", read = function() return "g" end, write = function() collectgarbage() end} collectgarbage()',
  )
  const file = await open('gcdev')
  t.equal(await file.write('x'), 1)
  t.equal(await file.read(3), 'g')
})

t.test('a script that is stopped: its files get ENXIO, release never runs, also after it is run again', async (t) => {
  const log = logged(t)
  const text =
    'device.new{name = "idle", release = function() print("release") end, read = function() return "i" end} setmetatable({}, {__gc = function() print("gc") end})'
  const r = driver(t, text)
  const [old, other] = [await open('idle'), await open('idle')]
  lunatik_stop(r)
  t.equal(await tryOpen('idle'), -ENOENT)
  t.equal(await old.read(), -ENXIO)
  t.equal(await old.write('x'), -ENXIO)
  const again = driver(t, text)
  t.equal(await old.read(), -ENXIO)
  t.equal(await (await open('idle')).read(), 'i')
  t.equal(await old.close(), 0)
  t.strictSame(
    lunatik_ledger().map((o) => o.kref),
    [1, 2, 1],
  )
  t.equal(await other.close(), 0)
  t.equal(r.kref, 0)
  lunatik_stop(again)
  t.strictSame(log, ['gc', 'gc'])
})

t.test('a script that is stopped while its callbacks sleep and wait: ENXIO, and nothing is left', async (t) => {
  const log = logged(t)
  const r = driver(t, 'device.new{name = "busy", read = function() schedule(60000) return "x" end}')
  const file = await open('busy')
  const calls = [file.read(), file.read(), tryOpen('busy')]
  t.equal(sleeping.count, 1)
  lunatik_stop(r)
  t.strictSame(await Promise.all(calls), [-ENXIO, -ENXIO, -ENXIO])
  t.equal(sleeping.count, 0)
  await file.close()
  t.strictSame(lunatik_ledger(), [])
  t.strictSame(log, [])
})

t.test('a device of a script that is loading is there, but gives ENXIO to who opens it', async (t) => {
  const log = logged(t)
  scripts(t, {
    'slowload.lua': `${WAITS} require("device").new{name = "slowload", read = function() return "ready" end}
       schedule(30) print("load done")`,
  })
  const made = as(() => lunatik_newruntime('slowload', LUNATIK_OPT_NONE))
  t.equal(await tryOpen('slowload', O_RDONLY), -ENXIO)
  t.strictSame(log, [])
  const { runtime: r } = await made
  t.equal((r as lunatik_object_t).kref, 1)
  const file = await open('slowload', O_RDONLY)
  t.equal(await file.read(10), 'ready')
  await file.close()
  t.equal(lunatik_stop(r as lunatik_object_t), 1)
})

t.test('a read whose program has gone moves nothing, and the next one is served', async (t) => {
  driver(
    t,
    'device.new{name = "gone", read = function(self, len, off) return schedule(off == 0 and 60000 or 1) .. off, off + 7 end}',
  )
  const file = await open('gone')
  const task = new task_struct()
  const gone = file.read(100, task)
  await until(t, () => sleeping.count === 1)
  abort_task(task)
  t.equal(await gone, 'early0')
  t.equal(file.file.f_pos, 0)
  await pause(0)
  t.equal(sleeping.count, 0)
})

t.test('a callback that opens its own device gets EDEADLK where a kernel hangs', async (t) => {
  const { LUNATIK_NEWLIB } = await import('../../src/lunatik/lunatik_newlib.js')
  const { lookup } = await import('../../src/vfs/namei.js')
  const { vfs_open } = await import('../../src/vfs/open.js')
  const { lua_pushinteger } = await import('../../src/lua/lua.js')
  const log = logged(t)
  LUNATIK_NEWLIB(
    'opener',
    [
      {
        name: 'open',
        func: (L) => {
          const node = lookup('self')
          if (typeof node !== 'number') lua_pushinteger(L, vfs_open(node, O_RDONLY) as number)
          return 1
        },
      },
    ],
    null,
  )
  driver(t, 'device.new{name = "self", read = function() return require("opener").open() end}')
  t.equal(await (await open('self')).read(), String(-EDEADLK))
  t.match(log, [/possible recursive locking detected/])
})
