import t from 'tap'
import '../../src/lib/luadata.js'
import '../../src/lib/luarcu.js'
import { lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { logged } from '../lunatik/states.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

t.test('a table holds booleans, integers and objects under whole keys', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("rcu"))  =>  "map table"
    (function() T = require("rcu").table() T.yes = true T.no = false T.n = -5 T.big = tonumber("4503599627370496") T.d = require("data").new(3) return T.yes, T.no, T.n, T.big == tonumber("4503599627370496"), #T.d, T.none end)()  =>  true  false  -5  true  3  nil
    (function() T.abc = 1 return T.ab, T.a, T[""], T.abcd end)()  =>  nil  nil  nil  nil
    (function() T.ab = 2 T.ab = nil return T.abc, T.ab end)()  =>  1  nil
    (function() T[5] = 6 return T["5"], T[5] end)()  =>  6  6
    (function() T["a\\0b\\255"] = 1 return T["a\\0b\\255"], T["a\\0b"] end)()  =>  1  nil
    (function() T.n = 1 T.n = "x" end)()  =>  ERROR "chunk:1: bad argument #3 to 'newindex' (unsupported type)"
    (function() T.n = {} end)()  =>  ERROR "chunk:1: bad argument #3 to 'newindex' (unsupported type)"
    (function() T.n = "1" end)()  =>  ERROR "chunk:1: bad argument #3 to 'newindex' (unsupported type)"
    (function() T.n = require("data").new(1, "single") end)()  =>  ERROR "chunk:1: bad argument #3 to 'newindex' (cannot share SINGLE object)"
    T.n  =>  1
    (function() T[("k"):rep(255)] = 1 return T[("k"):rep(255)], T[("k"):rep(256)] end)()  =>  1  nil
    (function() T[("k"):rep(256)] = 1 end)()  =>  ERROR "chunk:1: not enough memory"
    (function() T[("k"):rep(256)] = nil return T[("k"):rep(256)] end)()  =>  nil
    T[{}]  =>  ERROR "chunk:1: bad argument #2 to 'index' (string expected, got table)"
    type(require("rcu").table(0)), type(require("rcu").table(-1))  =>  "userdata"  "userdata"
    require("rcu").table(tonumber("4294967296"))  =>  ERROR "chunk:1: not enough memory"
    type(require("rcu").table(100))  =>  "userdata"
    getmetatable(T).__index(require("data").new(1), "x")  =>  ERROR "chunk:1: bad argument #1 to '__index' (invalid object)"
    `,
  )
})

t.test('map walks the entries that were there and still are', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() R = require("rcu") T = R.table() for i = 1, 5 do T["k" .. i] = i end end)()  =>
    (function() local s = {} R.map(T, function(k, v) s[#s + 1] = k .. v end) table.sort(s) return table.concat(s, " ") end)()  =>  "k11 k22 k33 k44 k55"
    (function() local n = 0 R.map(T, function(k, v) n = n + 1 T[k .. "x"] = v for i = 1, 5 do if "k" .. i ~= k then T["k" .. i] = nil end end end) return n end)()  =>  1
    (function() local n = 0 R.map(T, function(k, v) n = n + 1 if n == 2 then error("stop", 0) end end) end)()  =>  ERROR "stop"
    R.map(T)  =>  ERROR "chunk:1: bad argument #2 to 'map' (function expected, got no value)"
    R.map({}, print)  =>  ERROR "chunk:1: bad argument #1 to 'map' (invalid object)"
    R.map(require("data").new(8), print)  =>  ERROR "chunk:1: bad argument #1 to 'map' (invalid object)"
    `,
  )
})

t.test('an entry counts its object, for runtimes to find it', async (t) => {
  const log = logged(t)
  const a = evaluator(t)
  const b = evaluator(t)
  evaluate(a, '(function() T = require("rcu").table() D = require("data").new(4) T.d = D end)()')
  const table = share(a, b, 'T')
  const data = (table.private as Map<string, { value: lunatik_object_t }>).get('d')?.value as lunatik_object_t
  t.equal(data.kref, 2)
  evaluate(b, '(function() D = T.d D:setint32(0, 9) end)()')
  t.equal(data.kref, 3)
  t.equal(evaluate(a, 'D:getint32(0)'), '9')
  evaluate(a, '(function() T.d = 5 end)()')
  t.equal(data.kref, 2, 'the replaced object is put back')
  t.equal(evaluate(b, 'T.d'), '5')
  evaluate(b, '(function() T.d = D T.e = D end)()')
  t.equal(data.kref, 4)
  lunatik_stop(a)
  t.equal(data.kref, 3)
  lunatik_stop(b)
  t.equal(data.kref, 0)
  t.equal(table.kref, 0)
  t.strictSame(log, [])
})
