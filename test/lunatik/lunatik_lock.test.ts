import t from 'tap'
import { EDEADLK, EINTR } from '../../src/errno.js'
import { lunatik_lock } from '../../src/lunatik/lunatik_lock.js'
import { set_current } from '../../src/sched.js'
import { logged } from './states.js'

t.test('trylock takes a free lock once', async (t) => {
  const lock = new lunatik_lock(true)
  t.ok(lock.trylock())
  t.ok(lock.locked && lock.running)
  t.notOk(lock.trylock())
  lock.unlock()
  t.notOk(lock.locked)
  t.ok(lock.trylock())
})

t.test('lock in a section of the same lock gives -EDEADLK', async (t) => {
  const log = logged(t)
  const lock = new lunatik_lock(false)
  lock.trylock()
  t.equal(
    lock.lock(() => 1),
    -EDEADLK,
  )
  t.match(log, [/recursive/])
})

t.test('a sleeping section keeps others waiting, without being called running', async (t) => {
  const lock = new lunatik_lock(true)
  lock.trylock()
  let wake = (_: number) => {}
  const sleeping = lock.unlockAfter(
    new Promise<number>((resolve) => {
      wake = resolve
    }),
  )
  t.ok(lock.locked)
  t.notOk(lock.running)
  t.notOk(lock.trylock())
  const waiting = lock.lock(() => 2)
  wake(1)
  t.equal(await sleeping, 1)
  t.equal(await waiting, 2)
  t.notOk(lock.locked)
})

t.test('a waiter whose program has gone never runs', async (t) => {
  const lock = new lunatik_lock(true)
  lock.trylock()
  const sleeping = lock.unlockAfter(Promise.resolve(1))
  const task = { aborted: false }
  set_current(task)
  let ran = false
  const waiting = lock.lock(() => {
    ran = true
    return 0
  })
  task.aborted = true
  await sleeping
  t.equal(await waiting, -EINTR)
  t.notOk(ran)
})

t.test('a section that rejects gives the lock back', async (t) => {
  const lock = new lunatik_lock(true)
  lock.trylock()
  await t.rejects(lock.unlockAfter(Promise.reject(new Error('x'))), /x/)
  t.ok(lock.trylock())
})
