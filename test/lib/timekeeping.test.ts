// The time that scripts see, without Lua: what each clock makes of timers.
// process: its own
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import {
  clock_advance,
  clock_ismanual,
  clock_settime,
  type clock_t,
  ktime_get,
  ktime_get_real_ns,
  mod_timer,
} from '../../src/lib/timekeeping.js'
import { schedule_timeout } from '../../src/lib/timeout.js'
import { enqueue_task } from '../../src/runqueue.js'

function use(t: Test, clock: clock_t): void {
  clock_settime(clock)
  t.teardown(() => clock_settime('real'))
}

/** Far more than a test may take, in milliseconds. */
const hour = 3_600_000

t.test('the manual clock stands still until it is moved', async (t) => {
  use(t, 'manual')
  t.ok(clock_ismanual())
  const [begin, real] = [ktime_get(), ktime_get_real_ns()]
  const happened: string[] = []
  mod_timer(20, () => happened.push(`b ${ktime_get() - begin}`))
  mod_timer(10, () => {
    happened.push(`a ${ktime_get() - begin}`)
    mod_timer(5, () => happened.push(`a again ${ktime_get() - begin}`))
  })
  const del = mod_timer(15, () => happened.push('never'))
  mod_timer(30, () => happened.push('later'))
  await pause(40)
  t.same(happened, [])
  del()
  await clock_advance(9)
  t.same(happened, [])
  await clock_advance(20)
  t.same(happened, ['a 10', 'a again 15', 'b 20'])
  t.equal(ktime_get() - begin, 29)
  t.equal(ktime_get_real_ns() - real, 29_000_000n)
  await clock_advance(1)
  t.equal(happened.at(-1), 'later')
})

t.test('it waits for those that were woken, and one step for the other', async (t) => {
  use(t, 'manual')
  const happened: string[] = []
  mod_timer(10, () => {
    enqueue_task(() => {
      happened.push('woken')
      enqueue_task(() => happened.push('computed'), true)
    }, false)
  })
  await Promise.all([clock_advance(10).then(() => happened.push('advanced')), clock_advance(5)])
  t.same(happened, ['woken', 'computed', 'advanced'])
  t.equal(ktime_get(), 15)
})

t.test('the fast one jumps to the next timer as soon as all sleep', async (t) => {
  use(t, 'fast')
  const begin = ktime_get()
  const [first, second] = [
    new Promise<void>((r) => mod_timer(hour, r)),
    new Promise<void>((r) => mod_timer(2 * hour, r)),
  ]
  const late: number[] = []
  enqueue_task(() => late.push(ktime_get() - begin), true)
  await first
  const at = ktime_get() - begin
  t.ok(at >= hour && at < 2 * hour)
  t.ok((late[0] as number) < hour, 'not before who computes has had its turn')
  await second
  t.ok(ktime_get() - begin >= 2 * hour)
})

t.test('a timeout of 0 needs no clock, and what is left of one is told in its time', async (t) => {
  use(t, 'manual')
  await new Promise<void>((resolve) => mod_timer(0, resolve))
  const cancel = schedule_timeout(100, () => t.fail('it was ended'))
  await clock_advance(30)
  t.equal(cancel(), 70)
  await clock_advance(100)
})

t.test('the real one is the machine', async (t) => {
  use(t, 'real')
  t.notOk(clock_ismanual())
  await new Promise<void>((resolve) => mod_timer(1, resolve))
  t.ok(Math.abs(Number(ktime_get_real_ns() / 1_000_000n) - Date.now()) < 60_000)
})
