import t from 'tap'
import { Watchdog } from '../../src/kernel/watchdog.js'

/** A watchdog of a thread whose processor time and signs of life the test sets. */
function watched(t: { teardown(f: () => void): void }, limit = 1000) {
  const state = { cpu: 0, progress: 0, pokes: 0, barks: 0, closed: false, onNow: () => {} }
  const dog = new Watchdog(
    {
      now: () => {
        state.onNow()
        return state.cpu
      },
      close: () => {
        state.closed = true
      },
    },
    {
      progress: () => state.progress,
      poke: () => void state.pokes++,
      limit: () => limit,
      bark: () => void state.barks++,
    },
  )
  t.teardown(() => dog.close())
  const look = (cpu: number) => {
    state.cpu = cpu
    return dog.look()
  }
  return { state, look }
}

t.test('a thread that gets no processor is left alone, however long it is away', async (t) => {
  const { state, look } = watched(t)
  for (let i = 0; i < 1000; i++) look(50)
  t.equal(state.barks, 0)
  t.equal(state.pokes, 0, 'it is not even asked')
})

t.test('one that works without a sign of life is asked once, then given up at the limit', async (t) => {
  const { state, look } = watched(t)
  look(100)
  look(500)
  t.equal(state.pokes, 1)
  look(999)
  t.equal(state.barks, 0)
  look(1000)
  t.equal(state.barks, 1)
  t.ok(state.closed, 'its clock is closed')
})

t.test('a sign of life begins the time anew', async (t) => {
  const { state, look } = watched(t)
  look(900)
  state.progress++
  look(1800)
  look(2700)
  t.equal(state.barks, 0)
  t.equal(state.pokes, 2)
  look(2800)
  t.equal(state.barks, 1)
})

t.test('one that sleeps is seldom looked at, but in time for it to be asked', async (t) => {
  const { state, look } = watched(t, 8000)
  t.equal(look(10), 500, 'it works')
  t.equal(look(10), 3990, 'it sleeps')
  t.equal(look(4000), 500)
  t.equal(state.pokes, 1)
  state.progress++
  look(4000)
  t.equal(look(4000), 4000)
  t.equal(state.barks, 0)
  const { look: brief } = watched(t, 500)
  t.equal(brief(0), 500, 'never more often than one that works')
  const { look: endless } = watched(t, Number.POSITIVE_INFINITY)
  t.equal(endless(0), 5000)
})

t.test('it looks by itself, until it barks', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timers()
  const { state } = watched(t, 0)
  t.equal(timers(), before + 1)
  await new Promise<void>((resolve) => {
    state.onNow = () => setImmediate(resolve)
  })
  t.equal(state.barks, 1)
  t.equal(timers(), before)
})
