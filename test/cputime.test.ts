import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { gettid, otherThreads, type ThreadState, threadCpuClock } from '../src/cputime.js'

/** Computes until `enough`; the bound is for a clock that stands still. */
function spin(enough: () => boolean): boolean {
  const end = performance.now() + 60_000
  while (performance.now() < end) if (enough()) return true
  return false
}

t.test('the own clock goes on while the thread computes, and no faster than time', async (t) => {
  const clock = threadCpuClock()
  const began = performance.now()
  const used = clock.now()
  t.ok(spin(() => clock.now() - used >= 30))
  const passed = performance.now() - began
  t.ok(passed >= 10, `30 ms of processor in ${passed} ms`)
  clock.close()
})
t.test('the clock stands still while the thread waits', async (t) => {
  const clock = threadCpuClock()
  const used = clock.now()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
  t.ok(clock.now() - used < 400)
  clock.close()
})
t.test("another thread's clock is its own, and stays after its end", async (t) => {
  const word = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
    parentPort.postMessage(require('node:fs').readlinkSync('/proc/thread-self'))
    while (Atomics.load(workerData, 0) === 0);`,
    { eval: true, workerData: word },
  )
  t.teardown(() => worker.terminate())
  const [self] = (await once(worker, 'message')) as [string]
  const tid = Number(self.split('/').at(-1))
  t.not(tid, gettid())
  const clock = threadCpuClock(tid)
  const used = clock.now()
  while (clock.now() - used < 30) await new Promise((resolve) => setTimeout(resolve, 5))
  Atomics.store(word, 0, 1)
  await once(worker, 'exit')
  const last = clock.now()
  t.ok(last - used >= 30)
  t.equal(clock.now(), last)
  clock.close()
  clock.close()
  t.equal(clock.now(), last)
})

/** A folder that looks like /proc to the thread 42. */
function proc(t: Test, files: Record<string, string>): string {
  const dir = t.testdir()
  mkdirSync(`${dir}/self/task/42`, { recursive: true })
  symlinkSync('41/task/42', `${dir}/thread-self`)
  for (const [name, text] of Object.entries(files)) writeFileSync(`${dir}/self/task/42/${name}`, text)
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
const stat = `42 (a) b c) R 1 1 1 0 -1 4194304 2878 0 7 0 250 17 0 0 20 0 11 0 56609 0 ${'0 '.repeat(28)}\n`

t.test('schedstat counts nanoseconds', async (t) => {
  const dir = proc(t, { schedstat: '1234000000 5 6\n', stat })
  t.equal(gettid(dir), 42)
  t.equal(threadCpuClock(gettid(dir), dir).now(), 1234)
})
t.test('where the kernel keeps no schedstat, stat counts ticks of user and system', async (t) => {
  t.equal(threadCpuClock(42, proc(t, { stat })).now(), 2670)
  t.equal(threadCpuClock(42, proc(t, { schedstat: '0 0 0\n', stat })).now(), 2670)
})
t.test('where there is no /proc, time that passes counts', async (t) => {
  const dir = `${t.testdir()}/none`
  t.equal(gettid(dir), 0)
  const clock = threadCpuClock(gettid(dir), dir)
  const now = clock.now()
  t.ok(Math.abs(performance.now() - now) < 60_000)
  t.ok(spin(() => clock.now() > now))
  clock.close()
})

t.test('a thread that works wants a processor, one that waits wants none', async (t) => {
  const state = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
    workerData[1] = Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').at(-1))
    Atomics.wait(workerData, 0, 0)
    while (Atomics.load(workerData, 0) === 1);`,
    { eval: true, workerData: state },
  )
  const becomes = async (is: (of: ThreadState | undefined) => boolean) => {
    for (let n = 0; n < 3000; n++) {
      if (state[1] !== 0 && is(otherThreads().get(state[1] as number))) return true
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return false
  }
  t.ok(await becomes((thread) => thread?.runs === false))
  Atomics.store(state, 0, 1)
  Atomics.notify(state, 0)
  t.ok(await becomes((thread) => thread?.runs === true))
  const { ms } = otherThreads().get(state[1] as number) as ThreadState
  t.ok(await becomes((thread) => thread !== undefined && thread.ms >= ms + 50), 'and its time is counted')
  Atomics.store(state, 0, 2)
  await once(worker, 'exit')
  t.ok(await becomes((thread) => thread === undefined), 'one that is gone is not listed')
  t.notOk(otherThreads().has(gettid()), 'nor is the one that asks')
})
t.test('of another process all threads are listed', async (t) => {
  const child = spawn('sh', ['-c', 'while :; do :; done'])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'spawn')
  const pid = child.pid as number
  t.ok(spin(() => otherThreads(pid).get(pid)?.runs === true))
  child.kill('SIGSTOP')
  t.ok(spin(() => otherThreads(pid).get(pid)?.runs === false))
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(otherThreads(pid).size, 0, 'of one that is gone none is')
  t.equal(otherThreads('self', `${t.testdir()}/none`).size, 0, 'without /proc none is')
})
t.test('states are read from stat, whatever the name', async (t) => {
  const dir = proc(t, { stat })
  mkdirSync(`${dir}/self/task/43`)
  writeFileSync(`${dir}/self/task/43/stat`, stat.replace('42 (a) b c) R', '43 (R) R) S'))
  mkdirSync(`${dir}/self/task/44`)
  t.strictSame(
    [...otherThreads('self', dir)].sort(),
    [
      [43, { runs: false, ms: 2670 }],
      [44, { runs: false, ms: 0 }],
    ],
    'one that has ended meanwhile wants nothing',
  )
  symlinkSync('41/task/43', `${dir}/other`)
  renameSync(`${dir}/other`, `${dir}/thread-self`)
  t.strictSame(otherThreads('self', dir).get(42), { runs: true, ms: 2670 })
})
