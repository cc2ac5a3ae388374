import t from 'tap'
import { int64_check, int64_opt, int64_push } from '../../src/lib/int64.js'
import { lua_pushstring } from '../../src/lua/lua.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
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
    (function() X = require("int64test") return X.check(5), X.check(-5.0), X.check("12"), X.check(2.0^62) end)()  =>  "5"  "-5"  "12"  "4611686018427387904"
    X.check(-9223372036854775808), X.check(9223372036854775808), X.check(18446744073709551615)  =>  "-9223372036854775808"  "-9223372036854775808"  "0"
    X.check(2.0^65)  =>  ERROR "chunk:1: bad argument #1 to 'check' (number has no integer representation)"
    X.check(0.5)  =>  ERROR "chunk:1: bad argument #1 to 'check' (number has no integer representation)"
    X.check(1/0)  =>  ERROR "chunk:1: bad argument #1 to 'check' (number has no integer representation)"
    X.check(0/0)  =>  ERROR "chunk:1: bad argument #1 to 'check' (number has no integer representation)"
    X.check({})  =>  ERROR "chunk:1: bad argument #1 to 'check' (number expected, got table)"
    X.opt(), X.opt(nil), X.opt(3)  =>  "7"  "7"  "3"
    `,
  )
})

t.test('results are signed, and exact where a number can be', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() X = require("int64test") return X.push(0), X.push(30), X.push(31) == 2.0^31, X.push(53) == 2.0^53, X.push(62) == 2.0^62, X.push(63) == -2.0^63, X.push(64) end)()  =>  1  1073741824  true  true  true  true  0
    `,
  )
})
