// What lbaselib.c of the kernel does otherwise; most lines are as the kernel answered.
import t from 'tap'
import { collects, onlyWide, wide } from '../engine.js'
import { agrees, evaluate, state } from './evaluate.js'

t.test('tonumber reads integers only, of all that hold in 64 bits', async (t) => {
  agrees(
    t,
    String.raw`
    tonumber("42"), tonumber("0x1F"), tonumber("  7  "), tonumber("1.5"), tonumber("1e3"), tonumber("abc"), tonumber(""), tonumber("9223372036854775808")  =>  42  31  7  nil  nil  nil  nil  nil
    tonumber("ff", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("7", 8), tonumber("-ff", 16)  =>  255  1295  nil  7  -255
    tonumber(nil)  =>  nil
    tonumber()  =>  ERROR "chunk:1: bad argument #1 to 'tonumber' (value expected)"
    tonumber("10", 1)  =>  ERROR "chunk:1: bad argument #2 to 'tonumber' (base out of range)"
    tonumber("10", 37)  =>  ERROR "chunk:1: bad argument #2 to 'tonumber' (base out of range)"
    tonumber(10, 10)  =>  ERROR "chunk:1: bad argument #1 to 'tonumber' (string expected, got number)"
    tonumber(5), tonumber({}), tonumber(true), tonumber(print)  =>  5  nil  nil  nil
    tonumber("\t\n 0x10\v\f\r"), tonumber("- 1"), tonumber("--1"), tonumber("+5"), tonumber("0x"), tonumber("1\0"), tonumber("1 2")  =>  16  nil  nil  5  nil  nil  nil
    tonumber(".5"), tonumber("5."), tonumber("0x.8"), tonumber("0x1p4"), tonumber("inf"), tonumber("nan")  =>  nil  nil  nil  nil  nil  nil
    tonumber("9007199254740992") == tonumber("9007199254740991") + 1, tonumber("-9223372036854775808") < 0  =>  true  true
    tonumber("0xffffffffffffffff"), tonumber("-0x1"), tonumber("0x10000000000000001")  =>  -1  -1  1
    ${onlyWide(`
    tonumber("9223372036854775807"), tonumber("-9223372036854775808"), tonumber("-9223372036854775809")  =>  9223372036854775807  -9223372036854775808  nil
    tonumber("9007199254740993"), tonumber("0x7fffffffffffffff"), tonumber("0x8000000000000000") == math.mininteger  =>  9007199254740993  9223372036854775807  true
    `)}
    `,
  )
})

t.test('tostring shows a place as the kernel prints a pointer, one for each value', async (t) => {
  agrees(
    t,
    `
    tostring({}):match("^table: %x+$") and #tostring({}), #tostring(print), #tostring(coroutine.create(print))  =>  23  26  24
    (function() local t = {} return tostring(t) == tostring(t), tostring(t) == tostring({}), tostring(print) == tostring(type) end)()  =>  true  false  false
    (function() local f, g = function() return 1 end, function() return 2 end return tostring(f) == tostring(f), tostring(f) == tostring(g) end)()  =>  true  false
    tostring(setmetatable({}, {__name = "MyType"})):match("^MyType: (%x+)$"):len()  =>  16
    tostring(setmetatable({}, {__name = 5})):match("^table: ")  =>  "table: "
    tostring(setmetatable({}, {__tostring = function(t) return "mine" end, __name = "MyType"}))  =>  "mine"
    tostring(setmetatable({}, {__tostring = function(t) return {} end}))  =>  ERROR "chunk:1: '__tostring' must return a string"
    tostring(nil), tostring(true), tostring(-0), tostring("x")  =>  "nil"  "true"  "0"  "x"
    tostring(12345678901234), tostring(-1)  =>  "12345678901234"  "-1"
    tostring()  =>  ERROR "chunk:1: bad argument #1 to 'tostring' (value expected)"
    `,
  )
})

t.test('pairs gives four results, and __pairs three of them', async (t) => {
  agrees(
    t,
    `
    pairs(nil)  =>  function: PTR  nil  nil  nil
    select("#", pairs({})), (pairs({})) == next  =>  4  true
    pairs()  =>  ERROR "chunk:1: bad argument #1 to 'pairs' (value expected)"
    pairs(setmetatable({}, {__pairs = function(t) return 1, 2, 3, 4 end}))  =>  1  2  3  nil
    pairs(setmetatable({}, {__pairs = function(t) return 1 end}))  =>  1  nil  nil  nil
    (function() local n = 0 for k, v in pairs({1, 2, a = 3}) do n = n + v end return n end)()  =>  6
    (function() next = nil for k, v in pairs({5}) do return k, v end end)()  =>  1  5
    (function() for _ in pairs(nil) do end end)()  =>  ERROR "chunk:1: bad argument #1 to 'for iterator' (table expected, got nil)"
    (function() local co = coroutine.wrap(function() for k, v in pairs(setmetatable({}, {__pairs = function(t) coroutine.yield("in") return function(_, i) if i < 3 then return i + 1 end end, nil, 0 end})) do coroutine.yield(k) end return "end" end) return co(), co(), co(), co(), co() end)()  =>  "in"  1  2  3  "end"
    `,
  )
})

t.test('load reads a string or what a function gives, in a mode and with an environment', async (t) => {
  agrees(
    t,
    String.raw`
    load("return 1 +")  =>  nil  "[string \"return 1 +\"]:1: unexpected symbol near <eof>"
    load("syntax error")  =>  nil  "[string \"syntax error\"]:1: syntax error near 'error'"
    load("return 1", "=chunkname", "t")()  =>  1
    load("x", "=name", "b")  =>  nil  "attempt to load a text chunk (mode is 'b')"
    load(string.dump(function() end), "=name", "t")  =>  nil  "attempt to load a binary chunk (mode is 't')"
    load(function() return nil end)  =>  function: PTR
    load("return ...", "n", "t", {})(5)  =>  5
    load("return x", "n", "t", {x = 7})()  =>  7
    load("x = 1 return _ENV", "n", "t", nil)  =>  function: PTR
    pcall(load("return x", "=n", "t", nil))  =>  false  "n:1: attempt to index a nil value (upvalue '_ENV')"
    (function() local i, pieces = 0, {"ret", "urn ", "1 .. ", "2", ""} return load(function() i = i + 1 return pieces[i] end)(), i end)()  =>  "12"  5
    load(function() return {} end)  =>  nil  "reader function must return a string"
    load(function() error("from reader", 0) end)  =>  nil  "from reader"
    load(function() error({}) end)  =>  nil  table: PTR
    load({})  =>  ERROR "chunk:1: bad argument #1 to 'load' (function expected, got table)"
    load()  =>  ERROR "chunk:1: bad argument #1 to 'load' (function expected, got no value)"
    (function() local once = "x =" return load(function() local r = once once = nil return r end) end)()  =>  nil  "(load):1: unexpected symbol near <eof>"
    (function() local s = ("x"):rep(1 << 20) return load(function() return s end) end)()  =>  nil  "not enough memory"
    load("=", "@file.lua")  =>  nil  "file.lua:1: unexpected symbol near '='"
    load(5)  =>  nil  "[string \"5\"]:1: unexpected symbol near '5'"
    load("return 1.5")  =>  nil  "[string \"return 1.5\"]:1: malformed number near '.5'"
    load(string.dump(load("return 7 / 2")))()  =>  3
    `,
  )
})

t.test('error names a nil, and has the place of its level', async (t) => {
  agrees(
    t,
    `
    error("msg")  =>  ERROR "chunk:1: msg"
    error("msg", 0)  =>  ERROR "msg"
    error("msg", 2)  =>  ERROR "msg"
    error()  =>  ERROR "<no error object>"
    error(nil)  =>  ERROR "<no error object>"
    error({})  =>  ERROR table: PTR
    pcall(error), select("#", pcall(error))  =>  false  2
    pcall(error, nil)  =>  false  "<no error object>"
    xpcall(error, function(m) return "handled: " .. tostring(m) end, "boom")  =>  false  "handled: boom"
    error(5), 1  =>  ERROR 5
    `,
  )
})

t.test("collectgarbage has Lua 5.5's options, and the kernel's results", async (t) => {
  agrees(
    t,
    `
    collectgarbage(), collectgarbage("collect")  =>  0  0
    collectgarbage("step") == true or collectgarbage("step") == false  =>  true
    collectgarbage("isrunning")  =>  true
    collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning")  =>  0  ${!collects}  0  true
    collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("incremental")  =>  "incremental"  "incremental"  "generational"
    collectgarbage("param", "pause")  =>  250
    collectgarbage("param", "pause", 300), collectgarbage("param", "pause"), collectgarbage("param", "pause", 250)  =>  250  300  300
    collectgarbage("param", "stepmul"), collectgarbage("param", "stepsize"), collectgarbage("param", "minormul")  =>  200  9600  20
    collectgarbage("param", "bogus")  =>  ERROR "chunk:1: bad argument #2 to 'collectgarbage' (invalid option 'bogus')"
    collectgarbage("bogus")  =>  ERROR "chunk:1: bad argument #1 to 'collectgarbage' (invalid option 'bogus')"
    collectgarbage("setpause", 100)  =>  ERROR "chunk:1: bad argument #1 to 'collectgarbage' (invalid option 'setpause')"
    `,
  )
})

const noCollector = !collects && "JavaScript's collector serves, at its own times"

t.test('collectgarbage collects, and counts bytes', { skip: noCollector }, async (t) => {
  const L = state(t)
  const kept =
    '(function() collectgarbage() local before = collectgarbage("count") kept = ("x"):rep(100000) return collectgarbage("count") - before >= 100000 end)()'
  t.equal(evaluate(L, kept), 'true')
  const freed =
    '(function() collectgarbage() local before = collectgarbage("count") kept = nil collectgarbage() return before - collectgarbage("count") >= 100000 end)()'
  t.equal(evaluate(L, freed), 'true')
  const finalized =
    '(function() local n = 0 for i = 1, 10 do setmetatable({}, {__gc = function() n = n + 1 end}) end collectgarbage() return n end)()'
  t.equal(evaluate(L, finalized), '10')
  const weak =
    '(function() local t = setmetatable({{}, {}, x = {}}, {__mode = "v"}) collectgarbage() return #t, t.x end)()'
  t.equal(evaluate(L, weak), '0  nil')
})

t.test('what the kernel says of itself', async (t) => {
  agrees(
    t,
    `
    _VERSION  =>  "Lua 5.5-kernel"
    type(math.maxinteger), math.maxinteger + 1 == math.mininteger  =>  "number"  true
    ${wide ? 'math.maxinteger  =>  9223372036854775807' : ''}
    `,
  )
})
