import t from 'tap'
import { kstrdup_quotable, quotable_json, quotable_lines } from '../src/string_helpers.js'
import { stringOf } from '../src/surrogateescape.js'

t.test('a text is one line that steers no terminal', async (t) => {
  for (const [text, expected] of [
    ['plain é € 😀\t.', 'plain é € 😀\t.'],
    ['a\nb\r\x1b[2J\x00\x7f', 'a\\x0ab\\x0d\\x1b[2J\\x00\\x7f'],
    ['\u009b2J', '\\xc2\\x9b2J'],
    ['\u202egnp.exe\u2066\u2028', '\\xe2\\x80\\xaegnp.exe\\xe2\\x81\\xa6\\xe2\\x80\\xa8'],
    [stringOf(Buffer.from('\xff\xc3', 'latin1')), '\\xff\\xc3'],
    ['\\x1b \\n \\xg', '\\x5cx1b \\n \\xg'],
  ] as const)
    t.equal(kstrdup_quotable(text), expected)
})
t.test('or keeps its lines', async (t) => {
  t.equal(quotable_lines('a\n\tb\x1b\r\n'), 'a\n\tb\\x1b\\x0d\n')
})
t.test('JSON has no control characters beyond ASCII either', async (t) => {
  const value = { text: '\x1b\u009b\x7f\udcff\n' }
  t.equal(quotable_json(value), '{"text":"\\u001b\\u009b\\u007f\\udcff\\n"}')
  t.strictSame(JSON.parse(quotable_json(value)), value)
  t.equal(quotable_json([1], 2), '[\n  1\n]')
})
