import t from 'tap'
import { Watchdog } from '../../src/kernel/watchdog.js'

/** A watchdog of a thread whose processor time and signs of life the test sets. */
function watched(t: { teardown(f: () => void): void }) {
  const state = { cpu: 0, progress: 0, pokes: 0, barks: 0, closed: false }
  const dog = new Watchdog(
    {
      now: () => state.cpu,
      close: () => {
        state.closed = true
      },
    },
    {
      progress: () => state.progress,
      poke: () => void state.pokes++,
      limit: () => 1000,
      bark: () => void state.barks++,
    },
  )
  t.teardown(() => dog.close())
  const look = (cpu: number) => {
    state.cpu = cpu
    dog.look()
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
