// Who waits for descriptors, told by the event loop and by a transport.
// process: its own
import { closeSync, readSync, writeSync } from 'node:fs'
import t, { type Test } from 'tap'
import { drive_polls, EPOLLIN, EPOLLOUT, poll_beside, poll_now, poll_wait } from '../src/eventpoll.js'
import { libc } from '../src/libc.js'
import { drive_turns, nr_woken, run_woken } from '../src/runqueue.js'

/** A pipe, closed when the test ends: where it is read and where it is written. */
function pipe(t: Test): [number, number] {
  const fds = Buffer.alloc(8)
  const call = libc((_, lib) => lib.func('pipe2', 'int', ['void *', 'int']))
  if (call === null || call(fds, 0o2000000) !== 0) throw new Error('no pipe')
  const ends: [number, number] = [fds.readInt32LE(), fds.readInt32LE(4)]
  t.teardown(() => {
    for (const fd of ends) closeSync(fd)
  })
  return ends
}

t.test('the event loop wakes whoever can read or write, once', async (t) => {
  const [out, into] = pipe(t)
  const [other] = pipe(t)
  const woken: string[] = []
  const leave = poll_wait(other, EPOLLIN, () => woken.push('other'))
  await new Promise<void>((resolve) => {
    poll_wait(into, EPOLLOUT, (ret) => {
      woken.push(`write ${ret}`)
      writeSync(into, 'x')
    })
    poll_wait(out, EPOLLIN, (ret) => {
      woken.push(`read ${ret}`)
      resolve()
    })
  })
  readSync(out, Buffer.alloc(1))
  t.strictSame(woken, ['write 0', 'read 0'])
  leave()
  leave()
  poll_wait(999999, EPOLLIN, (ret) => woken.push(`none ${ret}`))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(woken.at(-1), 'none -9', 'a descriptor that there is none of')
})

t.test('who gave the wait up is not woken, though it could go on', async (t) => {
  const [out, into] = pipe(t)
  let woken = 0
  const leave = poll_wait(out, EPOLLIN, () => woken++)
  writeSync(into, 'x')
  drive_turns(() => {})
  drive_polls(true)
  while (poll_beside(out) && nr_woken() === 0) {}
  t.equal(nr_woken(), 1)
  leave()
  t.equal(nr_woken(), 0)
  drive_polls(false)
  drive_turns(null)
  t.equal(woken, 0)
})

t.test('a transport waits for its own descriptor beside others', async (t) => {
  const [out, into] = pipe(t)
  const [own, ask] = pipe(t)
  drive_turns(() => {})
  drive_polls(true)
  t.teardown(() => {
    drive_polls(false)
    drive_turns(null)
  })
  t.ok(poll_beside(own), 'at once, as nobody waits')
  let woken = 0
  poll_wait(out, EPOLLIN, () => woken++)
  writeSync(into, 'x')
  t.notOk(poll_beside(own))
  t.equal(nr_woken(), 1)
  run_woken()
  t.equal(woken, 1)
  const leave = poll_wait(into, EPOLLIN, () => woken++)
  writeSync(ask, 'x')
  t.ok(poll_beside(own))
  leave()
  t.equal(woken, 1)
})

t.test('a look finds what can be read, and who can go on, and waits for neither', async (t) => {
  const [[out, into], [other, beside]] = [pipe(t), pipe(t)]
  t.equal(poll_now(out), false)
  writeSync(into, 'x')
  t.equal(poll_now(out), true)
  readSync(out, Buffer.alloc(1))
  drive_turns(() => {})
  drive_polls(true)
  const leave = poll_wait(other, EPOLLIN, () => {})
  writeSync(into, 'x')
  poll_beside(out) // which ends what was waited for by another thread
  readSync(out, Buffer.alloc(1))
  t.equal(poll_now(out), false)
  writeSync(beside, 'x')
  t.equal(poll_now(out), true)
  leave()
  t.equal(poll_now(out), false)
  drive_polls(false)
  drive_turns(null)
})
