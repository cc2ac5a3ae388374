// The notifications are written to a file: each makes it longer.
import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import {
  STATE_BYTES,
  STATE_COUNT,
  STATE_DUE,
  STATE_END,
  STATE_IDLE,
  STATE_SEQ,
  STATE_WAKE,
  Waker,
} from '../../src/fuse/dev-fuse-wake.js'
import { FUSE_OUT_HEADER, NOTIFY_RETRIEVE } from '../../src/fuse/protocol.js'

/** How long anything may take, in milliseconds: no machine reaches it. */
const patience = 60_000
/** Later than any test waits, in milliseconds. */
const hour = 3_600_000

/** A waker, and the thread's side of it. */
function waking(t: Test) {
  const path = join(tmpdir(), `lunatik-wake-${process.pid}`)
  const fd = openSync(path, 'w+', 0o600)
  unlinkSync(path)
  const state = new SharedArrayBuffer(STATE_BYTES)
  const words = new Int32Array(state)
  const due = new Float64Array(state)
  due[STATE_DUE] = Number.POSITIVE_INFINITY
  due[STATE_WAKE] = 5
  const waker = new Waker(fd, state)
  t.teardown(() => {
    waker.close()
    closeSync(fd)
  })
  const change = () => {
    Atomics.add(words, STATE_SEQ, 1)
    Atomics.notify(words, STATE_SEQ)
  }
  const count = () => fstatSync(fd).size / (FUSE_OUT_HEADER + NOTIFY_RETRIEVE.BYTES)
  return {
    waker,
    words,
    due,
    change,
    setDue: (at: number) => {
      due[STATE_DUE] = at
      change()
    },
    count,
    counted: async (n: number) => {
      for (const end = Date.now() + patience; count() < n && Date.now() < end; ) await pause(2)
      return count()
    },
  }
}

t.test('a thread is woken when it is due, once for each time', async (t) => {
  const { setDue, counted } = waking(t)
  setDue(Date.now() + 20)
  t.equal(await counted(1), 1)
  setDue(Date.now() + 1)
  t.equal(await counted(2), 2)
})
t.test('a nearer time takes the place of one that is far', async (t) => {
  const { setDue, counted } = waking(t)
  setDue(Date.now() + hour)
  await pause(5)
  setDue(Date.now() + 5)
  t.equal(await counted(1), 1)
})
t.test('a time further off than timers know wakes nobody early', async (t) => {
  const { setDue, count } = waking(t)
  // Node's timers take what they don't know for 1 ms.
  const warnings: string[] = []
  const note = ({ name }: Error) => void warnings.push(name)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  setDue(Date.now() + 1e12)
  await pause(20)
  t.equal(count(), 0)
  t.strictSame(warnings, [])
})
t.test('changes that come one upon the other keep no time from being due', async (t) => {
  const { setDue, change, counted } = waking(t)
  setDue(Date.now() + 10)
  const timer = setInterval(change, 0)
  t.teardown(() => clearInterval(timer))
  t.equal(await counted(1), 1)
})
t.test('one that wants to know of a pause is woken once there is one', async (t) => {
  const { words, change, counted } = waking(t)
  words[STATE_IDLE] = 1
  change()
  for (let i = 0; i < 20; i++) {
    words[STATE_COUNT] = i
    await pause(1)
  }
  t.equal(await counted(1), 1)
  t.equal(words[STATE_IDLE], 0)
})
t.test('whom no node wakes is left alone, and so is one that has left its loop', async (t) => {
  const { waker, words, due, setDue, change, count } = waking(t)
  due[STATE_WAKE] = 0
  waker.wake()
  setDue(Date.now())
  await pause(5)
  t.equal(count(), 0)
  due[STATE_WAKE] = 5
  words[STATE_END] = 1
  change()
  await pause(5)
  setDue(Date.now())
  await pause(5)
  t.equal(count(), 0)
  waker.wake()
  t.equal(count(), 1, 'a message still wakes it')
  waker.close()
  waker.wake()
  t.equal(count(), 1, 'and none once the descriptor may be closed')
})
