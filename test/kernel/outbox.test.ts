import t from 'tap'
import type { LogMessage } from '../../src/kernel/messages.js'
import { LogOutbox } from '../../src/kernel/outbox.js'
import { type console_printed, LOG_BUF_LEN } from '../../src/printk.js'

const size = LOG_BUF_LEN / 16 - 1

const message = (n: number, printed: console_printed = 0): LogMessage => ({
  type: 'log',
  record: { time: n, level: 'info', text: 'x'.repeat(size) },
  printed,
  waits: false,
  lost: 0,
})

/** An outbox, what it has sent, and what each message calls once it is gone. */
function box() {
  const sent: LogMessage[] = []
  const gone: (() => void)[] = []
  const outbox = new LogOutbox((message, done) => {
    sent.push(message)
    gone.push(done)
  })
  const numbers = () => sent.map(({ record }) => record.time)
  return { outbox, sent, numbers, arrive: () => gone.shift()?.() }
}

t.test('records are sent at once while few are on their way, then as those arrive', async (t) => {
  const { outbox, numbers, arrive } = box()
  for (let n = 0; n < 10; n++) outbox.post(message(n))
  t.strictSame(numbers(), [0, 1, 2, 3, 4, 5, 6, 7])
  arrive()
  arrive()
  t.strictSame(numbers(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
t.test('of too many the oldest are dropped, and the next says how many of them nobody has seen', async (t) => {
  const { outbox, sent, numbers, arrive } = box()
  for (let n = 0; n < 20; n++) outbox.post(message(n, n === 8 ? 'all' : 0))
  while (sent.length < 16) arrive()
  t.strictSame(numbers(), [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19])
  t.strictSame(
    sent.map(({ lost }) => lost).filter((lost) => lost > 0),
    [3],
  )
  t.equal(sent[8]?.lost, 3)
})
t.test('all goes before something else is said', async (t) => {
  const { outbox, numbers } = box()
  for (let n = 0; n < 12; n++) outbox.post(message(n))
  outbox.flush()
  t.equal(numbers().length, 12)
})
