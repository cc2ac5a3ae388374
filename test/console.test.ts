import t from 'tap'
import { CONSOLE_QUEUE_MAX, Console } from '../src/console.js'
import type { Terminal } from '../src/terminal.js'
import { until } from './mount/mounted.js'

/** A terminal that takes as many bytes as it has room for. */
class Screen implements Terminal {
  failed = false
  room = 0
  text = ''
  tries = 0
  closed = 0

  write(bytes: Uint8Array): number {
    this.tries++
    const n = Math.min(this.room, bytes.length)
    this.text += Buffer.from(bytes.subarray(0, n)).toString('latin1')
    this.room -= n
    return n
  }

  async close(): Promise<void> {
    this.closed++
  }
}

const line = (text: string) => Buffer.from(`${text}\n`)

/** Waits until a console has nothing left to write. */
async function idle(console: Console): Promise<void> {
  let is = false
  console.wait(() => {
    is = true
  })
  await until(() => is)
}

t.test('what the terminal takes is on it at once', async (t) => {
  const screen = new Screen()
  screen.room = 100
  const console = new Console(screen)
  console.print(line('one'))
  console.print(line('two'))
  t.equal(screen.text, 'one\ntwo\n')
  let free = false
  console.wait(() => {
    free = true
  })
  t.ok(free, 'and nothing waits')
})
t.test('what it does not take comes later, in its order, and a line that was begun is finished', async (t) => {
  const screen = new Screen()
  screen.room = 2
  const console = new Console(screen)
  for (const text of ['one', 'two', 'three']) console.print(line(text))
  t.equal(screen.text, 'on')
  t.equal(screen.tries, 2, 'it is not tried with each line')
  screen.room = 4
  await until(() => screen.text === 'one\ntw')
  screen.room = 100
  await idle(console)
  t.equal(screen.text, 'one\ntwo\nthree\n')
  console.print(line('four'))
  t.match(screen.text, /four\n$/, 'then lines are there at once again')
})
t.test('what does not fit into the queue is dropped, the oldest first, and counted', async (t) => {
  const screen = new Screen()
  screen.room = 1
  const console = new Console(screen)
  const long = 'x'.repeat(CONSOLE_QUEUE_MAX / 16 - 1)
  console.print(line('begun'))
  for (let n = 0; n < 20; n++) console.print(line(n + long.slice(String(n).length)))
  screen.room = Number.POSITIVE_INFINITY
  await idle(console)
  const lines = screen.text.split('\n').map((text) => text.replace(/x+/, ''))
  t.equal(lines[0], 'begun')
  t.match(lines[1], /^\[ *\d+\.\d{6}\] warn: 4 records were dropped$/)
  t.strictSame(lines.slice(2), ['4', '5', '6', '7', ...Array.from({ length: 12 }, (_, n) => `${n + 8}`), ''])
})
t.test('each gap is told by itself', async (t) => {
  const screen = new Screen()
  const console = new Console(screen)
  const flood = () => {
    for (let n = 0; n < 3; n++) console.print(line('y'.repeat(CONSOLE_QUEUE_MAX / 2)))
  }
  for (let gap = 0; gap < 2; gap++) {
    screen.room = 0
    flood()
    screen.room = Number.POSITIVE_INFINITY
    await idle(console)
  }
  t.equal(screen.text.match(/\d records were dropped\n/g)?.length, 2)
})
t.test('of a line that says how many were dropped, those count', async (t) => {
  const screen = new Screen()
  const console = new Console(screen)
  console.print(line('begun'))
  console.print(line('7 records were dropped'), 0, 7)
  for (let n = 0; n < 3; n++) console.print(line('y'.repeat(CONSOLE_QUEUE_MAX / 2)))
  screen.room = Number.POSITIVE_INFINITY
  await idle(console)
  t.match(screen.text, /^begun\n.*warn: 9 records were dropped\ny+\n$/)
})
t.test('a line longer than the queue is dropped too, unless it was begun', async (t) => {
  const screen = new Screen()
  const console = new Console(screen)
  console.print(line('first'))
  console.print(Buffer.alloc(CONSOLE_QUEUE_MAX + 1, 'z'))
  screen.room = Number.POSITIVE_INFINITY
  await idle(console)
  t.match(screen.text, /^first\n.*warn: 1 records were dropped\n$/)
})
t.test('what another has begun is finished before another line begins', async (t) => {
  const screen = new Screen()
  const console = new Console(screen)
  console.print(line('mine'))
  console.print(line('other'), 3)
  console.print(line('last'))
  screen.room = 2
  await until(() => screen.room === 0)
  console.print(line('again'), 1)
  screen.room = 100
  await idle(console)
  t.equal(screen.text, 'er\nmine\ngain\nlast\n')
  console.print(line('done'), 5)
  console.print(line('part'), 2)
  t.match(screen.text, /last\nrt\n$/)
})
t.test('its end waits for the terminal, but not for long', async (t) => {
  const screen = new Screen()
  const console = new Console(screen)
  console.print(line('late'))
  setTimeout(() => {
    screen.room = 100
  }, 30)
  await console.close(20_000)
  t.equal(screen.text, 'late\n')
  t.equal(screen.closed, 1)
  const stuck = new Console(new Screen())
  stuck.print(line('never'))
  await stuck.close(50)
})
t.test('and not at all where writing fails', async (t) => {
  const screen = new Screen()
  screen.failed = true
  const console = new Console(screen)
  console.print(line('never'))
  await console.close(1e9)
  t.equal(screen.text, '')
})
