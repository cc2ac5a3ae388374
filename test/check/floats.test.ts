import t from 'tap'
import { isFloatString } from '../../src/check/floats.js'
import { checked, finds } from './checked.js'

t.test('strings that hold a float', async (t) => {
  for (const text of ['1.5', ' -2.0 ', '1e3', '.5', '5.', '0x1p4', '0x.8', '9223372036854775808']) {
    t.equal(isFloatString(text), true, text)
  }
  for (const text of ['1', ' -2 ', '0x10', '', 'abc', '.', '0x', '1.5x', 'e5', '1 2']) {
    t.equal(isFloatString(text), false, text)
  }
})

t.test('numbers of strings', async (t) => {
  finds(t, [
    ['return tonumber("1.5")', '1:8 warning float-string'],
    ['return "1.5" + 1', '1:8 error float-string'],
    ['local s = "2.0" return 3 // s', '1:24 error float-string'],
    ['return -"1e3"', '1:8 error float-string'],
    ['pcall(function() return "1.5" * 2 end)', '1:25 warning float-string'],
  ])
  finds(t, [
    ['return tonumber("15"), tonumber("abc"), tonumber("1e5", 16), tonumber(print)'],
    ['return "15" + 1, "1.5" .. 1, "1.5" == 1, #"1.5", "1.5" < "2"'],
  ])
})

t.test('divisions', async (t) => {
  finds(t, [
    ['return 7 / 2', '1:8 warning division'],
    ['local half = 1 return half / 2', '1:23 warning division'],
  ])
  finds(t, [['return 8 / 2, 7 // 2, #_VERSION / 2, 1 / 0']])
  const said = (source: string) => checked(source).map(({ severity, message }) => `${severity}: ${message}`)
  t.strictSame(said('return -7 / 2'), ['warning: -7 / 2 is -4 on a kernel: / rounds down, as // does'])
  t.strictSame(said('return #_VERSION / 2'), ['info: / rounds down on a kernel, as // does'])
})
