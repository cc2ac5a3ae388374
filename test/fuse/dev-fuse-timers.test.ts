import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'

/** What that part of dev-fuse-timers.worker.ts says, in a thread of its own. */
async function said(name: string): Promise<unknown> {
  const worker = new Worker(new URL('./dev-fuse-timers.worker.js', import.meta.url))
  worker.postMessage(name)
  const result = await Promise.race([
    once(worker, 'message', { signal: AbortSignal.timeout(120_000) }).then(([message]) => message),
    once(worker, 'error').then(([e]) => Promise.reject(e)),
  ])
  await worker.terminate()
  return result
}

t.test('nothing is due where no timer is set', async (t) => {
  t.strictSame(await said('none'), [Number.POSITIVE_INFINITY, 0, false])
})
t.test('the nearest of all timers is due; those that were cleared are not asked for long', async (t) => {
  const [due, noted, turns] = (await said('order')) as number[]
  t.ok((due as number) > 0 && (due as number) <= 100_000, `${due}`)
  t.equal(noted, 4)
  t.ok((turns as number) > 0 && (turns as number) <= 12, `${turns}`)
})
t.test('a timer fires with its arguments, and then is not due any more', async (t) => {
  t.strictSame(await said('fires'), [[1, 'two'], Number.POSITIVE_INFINITY, 0])
})
t.test('an interval is due again each time, until it is cleared', async (t) => {
  t.strictSame(await said('interval'), [3, true, 3])
})
t.test('a look finds what is due, and nothing that has fired', async (t) => {
  t.strictSame(await said('look'), [false, true, true, false, 0])
})
t.test('a cleared timer costs three turns', async (t) => {
  t.strictSame(await said('cleared'), [true, 3, 0])
})
t.test('a timer whose loop is late is due until it fires', async (t) => {
  t.strictSame(await said('late'), [true, true, Number.POSITIVE_INFINITY, 0])
})
t.test('a time that Node takes for one millisecond is due in one', async (t) => {
  t.strictSame(await said('odd'), Array(7).fill(true))
})
t.test('an immediate wants a turn until it has run', async (t) => {
  t.strictSame(await said('immediate'), [[1, 2], true, false])
})
t.test('a cleared immediate wants no turn', async (t) => {
  t.strictSame(await said('clearedImmediate'), [true, false, true])
})
