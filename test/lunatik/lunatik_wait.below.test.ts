// Lua sleeps below the functions of the libraries that call it back, and they give what they always do.
// process: its own
import t from 'tap'
import '../../src/lib/libs.js'
import { collects } from '../engine.js'
import { callF, WAITS } from '../lib/devices.js'
import { runtime } from './states.js'

/** Each is a function body that sleeps several times, and what it returns. */
const places: Record<string, readonly [body: string, result: string]> = {
  'a function of string.gsub': ['return (("abc"):gsub(".", function(c) schedule(1) return c:upper() end))', 'ABC'],
  'a function of string.gsub that replaces some and finds nothing at times': [
    `local r, n = ("hello world"):gsub("o*", function(c) schedule(1) if c == "o" then return "0" end return false end)
     local captures = ("k=v, x=y"):gsub("(%w)=(%w)()", function(k, v, at) schedule(1) return v .. k .. at end, 1)
     return r .. n .. captures .. ("abc"):gsub("^.", function() schedule(1) return 7 end)`,
    'hell0 w0rld10vk4, x=y7bc',
  ],
  'the __index of string.gsub’s table': [
    'return (("abc"):gsub("[ab]", setmetatable({b = "B"}, {__index = function(_, k) schedule(1) return k .. k end})))',
    'aaBc',
  ],
  'a comparison of table.sort': [
    `local t = {} for i = 1, 40 do t[i] = i * 17 % 41 end
     table.sort(t, function(a, b) schedule(1) return a > b end) return table.concat(t, " ", 1, 3) .. #t .. t[40]`,
    '40 39 38401',
  ],
  'table.sort without a function, of what has __lt, __index and __newindex': [
    `local mt = {__lt = function(a, b) schedule(1) return a.v < b.v end}
     local held = {} for i, v in ipairs{3, 1, 2} do held[i] = setmetatable({v = v}, mt) end
     local t = setmetatable({}, {__len = function() schedule(1) return 3 end,
       __index = function(_, i) schedule(1) return held[i] end, __newindex = function(_, i, v) schedule(1) held[i] = v end})
     table.sort(t) return held[1].v .. held[2].v .. held[3].v`,
    '123',
  ],
  '__tostring below tostring, print and string.format': [
    `local t = setmetatable({}, {__tostring = function() schedule(1) return "text" end})
     print(t) return tostring(t) .. ("<%s %d %5s>"):format(t, 1, t)`,
    'text<text 1  text>',
  ],
  'the metamethods of table.concat': [
    `local t = setmetatable({}, {__index = function(_, i) schedule(1) return "v" .. i end, __len = function() schedule(1) return 2 end})
     return table.concat(t, ",", 1, 3) .. table.concat(t)`,
    'v1,v2,v3v1v2',
  ],
  'the metamethods of table.unpack': [
    `local t = setmetatable({}, {__index = function(_, i) schedule(1) return i * 2 end, __len = function() schedule(1) return 3 end})
     local a, b, c, d = table.unpack(t) return a + b + c .. tostring(d) .. select("#", table.unpack(t, 5, 9))`,
    '12nil5',
  ],
  'the metamethods of table.insert, remove and move': [
    `local held = {1, 2}
     local mt = {__len = function() schedule(1) return #held end, __index = function(_, i) schedule(1) return held[i] end,
       __newindex = function(_, i, v) schedule(1) held[i] = v end, __eq = function() schedule(1) return true end}
     local t = setmetatable({}, mt)
     table.insert(t, 3) table.insert(t, 1, 0)
     local out = table.remove(t, 2) .. table.remove(t)
     table.move(t, 1, 2, 2, setmetatable({}, mt)) return out .. table.concat(held, " ")`,
    '130 0 2',
  ],
  'the __index of ipairs': [
    `local r = "" for i, v in ipairs(setmetatable({"own"}, {__index = function(_, i) schedule(1) if i < 4 then return "v" .. i end end})) do
       r = r .. i .. v end return r`,
    '1own2v23v3',
  ],
  '__index over another table': [
    'return table.concat(setmetatable({}, {__index = setmetatable({}, {__index = function(_, i) schedule(1) return i end})}), "", 1, 3)',
    '123',
  ],
  'arithmetic between a string and what has a metamethod': [
    'return "1.x" + setmetatable({}, {__add = function(a) schedule(1) return a .. "!" end})',
    '1.x!',
  ],
  'the function that load reads from': [
    `local n = 0
     local f = assert(load(function() schedule(1) n = n + 1 return ({"return ", "...", ""})[n] end, "=c", "t", {}))
     local g, e = load(function() schedule(1) error("boom", 0) end)
     return f("loaded") .. tostring(g) .. e .. select(2, load(function() schedule(1) return {} end))`,
    'loadednilboomreader function must return a string',
  ],
  'a searcher of require, and the module that it finds': [
    `package.searchers[4], package.searchers[3] = package.searchers[3], function(name) schedule(1)
       if name == "found" then return function(...) schedule(1) return select("#", ...) .. name end, "data" end end
     return require("found")`,
    '2found',
  ],
  'what rcu.map and cpu.foreach call': [
    `local rcu, t, sum = require("rcu"), require("rcu").table(), 0
     t.a, t.b = 1, 2 rcu.map(t, function(_, v) schedule(1) sum = sum + v end)
     local cpus = 0 require("cpu").foreach_online(function() schedule(1) cpus = cpus + 1 end)
     return sum .. tostring(cpus == require("cpu").num_online())`,
    '3true',
  ],
  'the message handler of xpcall': [
    `local function h(m) schedule(1) local info = tostring(debug.getinfo(2, "f").func == error) schedule(1) return "handled " .. m .. info end
     local _, e = xpcall(function() error("boom", 0) end, h)
     local _, n = xpcall(function() local x = nil + 1 end, function(m) schedule(1) return m:match("arithmetic on a nil") end)
     local ok, c = xpcall(nil, function(m) schedule(1) return m .. "!" end)
     return e .. n .. tostring(ok) .. c .. schedule(1)`,
    'handled boomtruearithmetic on a nilfalseattempt to call a nil value!slept',
  ],
  'a message handler, with protected calls inside and outside of it': [
    `local ok, v, e = pcall(function()
       local _, m = xpcall(function() pcall(error, "inner") error({"object"}) end, function(m)
         schedule(1) local _, again = pcall(error, "again") schedule(1)
         return m[1] .. again .. coroutine.wrap(function() return schedule(1) end)() end)
       return m, select(2, xpcall(error, function(m) schedule(1) error("in handler", 0) end, "x")) end)
     return tostring(ok) .. v .. tostring(e ~= nil)`,
    'trueobjectagainslepttrue',
  ],
  'a message handler in a coroutine': [
    `local f = coroutine.wrap(function() local _, m = xpcall(error, function(m) schedule(1) return m .. m end, "x")
       coroutine.yield(m) return schedule(1) end) return f() .. f()`,
    'xxslept',
  ],
  'all of them at once': [
    `return (("ab"):gsub(".", function(c)
       local t = {c, "z", "y"} table.sort(t, function(a, b) schedule(1)
         return tostring(setmetatable({}, {__tostring = function() schedule(1) return a end})) < b end)
       return coroutine.wrap(function() return table.concat(t) .. schedule(1):sub(1, 1) end)() end))`,
    'ayzsbyzs',
  ],
  'errors, which are what they always are': [
    `local function e(f, ...) return select(2, pcall(f, ...)):gsub("^.-:%d+: ", "@") .. ";" end
     return e(table.sort, {1, 2, 3, 4, 5}, function() schedule(1) return true end)
       .. e(table.concat, setmetatable({}, {__index = function() schedule(1) return {} end}), "", 1, 1)
       .. e(("x").gsub, "x", ".", function() schedule(1) return {} end)
       .. e(tostring, setmetatable({}, {__tostring = function() schedule(1) return {} end}))
       .. e(table.insert, setmetatable({}, {__len = function() schedule(1) return "x" end}), 1)`,
    `invalid order function for sorting;invalid value (at index 1) in table for 'concat';${''}invalid replacement value (a table);'__tostring' must return a string;object length is not an integer;`,
  ],
}

/** The same, of to-be-closed variables, which only one of the engines has. */
const closing: typeof places = {
  '__close, at the end of a block, on an error and in coroutine.close': [
    `local log = ""
     local function c(n) return setmetatable({}, {__close = function(_, e) schedule(1) log = log .. n .. tostring(e) schedule(1) end}) end
     do local x <close>, y = c("a") end
     pcall(function() local x <close> = c("b") local y <close> = c("c") error("e", 0) end)
     local co = coroutine.create(function() local x <close> = c("d") local y <close> = c("f") coroutine.yield() end)
     coroutine.resume(co)
     local ok, err = coroutine.close(co)
     return log .. tostring(ok) .. tostring(err) .. coroutine.status(co)`,
    'anilcebefnildniltruenildead',
  ],
  'coroutine.close of a coroutine whose closing fails, or that has failed': [
    `local function c(f) return setmetatable({}, {__close = f}) end
     local seen = {}
     local co = coroutine.create(function()
       local x <close> = c(function(_, e) schedule(1) seen[#seen + 1] = tostring(e) end)
       local y <close> = c(function(_, e) schedule(1) error("closing", 0) end) coroutine.yield() end)
     coroutine.resume(co)
     local ok, e = coroutine.close(co)
     local failed = coroutine.create(function() local x <close> = c(function(_, e) schedule(1) seen[#seen + 1] = e end) error("failed", 0) end)
     coroutine.resume(failed)
     local ok2, e2 = coroutine.close(failed)
     local _, e3 = pcall(coroutine.wrap(function() local x <close> = c(function(_, e) schedule(1) seen[#seen + 1] = e end) error("wrapped", 0) end))
     return tostring(ok) .. e .. tostring(ok2) .. e2 .. e3:gsub("^.-: ", "") .. table.concat(seen, ",")`,
    'falseclosingfalsefailedwrappedclosing,failed,wrapped',
  ],
}

for (const [place, [body, result]] of Object.entries({ ...places, ...(collects ? closing : {}) })) {
  t.test(`Lua sleeps below ${place}`, async (t) => {
    const slept = runtime(t, `${WAITS}function f() ${body} end`)
    t.equal(await callF(slept), result)
    const awake = runtime(t, `${WAITS}local function schedule() return "slept" end function f() ${body} end`)
    t.equal(await callF(awake), result, 'without a sleep')
  })
}
