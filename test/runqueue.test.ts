import t, { type Test } from 'tap'
import {
  drive_turns,
  enqueue_task,
  need_resched,
  nr_preempted,
  nr_woken,
  run_preempted,
  run_woken,
  set_need_resched,
} from '../src/runqueue.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Has time pass by this function's result alone: on a busy machine it passes while nothing runs here. */
function clock(t: Test, now: () => number): void {
  const real = performance.now
  performance.now = now
  t.teardown(() => {
    performance.now = real
  })
}

t.test('who was woken goes first, then one of those that compute, each in its order', async (t) => {
  clock(t, () => 0)
  const ran: string[] = []
  const note = (name: string) => () => void ran.push(name)
  enqueue_task(note('computes 1'), true)
  enqueue_task(note('computes 2'), true)
  enqueue_task(note('woken 1'), false)
  enqueue_task(note('woken 2'), false)
  t.same([nr_woken(), nr_preempted(), ran], [2, 2, []], 'nothing runs in the call stack of who enqueues it')
  await turn()
  t.same(ran, ['woken 1', 'woken 2', 'computes 1'])
  await turn()
  t.same(ran.at(-1), 'computes 2')
})

t.test('those that were woken and take long together let one that computes in between', async (t) => {
  let now = 0
  clock(t, () => now)
  const ran: string[] = []
  const note = (name: string) => () => {
    ran.push(name)
    now++
  }
  enqueue_task(note('computes'), true)
  for (const name of ['woken 1', 'woken 2', 'woken 3']) enqueue_task(note(name), false)
  await turn()
  t.same(ran, ['woken 1', 'woken 2', 'computes'])
  await turn()
  t.same(ran.at(-1), 'woken 3')
})

t.test('what is taken back never runs', async (t) => {
  let ran = 0
  const cancel = enqueue_task(() => ran++, true)
  cancel()
  cancel()
  await turn()
  await turn()
  t.equal(ran, 0)
})

t.test('what wakes itself again and again lets others have their turns', async (t) => {
  let woken = 0
  let computed = 0
  const again = () => {
    if (++woken < 100) enqueue_task(again, false)
  }
  again()
  enqueue_task(() => computed++, true)
  await turn()
  t.equal(computed, 1)
  t.ok(woken < 100)
  while (nr_woken() > 0) await turn()
})

t.test('somebody else may take the turns', async (t) => {
  let told = 0
  let ran = 0
  drive_turns(() => told++)
  enqueue_task(() => ran++, false)
  enqueue_task(() => ran++, true)
  await turn()
  t.same([told, ran], [2, 0])
  run_woken()
  t.equal(ran, 1)
  run_preempted()
  run_preempted()
  t.equal(ran, 2)
  enqueue_task(() => ran++, false)
  drive_turns(null)
  await turn()
  t.equal(ran, 3, 'the event loop goes on with who is left')
})

t.test('what computes goes on where nobody waits, and nothing is due besides', async (t) => {
  const needs: boolean[] = []
  const ask = () => needs.push(need_resched())
  enqueue_task(ask, true)
  await turn()
  let due = false
  drive_turns(
    () => {},
    () => due,
  )
  for (const computes of [false, true]) {
    enqueue_task(ask, true)
    run_preempted()
    const cancel = enqueue_task(() => {}, computes)
    ask()
    cancel()
  }
  due = true
  ask()
  due = false
  set_need_resched()
  ask()
  enqueue_task(ask, true)
  run_preempted()
  drive_turns(null)
  t.same(needs, [true, false, true, false, true, true, true, false], 'it may be that the event loop has more to do')
})
