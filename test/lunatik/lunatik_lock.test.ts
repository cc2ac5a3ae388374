import t from 'tap'
import { EDEADLK, EINTR } from '../../src/errno.js'
import { lunatik_locker } from '../../src/lunatik/lunatik_lock.js'
import { init_task, set_current, task_struct } from '../../src/sched.js'
import { logged } from './states.js'

/** Makes a new task the current one until the test ends. */
function as(t: { teardown(f: () => void): void }): task_struct {
  const task = new task_struct()
  set_current(task)
  t.teardown(() => set_current(init_task))
  return task
}

t.test('trylock takes a free lock once', async (t) => {
  const lock = new lunatik_locker(true)
  t.ok(lock.trylock())
  t.ok(lock.locked && lock.running)
  t.notOk(lock.trylock())
  lock.unlock()
  t.notOk(lock.locked)
  t.ok(lock.trylock())
})

t.test('lock in a section of the same lock gives -EDEADLK', async (t) => {
  const log = logged(t)
  const lock = new lunatik_locker(false)
  lock.trylock()
  t.equal(lock.lock(), -EDEADLK)
  t.match(log, [/recursive/])
})

t.test('a sleeping section keeps others waiting, without being called running', async (t) => {
  const lock = new lunatik_locker(true)
  lock.trylock()
  lock.sleeps()
  t.ok(lock.locked)
  t.notOk(lock.running)
  t.notOk(lock.trylock())
  const order: number[] = []
  const first = Promise.resolve(lock.lock()).then((ret) => order.push(1, ret))
  const second = Promise.resolve(lock.lock()).then((ret) => order.push(2, ret))
  lock.unlock()
  t.notOk(lock.trylock(), 'it is the waiter’s')
  await first
  t.strictSame(order, [1, 0])
  lock.unlock()
  await second
  t.strictSame(order, [1, 0, 2, 0])
  lock.unlock()
  t.notOk(lock.locked)
})

t.test('a lock that is taken again at once, while the queue still ends, is waited for', async (t) => {
  const lock = new lunatik_locker(true)
  lock.trylock()
  lock.sleeps()
  const waiting = lock.lock()
  lock.unlock()
  await waiting
  lock.unlock()
  t.ok(lock.trylock())
  lock.sleeps()
  const again = lock.lock()
  lock.unlock()
  t.equal(await again, 0)
})

t.test('a waiter whose program has gone never gets it', async (t) => {
  const lock = new lunatik_locker(true)
  lock.trylock()
  lock.sleeps()
  const task = as(t)
  const waiting = lock.lock()
  task.aborted = true
  lock.unlock()
  t.equal(await waiting, -EINTR)
  t.notOk(lock.locked)
})

t.test('a task that holds a lock asleep and asks for it again gets -EDEADLK', async (t) => {
  logged(t)
  const lock = new lunatik_locker(true)
  as(t)
  lock.trylock()
  lock.sleeps()
  t.equal(lock.lock(), -EDEADLK)
})

t.test('two tasks that hold what the other waits for: the second gets -EDEADLK', async (t) => {
  logged(t)
  const [a, b] = [new lunatik_locker(true), new lunatik_locker(true)]
  const [one, two] = [as(t), as(t)]
  set_current(one)
  a.trylock()
  a.sleeps()
  set_current(two)
  b.trylock()
  b.sleeps()
  const waiting = a.lock()
  set_current(one)
  t.equal(b.lock(), -EDEADLK)
  a.unlock()
  t.equal(await waiting, 0)
})

t.test('what runs outside of system calls is no one task: it may hold a lock and wait for it', async (t) => {
  const lock = new lunatik_locker(true)
  lock.trylock()
  lock.sleeps()
  const outside = lock.lock()
  as(t)
  const task = lock.lock()
  set_current(init_task)
  lock.unlock()
  t.equal(await outside, 0)
  lock.unlock()
  t.equal(await task, 0)
  lock.unlock()
})
