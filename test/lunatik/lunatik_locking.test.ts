// variants: default
import t from 'tap'
import { EDEADLK, EINTR } from '../../src/errno.js'
import { lunatik_handle, lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { lunatik_lock, lunatik_trylock, lunatik_unlock } from '../../src/lunatik/lunatik_locking.js'
import {
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  lunatik_createobject,
  type lunatik_object_t,
} from '../../src/lunatik/lunatik_obj.js'
import { init_task, set_current, task_struct } from '../../src/sched.js'
import { logged, runtime } from './states.js'

const object = (opt: number) => lunatik_createobject({ name: 'thing', opt }, 0, LUNATIK_OPT_NONE) as lunatik_object_t

t.test('a free lock is taken at once, and given back', async (t) => {
  const o = object(LUNATIK_OPT_MONITOR)
  t.equal(lunatik_lock(o), 0)
  t.equal(o.lock.locked, true)
  t.equal(lunatik_trylock(o), 0)
  lunatik_unlock(o)
  t.equal(o.lock.locked, false)
  t.equal(lunatik_trylock(o), 1)
  lunatik_unlock(o)
})

t.test('an object without MONITOR has no lock to be tried', async (t) => {
  const o = object(LUNATIK_OPT_NONE)
  t.equal(lunatik_trylock(o), 1)
  t.equal(lunatik_trylock(o), 1)
  t.equal(o.lock.locked, false)
})

t.test('who waits gets the lock when it is given back, in the order of arrival', async (t) => {
  const o = object(LUNATIK_OPT_MONITOR)
  t.equal(lunatik_lock(o), 0)
  await null
  const order: string[] = []
  const [a, b] = ['a', 'b'].map(async (name) => {
    t.equal(await lunatik_lock(o), 0)
    order.push(name)
    lunatik_unlock(o)
  })
  await null
  t.same(order, [])
  lunatik_unlock(o)
  await Promise.all([a, b])
  t.same(order, ['a', 'b'])
  t.equal(o.lock.locked, false)
})

t.test('who holds it and asks again is told so', async (t) => {
  const log = logged(t)
  const o = object(LUNATIK_OPT_MONITOR)
  lunatik_lock(o)
  t.equal(lunatik_lock(o), -EDEADLK)
  t.match(log, [/possible recursive locking detected/])
  lunatik_unlock(o)
  lunatik_unlock(o)
  t.equal(log[1], "lunatik: unlock of a 'thing' object that nobody has locked")
})

t.test('a program that has gone gets EINTR', async (t) => {
  const o = object(LUNATIK_OPT_MONITOR)
  lunatik_lock(o)
  await null
  const task = new task_struct()
  set_current(task)
  const wait = lunatik_lock(o)
  set_current(init_task)
  task.aborted = true
  lunatik_unlock(o)
  t.equal(await wait, -EINTR)
  t.equal(o.lock.locked, false)
})

t.test('a runtime that is locked is run by lunatik_handle alone, and others wait', async (t) => {
  const r = runtime(t, '')
  t.equal(lunatik_lock(r), 0)
  t.equal(
    lunatik_handle(r, () => 7),
    7,
  )
  await null
  const later = lunatik_run(r, () => 8)
  t.type(later, Promise)
  lunatik_unlock(r)
  t.equal(await later, 8)
})
