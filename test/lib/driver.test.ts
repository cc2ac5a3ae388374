// The control device: what programs write to it and read from it.
// process: its own
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ECANCELED, ENOENT } from '../../src/errno.js'
import { driver_start, driver_stop } from '../../src/lib/driver.js'
import { runner_list, runner_shutdown } from '../../src/lib/lunatik_runner.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { abort_task, task_struct } from '../../src/sched.js'
import { O_RDONLY, O_WRONLY } from '../../src/vfs/fs.js'
import { logged, scripts } from '../lunatik/states.js'
import { closeAll, type Opened, open, tryOpen, WAITS } from './devices.js'
import '../../src/lib/libs.js'

const ownScripts = fileURLToPath(new URL('../../../lua', import.meta.url))

/** Starts the control device, and opens it. */
async function started(t: Test, files: Record<string, string> = {}): Promise<Opened> {
  const dir = scripts(t, files)
  lunatik_conf.root = [ownScripts, dir]
  if (driver_start() !== 0) throw new Error('not started')
  t.teardown(async () => {
    await closeAll()
    runner_shutdown()
    driver_stop()
  })
  return open('lunatik')
}

/** Writes a chunk and reads its answer. */
async function ask(file: Opened, chunk: string, len = 200): Promise<string | number> {
  const written = await file.write(chunk)
  return written === chunk.length ? file.read(len) : written
}

/** Where the mailboxes begin. */
const mailboxes = 2 ** 40

t.test('the next read gives a chunk’s results, joined by tabs, once', async (t) => {
  const file = await started(t)
  t.equal(await file.read(), '')
  t.equal(await ask(file, 'return 1 + 1'), '2')
  t.equal(await file.read(), '')
  t.equal(await ask(file, "return 1, 'two', nil, true, {} ~= nil"), '1\ttwo\tnil\ttrue\ttrue')
  for (const [chunk, answer] of [
    ['return nil', 'nil'],
    ["return ''", ''],
    ['return', ''],
    ['', ''],
    ['return ...', ''],
    ["return select('#', nil, nil)", '2'],
    ['return "a\0b"', 'a\0b'],
  ] as const) {
    t.equal(await ask(file, chunk), answer, JSON.stringify(chunk))
  }
})

t.test('globals stay from chunk to chunk', async (t) => {
  const file = await started(t)
  t.equal(await ask(file, 'x = 5'), '')
  t.equal(await ask(file, 'return x'), '5')
  t.equal(await ask(file, 'x = nil return x'), 'nil')
})

t.test('an error is the answer, with the chunk as its file', async (t) => {
  const file = await started(t)
  t.equal(await ask(file, 'syntax error here'), `[string "syntax error here"]:1: syntax error near 'error'`)
  t.equal(await ask(file, "error('boom')"), `[string "error('boom')"]:1: boom`)
  t.match(await ask(file, 'error({})'), /^table: /)
  t.equal(await ask(file, 'error()'), '<no error object>')
  t.match(await ask(file, "return debug.traceback('tb')"), /^tb\nstack traceback:\n/)
})

t.test('what does not fit into the read is gone, and so is an answer that another follows', async (t) => {
  const file = await started(t)
  t.equal(await ask(file, "return 'abcdefghij'", 4), 'abcd')
  t.equal(await file.read(4), '')
  await file.write('return 1')
  t.equal(await ask(file, 'return 2'), '2')
})

t.test('an answer waits for the next program', async (t) => {
  await started(t)
  const writer = await open('lunatik', O_WRONLY)
  await writer.write("return 'persist'")
  await writer.close()
  const reader = await open('lunatik', O_RDONLY)
  t.equal(await reader.read(), 'persist')
  t.equal(await reader.read(), '')
})

t.test('print goes to the log', async (t) => {
  const file = await started(t)
  const log = logged(t)
  t.equal(await ask(file, "print('from repl', 1, nil, {} == nil)"), '')
  t.strictSame(log, ['from repl\t1\tnil\tfalse'])
})

t.test('commands run scripts through it', async (t) => {
  const file = await started(t, {
    'good.lua': 'require("device").new{name = "good"}',
    'slow.lua': `${WAITS} schedule(10) require("device").new{name = "slow"}`,
  })
  const runner = (call: string) => ask(file, `return require('lunatik.runner').${call}`)
  t.match(await runner("run('good')"), /^userdata/)
  t.match(await runner("run('good.lua')"), /^\/.*\/lunatik\/runner\.lua:\d+: good is already running$/)
  t.match(await runner("run('slow')"), /^userdata/)
  t.equal(await runner('list()'), 'slow, good')
  t.equal(await runner("stop('good')"), '')
  t.equal(await tryOpen('good'), -ENOENT)
  t.strictSame(runner_list(), ['slow'])
})

t.test('a mailbox’s answer tells results from errors, and is there once', async (t) => {
  const file = await started(t)
  t.equal(await file.pwrite('return 1, nil', mailboxes), 13)
  t.equal(await file.pread(100, mailboxes), '+1\tnil')
  t.equal(await file.pread(100, mailboxes), '')
  t.equal(await file.pwrite('error("boom", 0)', mailboxes + 1), 16)
  t.equal(await file.pread(100, mailboxes + 1), '-boom')
  t.equal(await file.pwrite('x = = 1', mailboxes), 7)
  t.match(await file.pread(100, mailboxes), /^-\[string "x = = 1"\]:1: unexpected symbol/)
  t.equal(await file.pwrite('', mailboxes), 0)
  t.equal(await file.pread(100, mailboxes), '+')
  t.equal(await file.read(), '', 'the other answer is none of theirs')
})

t.test('a mailbox gives an answer that does not fit in pieces', async (t) => {
  const file = await started(t)
  await file.pwrite('return "abcdefghij"', mailboxes)
  t.strictSame(
    [
      await file.pread(4, mailboxes),
      await file.pread(4, mailboxes),
      await file.pread(4, mailboxes),
      await file.pread(4, mailboxes),
    ],
    ['+abc', 'defg', 'hij', ''],
  )
})

t.test('two programs at the same time get their own answers, also where their commands sleep', async (t) => {
  const one = await started(t)
  const two = await open('lunatik')
  const command = async (file: Opened, n: number) => {
    const box = mailboxes + n * 4096
    await file.pwrite(`require("waits").schedule(${5 + (n % 3)}) return ${n}`, box)
    return file.pread(100, box)
  }
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => command(i % 2 === 0 ? one : two, i)))
  // On a busy machine some run beside the others.
  t.strictSame(
    answers.map((answer) => String(answer).replace('*', '+')),
    Array.from({ length: 10 }, (_, i) => `+${i}`),
  )
  t.equal(await ask(one, 'return "plain"'), 'plain')
})

t.test('64 answers wait to be fetched; beyond them the oldest is dropped', async (t) => {
  const file = await started(t)
  for (let i = 0; i < 66; i++) await file.pwrite(`return ${i}`, mailboxes + i)
  const answers = []
  for (let i = 0; i < 66; i++) answers.push(await file.pread(100, mailboxes + i))
  t.strictSame(answers.slice(0, 3), ['', '', '+2'])
  t.equal(answers[65], '+65')
})

t.test('what was fetched takes none of their places, nor does a mailbox that is used again', async (t) => {
  const file = await started(t)
  const answers = []
  await file.pwrite('return "first"', mailboxes)
  for (let i = 0; i < 200; i++) {
    await file.pwrite(`return ${i}`, mailboxes + 7)
    if (i % 2 === 0) answers.push(await file.pread(100, mailboxes + 7))
  }
  t.strictSame(
    answers,
    Array.from({ length: 100 }, (_, i) => `+${2 * i}`),
  )
  t.equal(await file.pread(100, mailboxes + 7), '+199')
  t.equal(await file.pread(100, mailboxes), '+first')
})

t.test('the device goes when it is stopped, which may be done again, and leaves nothing', async (t) => {
  const file = await started(t)
  await file.close()
  driver_stop()
  driver_stop()
  t.equal(await tryOpen('lunatik'), -ENOENT)
  t.strictSame(
    lunatik_ledger().filter((o) => o.class !== 'rcu_table'),
    [],
  )
})

t.test('where its script fails or would sleep while it loads there is none, and the log tells why', async (t) => {
  const log = logged(t)
  scripts(t, { 'lunatik/driver.lua': 'error("no driver", 0)' })
  t.ok(driver_start() < 0)
  scripts(t, { 'lunatik/driver.lua': `${WAITS} schedule(1)` })
  t.ok(driver_start() < 0)
  t.strictSame(log, [
    'lunatik: no driver',
    'lunatik: lunatik/driver: the script of the control device may not sleep while it loads',
  ])
  driver_stop()
})

t.test('a chunk that takes its time keeps others waiting for a moment: then they run beside it', async (t) => {
  const file = await started(t)
  await file.pwrite('x = 1', mailboxes)
  const long = `${WAITS} schedule(60000)`
  t.equal(await file.pwrite(long, mailboxes + 1), long.length, 'its write is answered before it is over')
  const first = file.pread(100, mailboxes + 1)
  const other = await open('lunatik')
  t.equal(await other.pwrite('y = 2 return x', mailboxes + 2), 14)
  t.equal(await other.pread(100, mailboxes + 2), '*nil', 'its globals are others')
  t.equal(await other.pwrite('error(y, 0)', mailboxes + 3), 11)
  t.equal(await other.pread(100, mailboxes + 3), '~2')
  t.equal(await other.pwrite(long, mailboxes + 4), long.length)
  const second = other.pread(100, mailboxes + 4)
  t.equal(await other.pwrite('return y', mailboxes + 5), 8)
  t.equal(await other.pread(100, mailboxes + 5), '*nil', 'one that waits beside keeps nobody waiting either')
  for (const mailbox of [mailboxes + 1, mailboxes + 4]) t.equal(await other.pread(1, mailbox + 2 ** 47), '')
  t.strictSame(await Promise.all([first, second]), [-ECANCELED, -ECANCELED])
  t.equal(await file.pwrite('return x', mailboxes), 8)
  t.equal(await file.pread(100, mailboxes), '+1')
})

t.test('the answer of a chunk that takes its time is waited for by a read', async (t) => {
  const file = await started(t)
  const chunk = `${WAITS} schedule(300) return "late"`
  t.equal(await file.pwrite(chunk, mailboxes), chunk.length)
  t.equal(await file.pread(3, mailboxes), '+la')
  t.equal(await file.pread(100, mailboxes), 'te')
  t.equal(await file.pread(100, mailboxes), '')
  t.equal(await file.pwrite(chunk, mailboxes), chunk.length)
  t.equal(await file.pread(1, mailboxes + 2 ** 47), '', 'interrupted before it is read')
  t.equal(await file.pread(100, mailboxes), -ECANCELED)
  t.equal(await file.pread(100, mailboxes), '', 'which is told once')
})

t.test('an interrupt that is faster than its chunk is none the less one', async (t) => {
  const file = await started(t)
  t.equal(await file.pread(1, mailboxes + 2 ** 47), '')
  t.equal(await file.pwrite('return 1', mailboxes), -ECANCELED)
  t.equal(await file.pwrite('return 1', mailboxes), 8)
  t.equal(await file.pread(1, mailboxes + 2 ** 47), '', 'one that is late changes nothing')
  t.equal(await file.pread(100, mailboxes), '+1')
})

t.test('a chunk ends with its reader, and with its file', async (t) => {
  const file = await started(t)
  const chunk = `${WAITS} schedule(60000)`
  await file.pwrite(chunk, mailboxes)
  const task = new task_struct()
  const read = file.pread(100, mailboxes, task)
  abort_task(task)
  t.equal(await read, -ECANCELED)
  const other = await open('lunatik')
  await other.pwrite(chunk, mailboxes)
  await other.close()
  t.equal(await file.pread(100, mailboxes), -ECANCELED)
  t.equal(await ask(file, 'return 1'), '1', 'its runtime is free')
})
