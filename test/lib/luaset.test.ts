import t from 'tap'
import '../../src/lib/luadata.js'
import '../../src/lib/luaset.js'
import { lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

t.test('a set knows its members', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("set"))  =>  "labeled new"
    (function() S = require("set").new{"b", "a", "", "a"} return #S, S:has("a"), S:has("b"), S:has(""), S:has("ab"), S:has("c") end)()  =>  4  true  true  true  false  false
    #require("set").new{}  =>  0
    (function() local t = {"b", "a"} require("set").new(t) return t[1], t[2] end)()  =>  "a"  "b"
    require("set").new{"a", 5}  =>  ERROR "attempt to compare number with string"
    require("set").new{5, 6}  =>  ERROR "chunk:1: bad argument #1 to 'new' (members must be strings)"
    #require("set").new{"a", nil, "c"}  =>  1
    require("set").new("a")  =>  ERROR "chunk:1: bad argument #1 to 'new' (table expected, got string)"
    S:has()  =>  ERROR "chunk:1: bad argument #1 to 'has' (string expected, got no value)"
    S.has(5, "a")  =>  ERROR "chunk:1: bad argument #1 to 'has' (invalid object)"
    S.has(require("data").new(8), "a")  =>  ERROR "chunk:1: bad argument #1 to 'has' (invalid object)"
    S.match  =>  nil
    `,
  )
})

t.test('a labeled set gives the flags of a name and of all that it ends in', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() C = require("set").labeled{["a.b.c"] = 1, ["b.c"] = 2, c = 4, x = 2147483648} return #C, C:match("a.b.c"), C:match("z.b.c"), C:match("d"), C:match("bc"), C:match("a.b") end)()  =>  4  7  6  0  0  0
    C:match("x") == 2147483648, C:match("c.x") == 2147483648, C:match("")  =>  true  true  0
    require("set").labeled{a = 0}  =>  ERROR "chunk:1: bad argument #1 to 'labeled' (labels must be integers in [1, 2^32))"
    require("set").labeled{a = tonumber("4294967296")}  =>  ERROR "chunk:1: bad argument #1 to 'labeled' (labels must be integers in [1, 2^32))"
    require("set").labeled{a = "1"}  =>  ERROR "chunk:1: bad argument #1 to 'labeled' (labels must be integers in [1, 2^32))"
    require("set").labeled{"a"}  =>  ERROR "chunk:1: bad argument #1 to 'labeled' (members must be strings)"
    C.match(require("set").new{}, "a")  =>  ERROR "chunk:1: bad argument #1 to 'match' (invalid object)"
    `,
  )
})

t.test('a set outlives the runtime that made it', async (t) => {
  const a = evaluator(t)
  const b = evaluator(t, false)
  evaluate(a, '(function() S = require("set").new{"k"} end)()')
  const object = share(a, b, 'S')
  lunatik_stop(a)
  t.equal(evaluate(b, 'S:has("k")'), 'true')
  lunatik_stop(b)
  t.equal(object.kref, 0)
})
