import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { EINTR, EIO, ENXIO } from '../../src/errno.js'
import { WaitingRequests } from '../../src/fuse/waiting.js'
import { sigmask, signal_held } from '../../src/signal.js'
import { deferred, logged, settle } from './requests.js'

/** A request that waits: what it was answered, and what settles its operation. */
function waits(requests: WaitingRequests, key: number) {
  const { task } = requests
  const answers: number[] = []
  const late: string[] = []
  const { promise, resolve, reject } = deferred<number>()
  const waiting = requests.add(
    { key, name: 'read', max: 10, ino: 0 },
    promise,
    (ret) => answers.push(ret),
    () => late.push('late'),
  )
  return { task, answers, late, resolve, reject, waiting }
}

t.test('a request that waits has a task of its own until it is answered', async (t) => {
  const requests = new WaitingRequests()
  const one = waits(requests, 1)
  const two = waits(requests, 2)
  t.equal(requests.size, 2)
  t.equal(one.waiting.task, one.task)
  t.not(one.task, two.task)
  t.not(requests.task, two.task)
  one.resolve(7)
  await settle()
  t.strictSame([one.answers, one.task.aborted, one.late], [[7], true, []])
  t.strictSame([two.answers, two.task.aborted, requests.size], [[], false, 1])
})
t.test('it is answered once', async (t) => {
  const requests = new WaitingRequests()
  const { answers, late, resolve, waiting } = waits(requests, 1)
  t.equal(waiting.end(-ENXIO), true)
  t.equal(waiting.end(3), false)
  resolve(5)
  await settle()
  t.strictSame([answers, late], [[-ENXIO], ['late']])
})
t.test('an answer that is too large, and an exception, are EIO and a line in the log', async (t) => {
  const lines = logged(t)
  const requests = new WaitingRequests()
  const large = waits(requests, 1)
  const broken = waits(requests, 2)
  large.resolve(11)
  broken.reject(new Error('broken'))
  await settle()
  t.strictSame([large.answers, broken.answers], [[-EIO], [-EIO]])
  t.match(
    lines.filter((line) => line.startsWith('err')),
    [/read: Error: broken/, /read: 11 is no answer/],
  )
})
t.test('a signal ends what bears it: the task whose sleep ends by it, or with force each', async (t) => {
  const requests = new WaitingRequests()
  const one = waits(requests, 1)
  requests.interrupt(1, false)
  requests.interrupt(99, true)
  await settle()
  t.strictSame(one.answers, [], 'it sleeps in no way that a signal ends')
  one.task.wake = () => {
    one.resolve(4)
    return true
  }
  requests.interrupt(1, false)
  await settle()
  t.strictSame(one.answers, [4], 'what it makes of the signal')
  const two = waits(requests, 2)
  requests.interrupt(2, true)
  t.strictSame(two.answers, [], 'it may still have a result')
  await settle()
  t.strictSame([two.answers, two.task.aborted], [[-EINTR], true])
})
t.test('all may be ended at once, and what they do then may wait again', async (t) => {
  const requests = new WaitingRequests()
  const answers: number[] = []
  const forever = new Promise<number>(() => {})
  for (const key of [1, 2]) {
    requests.add({ key, name: 'read', max: 0, ino: 0 }, forever, (ret) => {
      answers.push(ret)
      if (key === 1) requests.add({ key: 3, name: 'read', max: 0, ino: 0 }, forever, () => t.fail('it came later'))
    })
  }
  requests.endAll(-ENXIO)
  t.strictSame([answers, requests.size], [[-ENXIO, -ENXIO], 1])
})

t.test('a signal that a script has blocked ends no wait until it is allowed, or another one comes', async (t) => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  const pid = child.pid as number
  // What a stopped process is sent waits.
  const stopped = () => /^State:\s*T/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  child.kill('SIGSTOP')
  while (!stopped()) await settle()
  child.kill('SIGUSR1')

  const requests = new WaitingRequests()
  const { task, answers } = waits(requests, 1)
  task.pid = pid
  task.blocked = sigmask(10)
  t.equal(signal_held(task), true)
  requests.interrupt(1, true)
  await settle()
  t.strictSame(answers, [])
  child.kill('SIGUSR2')
  while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  t.strictSame(answers, [-EINTR])

  const other = waits(requests, 2)
  other.task.pid = pid
  t.equal(signal_held(other.task), false, 'a mask of its own is no matter of ours')
  requests.interrupt(2, true)
  await settle()
  t.strictSame(other.answers, [-EINTR])
})
