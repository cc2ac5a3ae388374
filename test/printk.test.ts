import t from 'tap'
import {
  describe,
  pr_fmt,
  printk,
  printk_line,
  type printk_record,
  register_console,
  resume_console,
  stackOf,
  suspend_console,
} from '../src/printk.js'

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
t.test('a console that is taken away gets nothing more', async (t) => {
  const records: printk_record[] = []
  const unregister = register_console((record) => records.push(record))
  unregister()
  unregister()
  printk('info', 'x')
  t.strictSame(records, [])
})
t.test('suspended consoles get the wanted records when they are resumed', async (t) => {
  const records = recorded(t)
  suspend_console()
  printk('err', 'one')
  printk('info', 'two')
  t.equal(records.length, 0)
  t.equal(resume_console((record) => (record.level === 'info' ? record : null)).length, 2)
  printk('err', 'three')
  t.strictSame(
    records.map(({ text }) => text),
    ['two', 'three'],
  )
})
t.test('a line stays one line and never steers the terminal', async (t) => {
  t.equal(
    printk_line({ time: 1.5, level: 'err', text: 'a\nb\x1b[2J\tc\x00é' }),
    '[    1.500000] err: a\\x0ab\\x1b[2J\tc\\x00é',
  )
})

t.test('a thrown value is described, whatever it is', async (t) => {
  t.equal(describe(new TypeError('x')), 'TypeError: x')
  t.equal(describe('text'), 'text')
  t.equal(describe(Object.create(null)), 'something without a description')
  t.equal(describe(Object.assign(new Error('x'), { name: Symbol('s') })), 'something without a description')
  t.match(stackOf(new Error('x')), /printk.test/)
  t.equal(stackOf('text'), null)
})
