import t from 'tap'
import { inOrder, printable, quoted } from '../../src/check/finding.js'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

t.test('what a script says is shown as UTF-8, without control characters', async (t) => {
  t.equal(printable(latin1('né')), 'né')
  t.equal(printable('n\xe9'), 'né', 'bytes that are no UTF-8')
  t.equal(printable('a\x1b[31m\n\x7f'), 'a\\x1b[31m\\x0a\\x7f')
  t.equal(printable(latin1('a\u202eb')), 'a\\u{202e}b')
})

t.test('a long string is cut', async (t) => {
  t.equal(quoted('x'), "'x'")
  t.equal(quoted('x'.repeat(100)), `'${'x'.repeat(60)}...'`)
})

t.test('findings come in the order of their places', async (t) => {
  const at = (line: number, column: number) =>
    ({ line, column, severity: 'error', code: 'syntax-error', message: `${line}:${column}` }) as const
  t.strictSame(
    inOrder([at(2, 1), at(1, 9), at(1, 2)]).map(({ message }) => message),
    ['1:2', '1:9', '2:1'],
  )
})
