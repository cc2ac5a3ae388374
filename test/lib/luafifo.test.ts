import t from 'tap'
import '../../src/lib/luadata.js'
import '../../src/lib/luafifo.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { lunatik_allocated } from '../../src/lunatik/lunatik_mem.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

t.test('bytes come out in the order in which they went in, around the end of the ring', async (t) => {
  agrees(
    t,
    evaluator(t),
    String.raw`
    keys(require("fifo"))  =>  "new"
    (function() Q = require("fifo").new(8) Q:push("abc") return Q:pop(2) end)()  =>  "ab"  2
    Q:pop(100)  =>  "c"  1
    Q:pop(5)  =>  ""  0
    (function() local s = "" for i = 1, 50 do local m = ("%05d"):format(i) Q:push(m) assert(Q:pop(5) == m) end Q:push("12345678") return Q:pop(8) end)()  =>  "12345678"  8
    (function() Q:push("\0\255") return (Q:pop(2)):byte(1, -1) end)()  =>  0  255
    (function() Q:push("") return Q:pop(0) end)()  =>  ""  0
    `,
  )
})

t.test('failures change nothing', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() Q = require("fifo").new(5) Q:push("12345678") Q:push("x") end)()  =>  ERROR "bad argument #2 to 'push' (not enough space)"
    Q:pop(-1)  =>  ERROR "resulting string too large"
    Q:pop("x")  =>  ERROR "bad argument #2 to 'pop' (number expected, got string)"
    Q:push({})  =>  ERROR "bad argument #2 to 'push' (string expected, got table)"
    Q:pop(8)  =>  "12345678"  8
    Q.push(require("data").new(1), "x")  =>  ERROR "bad argument #1 to 'push' (invalid object)"
    Q.pop(nil, 1)  =>  ERROR "chunk:1: bad argument #1 to 'pop' (invalid object)"
    (function() Q:close() return Q:pop(1) end)()  =>  ERROR "bad argument #1 to 'pop' (null pointer dereference)"
    Q:close()  =>
    require("fifo").new(1)  =>  ERROR "chunk:1: failed to allocate kfifo (-22)"
    require("fifo").new(-1)  =>  ERROR "chunk:1: failed to allocate kfifo (-22)"
    pcall(require("fifo").new, tonumber("8589934592"))  =>  false  "failed to allocate kfifo (-22)"
    require("fifo").new()  =>  ERROR "chunk:1: bad argument #1 to 'new' (number expected, got no value)"
    require("fifo").new(${lunatik_conf.memory * 2})  =>  ERROR "chunk:1: failed to allocate kfifo (-12)"
    `,
  )
})

t.test('runtimes share a fifo, whose bytes count for the one that made it', async (t) => {
  const a = evaluator(t)
  const b = evaluator(t, false)
  const before = lunatik_allocated(a)
  evaluate(a, '(function() Q = require("fifo").new(100) end)()')
  t.equal(lunatik_allocated(a), before + 128)
  const object = share(a, b, 'Q')
  evaluate(a, 'Q:push("hello")')
  t.equal(evaluate(b, 'Q:pop(9)'), '"hello"  5')
  lunatik_stop(a)
  t.equal(evaluate(b, 'Q:pop(9)'), '""  0')
  lunatik_stop(b)
  t.equal(object.kref, 0)
  t.equal(lunatik_allocated(a), 0)
})
