import t from 'tap'
import { task_struct } from '../../src/sched.js'
import { runtime } from '../lunatik/states.js'
import { closeAll, open, WAITS } from './devices.js'
import '../../src/lib/luadevice.js'

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
t.test('a driver’s own field of that name is left alone', async (t) => {
  runtime(t, 'require("device").new{name = "own", caller = "mine", read = function(self) return self.caller end}')
  t.equal(await (await open('own')).read(), 'mine')
})
