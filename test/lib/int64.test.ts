import t from 'tap'
import { int64_check, int64_opt, int64_push } from '../../src/lib/int64.js'
import { lua_pushstring } from '../../src/lua/lua.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import { onlyWide, wide } from '../engine.js'
import { agrees, evaluator } from './eval.js'

LUNATIK_NEWLIB(
  'int64test',
  [
    {
      name: 'check',
      func: (L) => {
        lua_pushstring(L, String(int64_check(L, 1)))
        return 1
      },
    },
    {
      name: 'opt',
      func: (L) => {
        lua_pushstring(L, String(int64_opt(L, 1, 7n)))
        return 1
      },
    },
    {
      name: 'push',
      func: (L) => {
        int64_push(L, 1n << BigInt(int64_check(L, 1)))
        return 1
      },
    },
  ],
  null,
)

t.test('arguments are integers of 64 bits, as near as the engine has them', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() X = require("int64test") return X.check(5), X.check(-5), X.check("12"), X.check(tonumber("4611686018427387904")) end)()  =>  "5"  "-5"  "12"  "4611686018427387904"
    X.check(tonumber("-9223372036854775808"))  =>  "-9223372036854775808"
    X.check(tonumber("9007199254740992")), X.check("0x10"), X.check(" -7 ")  =>  "9007199254740992"  "16"  "-7"
    ${onlyWide(`
    X.check(math.maxinteger), X.check(math.mininteger), X.check(tonumber("9007199254740993"))  =>  "9223372036854775807"  "-9223372036854775808"  "9007199254740993"
    X.check(math.maxinteger + 1), X.check(0xffffffffffffffff)  =>  "-9223372036854775808"  "-1"
    X.check("9223372036854775807"), X.check("-9223372036854775807")  =>  "9223372036854775807"  "-9223372036854775807"
    `)}
    X.check("9223372036854775808")  =>  ERROR "chunk:1: bad argument #1 to 'check' (number expected, got string)"
    X.check("1.5")  =>  ERROR "chunk:1: bad argument #1 to 'check' (number expected, got string)"
    X.check({})  =>  ERROR "chunk:1: bad argument #1 to 'check' (number expected, got table)"
    X.opt(), X.opt(nil), X.opt(3)  =>  "7"  "7"  "3"
    `,
  )
})

t.test(
  'in an engine whose integers are narrower an unsigned word wraps around',
  { skip: wide && 'it has 64 bits' },
  async (t) => {
    agrees(
      t,
      evaluator(t),
      `
    (function() X = require("int64test") BIG = tonumber("4611686018427387904") return X.check(BIG + BIG), X.check(BIG * 4) end)()  =>  "-9223372036854775808"  "0"
    X.check(BIG * 8)  =>  ERROR "chunk:1: bad argument #1 to 'check' (number has no integer representation)"
    `,
    )
  },
)

t.test('results are signed, and exact where a number can be', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() X = require("int64test") return X.push(0), X.push(30), X.push(31) == tonumber("2147483648"), X.push(53) == tonumber("9007199254740992"), X.push(62) == tonumber("4611686018427387904"), X.push(63) == tonumber("-9223372036854775808"), X.push(64) end)()  =>  1  1073741824  true  true  true  true  0
    ${onlyWide(`
    X.push(31), X.push(53), X.push(62), X.push(63)  =>  2147483648  9007199254740992  4611686018427387904  -9223372036854775808
    X.push(63) == math.mininteger, X.push(63) - 1 == math.maxinteger  =>  true  true
    `)}
    `,
  )
})
