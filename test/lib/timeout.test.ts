import t from 'tap'
import { MAX_JIFFY_OFFSET, msecs_to_jiffies, schedule_timeout } from '../../src/lib/timeout.js'

t.test('milliseconds count modulo 2^32, negative ones have no end', async (t) => {
  t.equal(msecs_to_jiffies(60n), 60)
  t.equal(msecs_to_jiffies(1n << 32n), 0)
  t.equal(msecs_to_jiffies((1n << 32n) + 60n), 60)
  t.equal(msecs_to_jiffies(-1n), null)
  t.equal(msecs_to_jiffies(1n << 31n), null)
  t.equal(msecs_to_jiffies((1n << 31n) - 1n), 2147483647)
  t.equal(msecs_to_jiffies(MAX_JIFFY_OFFSET), null)
})

t.test('a timeout wakes once it is over, not once it is cancelled', async (t) => {
  const began = performance.now()
  t.equal(await new Promise((wake) => schedule_timeout(30, wake)), 0)
  t.ok(performance.now() - began >= 29)
  let woken = false
  const cancel = schedule_timeout(1, () => {
    woken = true
  })
  t.equal(cancel(), 1)
  const remaining = schedule_timeout(5000, () => {})()
  t.ok(remaining >= 1 && remaining <= 5000, `${remaining}`)
  schedule_timeout(null, () => {
    woken = true
  })()
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(woken, false)
})
