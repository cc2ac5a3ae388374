import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import '../../src/lib/libs.js'
import { kthread_create, kthread_pid, wake_up_process } from '../../src/lib/kthread.js'
import { interrupt_task, task_struct } from '../../src/sched.js'
import { as, until } from './devices.js'
import { agrees, evaluate, evaluator } from './eval.js'

const more = `
signal = require("signal")
function states(sig) return signal.sigstate(sig), signal.sigstate(sig, "pending"), signal.sigstate(sig, "allowed") end
`
const [USR1, CONT, STOP, KILL] = [10, 18, 19, 9]

/** A process that is stopped, so that what it is sent waits. */
async function stopped(t: Test) {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  const pid = child.pid as number
  t.teardown(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  return { pid, exited }
}

/** A line of /proc/PID/status. */
const status = (pid: number, name: string) =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? ''

t.test('a mask is changed as sigprocmask does, for the call', async (t) => {
  const r = evaluator(t, true, more)
  const task = new task_struct()
  as(() => {
    agrees(
      t,
      r,
      `
      keys(signal)  =>  "kill sigmask sigpending sigstate"
      states(10)  =>  false  false  true
      (function() signal.sigmask(10) signal.sigmask(64, 0) return states(10) end)()  =>  true  false  false
      (function() signal.sigmask(10, 1) return signal.sigstate(10), signal.sigstate(64) end)()  =>  false  true
      (function() signal.sigmask(15, 2) return signal.sigstate(64), signal.sigstate(15) end)()  =>  false  true
      signal.sigmask(10, 99)  =>  ERROR "EINVAL"
      signal.sigmask(10, -1)  =>  ERROR "EINVAL"
      signal.sigmask(0)  =>  ERROR "EINVAL"
      signal.sigmask(65)  =>  ERROR "EINVAL"
      signal.sigstate(0), signal.sigstate(65), signal.sigstate(-1, "allowed")  =>  false  false  true
      signal.sigstate(10, "nosuch")  =>  ERROR "chunk:1: bad argument #2 to 'sigstate' (invalid option 'nosuch')"
      signal.sigpending()  =>  false
      `,
    )
  }, task)
  t.equal(task.blocked, 1n << 14n)
  t.equal(
    as(() => evaluate(r, 'signal.sigstate(15)')),
    'false',
    'another call has its own',
  )
})

t.test("a program's signals are its own, read from the machine", async (t) => {
  const r = evaluator(t, true, more)
  const { pid, exited } = await stopped(t)
  const task = new task_struct()
  task.pid = pid
  const ev = (expression: string) => as(() => evaluate(r, expression), task)
  t.equal(ev(`signal.kill(${pid}, 0), signal.kill(${pid}, ${STOP})`), 'true  true')
  await until(t, () => status(pid, 'State').startsWith('T'))
  t.equal(ev('signal.sigpending()'), 'false')
  t.equal(ev(`signal.kill(${pid}, ${USR1}), signal.sigpending()`), 'true  true')
  t.equal(ev(`signal.sigstate(${USR1}, "pending")`), 'false', 'it waits for any thread of the program, as on a kernel')
  t.equal(ev(`(function() signal.sigmask(${USR1}) return signal.sigpending() end)()`), 'false')
  t.equal(ev(`signal.kill(${pid})`), 'true')
  t.strictSame(await exited, [null, 'SIGKILL'])
  t.equal(ev(`signal.kill(${pid}, 0)`), 'ERROR "ESRCH"')
  t.equal(ev('signal.sigpending()'), 'false', 'of one that has gone there are none')
})

t.test('what is no process or no signal, and the server itself', async (t) => {
  const r = evaluator(t, true, more)
  agrees(
    t,
    r,
    `
    signal.kill(999999999)  =>  ERROR "ESRCH"
    signal.kill(0, 0)  =>  ERROR "ESRCH"
    signal.kill(-1, 0)  =>  ERROR "ESRCH"
    signal.kill(${process.pid}, 65)  =>  ERROR "EINVAL"
    signal.kill(${process.pid}, -1)  =>  ERROR "EINVAL"
    signal.kill(${process.pid}, 0)  =>  true
    signal.kill(${process.pid}, ${USR1})  =>  ERROR "EPERM"
    signal.kill(${process.pid})  =>  ERROR "EPERM"
    signal.kill(${process.ppid}, ${CONT})  =>  ERROR "EPERM"
    signal.kill()  =>  ERROR "chunk:1: bad argument #1 to 'kill' (number expected, got no value)"
    `,
  )
})

t.test('a thread gets signals as well, which end its sleep unless it blocks them', async (t) => {
  const r = evaluator(t, true, more)
  let end = () => {}
  const task = kthread_create(
    () =>
      new Promise((resolve) => {
        end = () => resolve(0)
      }),
    'thread',
    () => {},
  )
  const pid = kthread_pid(task) as number
  wake_up_process(task, false)
  const woken: boolean[] = []
  task.wake = (force) => woken.push(force) > 0
  const ev = (expression: string) => as(() => evaluate(r, expression), task)
  t.equal(
    ev(`(function() signal.sigmask(${USR1}) return signal.kill(${pid}, ${USR1}), states(${USR1}) end)()`),
    'true  true  true  false',
  )
  t.equal(ev(`signal.kill(${pid}, 0), signal.sigpending()`), 'true  false')
  await new Promise(setImmediate)
  t.strictSame(woken, [])
  t.equal(ev(`signal.kill(${pid}, ${KILL}), signal.sigpending()`), 'true  true')
  t.strictSame(woken, [], 'not in the call stack of who wakes it')
  await until(t, () => woken.length > 0)
  t.strictSame(woken, [false])
  end()
  await until(t, () => evaluate(r, `signal.kill(${pid}, 0)`) === 'ERROR "ESRCH"')
  t.equal(interrupt_task(new task_struct(), false), false)
})
