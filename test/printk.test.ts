import t from 'tap'
import {
  describe,
  do_syslog,
  dynamic_debug,
  LOG_TEXT_MAX,
  log_stream,
  log_wait,
  pr_debug,
  pr_err,
  pr_fmt,
  pr_info,
  pr_warn,
  printk,
  printk_line,
  type printk_record,
  ptr_to_hashval,
  register_console,
  SYSLOG_ACTION_CLEAR,
  stackOf,
} from '../src/printk.js'
import { stringOf } from '../src/surrogateescape.js'

function recorded(t: { teardown(f: () => void): unknown }): printk_record[] {
  const records: printk_record[] = []
  t.teardown(register_console((record) => records.push(record)))
  return records
}

t.test('a record has a level, a text without its last newline, and a time', async (t) => {
  const records = recorded(t)
  printk('warn', 'a\nb\n')
  t.match(records, [{ level: 'warn', text: 'a\nb', time: Number }])
})
t.test('pr_fmt puts the module before each message; null is (null)', async (t) => {
  const records = recorded(t)
  const { pr_err, pr_warn, pr_info, pr_debug } = pr_fmt('mod')
  for (const pr of [pr_err, pr_warn, pr_info, pr_debug]) pr(null)
  t.strictSame(
    records.map(({ level, text }) => `${level} ${text}`),
    ['err mod: (null)', 'warn mod: (null)', 'info mod: (null)', 'debug mod: (null)'],
  )
})
t.test('without pr_fmt nothing stands before a message', async (t) => {
  const records = recorded(t)
  for (const pr of [pr_err, pr_warn, pr_info, pr_debug]) pr('text')
  pr_err(null)
  t.strictSame(
    records.map(({ level, text }) => `${level} ${text}`),
    ['err text', 'warn text', 'info text', 'debug text', 'err (null)'],
  )
})
t.test('a console that is taken away gets nothing more', async (t) => {
  const records: printk_record[] = []
  const unregister = register_console((record) => records.push(record))
  unregister()
  unregister()
  printk('info', 'x')
  t.strictSame(records, [])
})
t.test('a line stays one line and never steers the terminal', async (t) => {
  t.equal(
    printk_line({ time: 1.5, level: 'err', text: 'a\nb\x1b[2J\tc\x00é' }),
    '[    1.500000] err: a\\x0ab\\x1b[2J\tc\\x00é',
  )
})

t.test('a line has every byte of a message, whatever it is', async (t) => {
  const line = (text: string) => printk_line({ time: 0, level: 'info', text }).slice('[    0.000000] info: '.length)
  t.equal(line(stringOf(Buffer.from('\xff\xc3\xa9\xc3', 'latin1'))), '\\xffé\\xc3')
  t.equal(line(stringOf(Buffer.from('\ufeff€😀'))), '\ufeff€😀')
  t.equal(line('\u009b'), '\\xc2\\x9b', 'a control character beyond ASCII')
  t.equal(line('\\x0a \\n \\xg'), '\\x5cx0a \\n \\xg', 'a backslash that looks like an escape')
})

/** The log buffer's lines from `pos` on, without their time. */
function lines(pos: number): string[] {
  const buf = Buffer.alloc(1 << 20)
  const text = buf.toString('utf8', 0, log_stream.read(pos, buf))
  return text.split('\n').map((line) => line.replace(/^.*?\] /, ''))
}

t.test('the log buffer keeps each record', async (t) => {
  const pos = log_stream.head
  let woken = 0
  const leave = log_wait(() => woken++)
  printk('err', 'a\nb')
  printk('debug', 'unseen')
  t.equal(woken, 1)
  leave()
  printk('info', 'c')
  t.equal(woken, 1)
  t.strictSame(lines(pos), ['err: a\\x0ab', 'info: c', ''])
})
t.test('and debug records when told so', async (t) => {
  const pos = log_stream.head
  dynamic_debug(true)
  printk('debug', 'seen')
  dynamic_debug(false)
  t.strictSame(lines(pos), ['debug: seen', ''])
})
t.test('a long text is cut, between characters, and says so', async (t) => {
  const pos = log_stream.head
  const records = recorded(t)
  printk('info', 'x'.repeat(LOG_TEXT_MAX))
  printk('info', 'x'.repeat(LOG_TEXT_MAX + 100))
  printk('info', `${'x'.repeat(LOG_TEXT_MAX - 1)}\u{1f600}end`)
  const expected = [
    'x'.repeat(LOG_TEXT_MAX),
    `${'x'.repeat(LOG_TEXT_MAX)} [100 more characters were cut]`,
    `${'x'.repeat(LOG_TEXT_MAX - 1)} [5 more characters were cut]`,
  ]
  t.strictSame(
    records.map(({ text }) => text),
    expected,
  )
  t.strictSame(
    lines(pos).slice(0, -1),
    expected.map((text) => `info: ${text}`),
  )
})
t.test('syslog clears', async (t) => {
  t.equal(do_syslog(SYSLOG_ACTION_CLEAR), 0)
  t.equal(log_stream.clear, log_stream.head)
  t.equal(do_syslog(0), -22)
})

t.test('a thrown value is described, whatever it is', async (t) => {
  t.equal(describe(new TypeError('x')), 'TypeError: x')
  t.equal(describe('text'), 'text')
  t.equal(describe(Object.create(null)), 'something without a description')
  t.equal(describe(Object.assign(new Error('x'), { name: Symbol('s') })), 'something without a description')
  t.match(stackOf(new Error('x')), /printk.test/)
  t.equal(stackOf('text'), null)
})

t.test('a pointer is 16 digits, the same each time, another for another', async (t) => {
  const pointer = {}
  t.match(ptr_to_hashval(pointer), /^0{8}[0-9a-f]{8}$/)
  t.equal(ptr_to_hashval(pointer), ptr_to_hashval(pointer))
  t.not(ptr_to_hashval(pointer), ptr_to_hashval({}))
})
