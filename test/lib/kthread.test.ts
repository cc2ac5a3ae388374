import t from 'tap'
import { EINTR } from '../../src/errno.js'
import {
  kthread_comm,
  kthread_create,
  kthread_is_deaf,
  kthread_pid,
  kthread_should_stop,
  kthread_stop,
  kthread_wait,
  wake_up_process,
} from '../../src/lib/kthread.js'
import { current, init_task } from '../../src/sched.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('a thread runs as a task of its own, and who waits is told its result after its exit', async (t) => {
  const seen: unknown[] = []
  let finish: (ret: number) => void = () => {}
  const promise = new Promise<number>((resolve) => {
    finish = resolve
  })
  const task = kthread_create(
    () => {
      seen.push(current === task, kthread_should_stop())
      return promise
    },
    'name',
    (ret, stopped) => seen.push('exit', ret, stopped),
  )
  wake_up_process(task, false)
  t.equal(current, init_task)
  t.strictSame(seen, [], 'not in the call stack of who begins it')
  await turn()
  t.equal(current, init_task)
  t.strictSame(seen, [true, false])
  kthread_wait(task, (ret) => seen.push('woken', ret))
  kthread_wait(task, () => seen.push('never'))()
  finish(7)
  await promise
  await null
  t.strictSame(seen.slice(2), ['exit', 7, false, 'woken', 7])
  t.equal(kthread_comm(task), 'name')
  t.ok((kthread_pid(task) ?? 0) > 1 << 22)
  t.strictSame([kthread_comm(init_task), kthread_pid(init_task)], [null, null])
})

t.test('is deaf once it has computed two slices since its stop, not while it waits for its turn', async (t) => {
  const task = kthread_create(
    () => new Promise(() => {}),
    'name',
    () => {},
  )
  wake_up_process(task, false)
  await turn()
  task.slices = 5
  kthread_stop(task)
  const deafAfter = (slices: number) => {
    task.on_rq = true
    task.slices = 5 + slices
    return kthread_is_deaf(task)
  }
  t.strictSame([0, 1, 2, 3].map(deafAfter), [false, false, true, true])
  kthread_stop(task)
  t.ok(kthread_is_deaf(task), 'a second stop begins nothing anew')
})

t.test('stopped before it begins, it never runs where it would wait for who stops it', async (t) => {
  const exits: unknown[] = []
  const task = kthread_create(
    () => Number(t.fail('it runs')),
    'name',
    (ret, stopped) => exits.push(ret, stopped),
  )
  wake_up_process(task, true)
  kthread_stop(task)
  t.strictSame(exits, [])
  await turn()
  t.strictSame(exits, [-EINTR, true])
})

t.test('a sleep ends with stop; a wait for a lock does not', async (t) => {
  const task = kthread_create(
    () => 0,
    'name',
    () => {},
  )
  let woken = 0
  task.wake_up = () => woken++
  task.blocked_on = { owner: null }
  kthread_stop(task)
  t.equal(woken, 0)
  task.blocked_on = null
  kthread_stop(task)
  t.equal(woken, 1)
})
