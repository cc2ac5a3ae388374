import t, { type Test } from 'tap'
import { lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { DEFAULT_POLLMASK, EPOLLERR, EPOLLIN, EPOLLOUT } from '../../src/vfs/fs.js'
import { vfs_poll } from '../../src/vfs/ioctl.js'
import { logged, runtime } from '../lunatik/states.js'
import { as, callF, closeAll, open, WAITS } from './devices.js'
import '../../src/lib/libs.js'

t.afterEach(closeAll)

/** Opens a device whose driver has that `poll`; gives poll(2) on it, and calls of the script's functions. */
async function device(t: Test, poll: string, rest = '') {
  const r = runtime(
    t,
    `${WAITS} local dev = require("device").new{name = "dev", poll = ${poll}}
     function f() dev:notify() end ${rest}`,
  )
  const { file } = await open('dev')
  return {
    poll: async (wake: (() => void) | null = null) => as(() => vfs_poll(file, wake)),
    notify: () => callF(r),
    call: (name: string) => callF(r, undefined, name),
    r,
  }
}

t.test('poll gives the bits that the driver says, also after a sleep', async (t) => {
  const { poll } = await device(
    t,
    `function(self)
       self.calls = (self.calls or 0) + 1
       if self.calls == 2 then schedule(1) end
       return ({${EPOLLIN}, ${EPOLLOUT}, 0, 0xffff})[self.calls]
     end`,
  )
  t.equal(await poll(), EPOLLIN)
  t.equal(await poll(), EPOLLOUT)
  t.equal(await poll(), 0)
  t.equal(await poll(), 0xffff)
  t.equal(await poll(), DEFAULT_POLLMASK, 'nothing is what a device without poll says')
})
t.test('what is no mask, an error and a stopped device are EPOLLERR', async (t) => {
  const log = logged(t)
  const { poll, call } = await device(
    t,
    `function(self)
       self.calls = (self.calls or 0) + 1
       if self.calls > 4 then error("no") end
       return ({-1, 0x10000, "x", {}})[self.calls]
     end`,
    'function stop() dev:stop() end',
  )
  for (let i = 0; i < 5; i++) t.equal(await poll(), EPOLLERR)
  t.match(log, [...Array(4).fill(/no mask of linux\.poll: poll/), /: no: poll$/])
  await call('stop')
  t.equal(await poll(), EPOLLERR)
})
/** Another open file of that device: poll(2) on it, and its last close. */
async function another() {
  const opened = await open('dev')
  return {
    poll: async (wake: (() => void) | null = null) => as(() => vfs_poll(opened.file, wake)),
    close: () => opened.close(),
  }
}

t.test('notify wakes who waits, once, and nobody else', async (t) => {
  const { poll, notify } = await device(t, 'function() return 0 end')
  const other = await another()
  const woken: string[] = []
  await poll(() => woken.push('one'))
  await other.poll(() => woken.push('two'))
  await poll()
  t.strictSame(woken, [])
  await notify()
  t.strictSame(woken, ['one', 'two'])
  await notify()
  t.strictSame(woken, ['one', 'two'], 'who still waits asks again')
  await poll(() => woken.push('three'))
  await notify()
  t.strictSame(woken, ['one', 'two', 'three'])
})
t.test('a file waits once, however often it has asked, and no more when it is closed', async (t) => {
  const { poll, notify } = await device(t, 'function() return 0 end')
  const other = await another()
  const woken: string[] = []
  for (let i = 0; i < 1000; i++) await poll(() => woken.push('one'))
  await other.poll(() => woken.push('two'))
  await other.close()
  await notify()
  t.strictSame(woken, ['one'])
})
for (const how of ['device', 'script']) {
  t.test(`a ${how} that is stopped wakes who waits, who then gets EPOLLERR`, async (t) => {
    logged(t)
    const { poll, call, r } = await device(t, 'function() return 0 end', 'function stop() dev:stop() end')
    const woken: string[] = []
    t.equal(await poll(() => woken.push('one')), 0)
    if (how === 'device') await call('stop')
    else lunatik_stop(r)
    t.strictSame(woken, ['one'])
    t.equal(await poll(), EPOLLERR)
  })
}
t.test('who is told while the driver is being asked waits for more', async (t) => {
  const { poll } = await device(t, 'function() if not told then told = true f() end return 0 end')
  const woken: string[] = []
  await poll(() => woken.push('told'))
  t.strictSame(woken, ['told'], 'what came meanwhile is not lost')
  await poll(() => woken.push('again'))
  t.strictSame(woken, ['told'])
})
t.test('notify is a method of a device alone', async (t) => {
  const r = runtime(
    t,
    'local d = require("device").new{name = "dev"} function f() return select(2, pcall(d.notify, 5)) end',
  )
  t.match(await callF(r), /^bad argument #1 to '.*'/)
})
