// variants: default
import t from 'tap'
import { formatError } from '../../src/check/formats.js'
import { evaluate, evaluator } from '../lib/eval.js'
import { checked, finds } from './checked.js'

const float = 'error float-format'

t.test('formats with floats', async (t) => {
  finds(t, [
    ['string.format("%f", 1)', `1:1 ${float}`],
    ['return ("%5.2f"):format(1)', `1:8 ${float}`],
    ['local s = "%d %g" return s:format(1, 2)', `1:26 ${float}`],
    ['local format = string.format print(format("%p", {}))', `1:36 ${float}`],
    ['return string.pack("<d", 1), string.unpack("f", "")', `1:8 ${float}`, `1:30 ${float}`],
    ['return ("<d"):packsize()', `1:8 ${float}`],
    ['pcall(function() return string.format("%e", 1) end)', '1:25 warning float-format'],
  ])
  finds(t, [
    ['string.format("%d %s %q %x %5.2s %c %i %u %%f %%", 1)'],
    ['return ("%f"):rep(3), ("%f"):gsub("%%", "")'],
    ['return string.pack("<i4 s2 z B b H I8 j J n T x Xi4 !8", 1)'],
    ['local s = { format = print } s.format("%f") s:format("%f")'],
    ['string.format(f, 1) f = "%f" f = "%d"'],
  ])
  t.match(checked('string.format("%p", {})')[0]?.message, /invalid conversion '%p' to 'format' in '%p': pointers/)
})

t.test('the messages are those of the runtime', async (t) => {
  const r = evaluator(t)
  for (let c = 0x21; c < 0x7f; c++) {
    const letter = String.fromCharCode(c)
    if (`"\\%'`.includes(letter)) continue
    for (const [name, format, call] of [
      ['format', `a%d%-5${letter}`, 'string.format'],
      ['packsize', letter, 'string.packsize'],
    ] as const) {
      const said = evaluate(r, `${call}("${format}", 1, 1)`)
      const expected = formatError(name, format)
      if (expected !== null) t.ok(said.includes(expected), `${call} ${format}: ${said} has ${expected}`)
      else if (/[a-zA-Z]/.test(letter)) t.notMatch(said, /number has no integer|float/, `${call} ${format}`)
    }
  }
})
