import { readFileSync } from 'node:fs'
import t from 'tap'
import { task_struct } from '../../src/sched.js'
import { O_NONBLOCK, O_RDWR } from '../../src/vfs/fs.js'
import { runtime } from '../lunatik/states.js'
import { closeAll, open, WAITS } from './devices.js'
import '../../src/lib/libs.js'

t.afterEach(closeAll)

/** The task of a program. */
const program = (uid: number, gid: number, pid: number) => Object.assign(new task_struct(), { uid, gid, pid })

t.test('a callback is told who calls, also after it has slept', async (t) => {
  runtime(
    t,
    `${WAITS} require("device").new{name = "who", read = function(self)
       schedule(1) local c = self.caller
       return table.concat({tostring(c.uid), tostring(c.gid), tostring(c.pid), tostring(c.name)}, " ") end}`,
  )
  const file = await open('who')
  t.equal(await file.read(100, program(0, 1, 2)), '0 1 2 nil')
  const both = [file.read(100, program(10, 11, 12)), file.read(100, program(20, 21, 22))]
  t.strictSame(await Promise.all(both), ['10 11 12 nil', '20 21 22 nil'])
  t.equal(await file.read(100), 'nil nil nil nil', 'a transport that does not tell')
})
t.test('the name of the program, and the flags of the file that it has open', async (t) => {
  runtime(
    t,
    `require("device").new{name = "how", read = function(self)
       return tostring(self.caller.comm) .. " " .. (self.caller.flags & require("linux.fcntl").O_NONBLOCK) end}`,
  )
  const [plain, nonblocking] = [await open('how', O_RDWR), await open('how', O_RDWR | O_NONBLOCK)]
  const comm = readFileSync('/proc/self/comm', 'utf8').trim()
  t.equal(await plain.read(100, program(0, 0, process.pid)), `${comm} 0`)
  t.equal(await nonblocking.read(100, program(0, 0, process.pid)), `${comm} ${O_NONBLOCK}`)
  t.equal(await plain.read(100, program(0, 0, 2 ** 30)), 'nil 0', 'a program that has gone')
})
t.test('a driver’s own field of that name is left alone', async (t) => {
  runtime(t, 'require("device").new{name = "own", caller = "mine", read = function(self) return self.caller end}')
  t.equal(await (await open('own')).read(), 'mine')
})
