// What fengari would misread, in the words that say so.
import t from 'tap'
import { luaY_translate } from '../../../src/lua/dialect/ltranslate.js'

function refusal(source: string): string | null {
  const result = luaY_translate(source, '5.3')
  return 'error' in result ? `${result.error.line}: ${result.error.message}` : null
}

const has53 = 'fengari, this engine, has Lua 5.3'
const has32 = 'fengari, this engine, has 32 bits'

t.test('integers that need more than 32 bits with their sign', async (t) => {
  for (const [numeral, why] of [
    ['2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
    ['5 - 2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
    ['not 2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
    ['-(2147483648)', `2147483648 is an integer of 64 bits: ${has32}`],
    ['-2147483649', `2147483649 is an integer of 64 bits: ${has32}`],
    ['9223372036854775807', `9223372036854775807 is an integer of 64 bits: ${has32}`],
    ['9223372036854775808', "malformed number near '9223372036854775808'"],
    ['0x100000000', `0x100000000 is an integer of 64 bits: ${has32}`],
    ['0XFFFFFFFFFFFFFFFF', `0XFFFFFFFFFFFFFFFF is an integer of 64 bits: ${has32}`],
    ['0x1ffffffffffffffff', `0x1ffffffffffffffff is an integer of more than 64 bits: ${has32}`],
    ['0xffffffff', `0xffffffff is 4294967295 in 64 bits: ${has32} and reads -1`],
    ['1 - 0x80000000', `0x80000000 is 2147483648 in 64 bits: ${has32} and reads -2147483648`],
  ] as const) {
    t.equal(refusal(`\nreturn ${numeral}`), `2: ${why}`, numeral)
  }
  for (const numeral of [
    '2147483647',
    '-2147483648',
    '- 0x80000000',
    '1 + -2147483648',
    '00000000000000000001',
    '0x7fffffff',
    '0x00000000000000000000ff',
  ]) {
    t.equal(refusal(`return ${numeral}`), null, numeral)
  }
})

t.test('what only a later Lua can do', async (t) => {
  t.equal(refusal('\nlocal f <close> = nil'), `2: '<close>' is Lua 5.4: ${has53}`)
  t.equal(refusal('local <close> f = nil'), `1: '<close>' is Lua 5.4: ${has53}`)
  t.equal(refusal("\nreturn 'a\\\n\\u{110000}'"), `3: '\\u{110000}' is Lua 5.4: ${has53}`)
  t.equal(refusal('return "\\u{10FFFF}"'), null)
})

t.test('the first comes first, and a compile error before all', async (t) => {
  t.match(refusal('local a = "\\u{110000}"\nreturn 4294967296'), /^1: .*u\{110000\}/)
  t.match(refusal('local a = 4294967296\nlocal b <close> = "\\u{110000}"'), /^1: 4294967296/)
  t.match(refusal('return 4294967296 x'), /^1: <eof> expected/)
})

t.test('Lua 5.4 with 64 bits reads all of it', async (t) => {
  const source = 'local f <close> = nil return 0xffffffffff, "\\u{7FFFFFFF}"'
  t.match(luaY_translate(source, '5.4'), { source })
})
