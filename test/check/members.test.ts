import t from 'tap'
import { checked, finds, placesOf } from './checked.js'

const [missing, own] = ['error missing-member', 'warning own-extension']

t.test('members of libraries', async (t) => {
  finds(t, [
    ['return math.floor(2)', `1:8 ${missing}`],
    ['return math.random(), math.huge, math.pi', `1:8 ${missing}`, `1:23 ${missing}`, `1:34 ${missing}`],
    ['io.write("x") io.popen("x") io.stdout:write("x")', `1:1 ${missing}`, `1:15 ${missing}`, `1:29 ${missing}`],
    ['return string.gfind, table.getn, debug.debug', `1:8 ${missing}`, `1:22 ${missing}`, `1:34 ${missing}`],
    ['return package.cpath, package.loaders', `1:8 ${missing}`, `1:23 ${missing}`],
    ['local floor = math.floor', `1:15 ${missing}`],
    ['local m = math return m.floor', `1:23 ${missing}`],
    ['return _G.math["floor"]', `1:8 ${missing}`],
    ['return string.trim("x")', '1:8 warning missing-member'],
    ['pcall(function() math.floor(1) end)', '1:18 warning missing-member'],
  ])
  finds(t, [
    ['return math.abs, math.max, math.min, math.maxinteger, math.mininteger, math.tointeger, math.ult'],
    ['return io.open, io.lines, io.type, table.create, string.pack, utf8.char, coroutine.close, debug.traceback'],
    ['function string.trim(s) end return string.trim("x")'],
    ['local s = string s.trim = 1 return string.trim'],
    ['string[print()] = 1 return string.trim'],
    ['local floor = math.floor or function(x) return x end'],
    ['if math.floor then math.floor(1) end'],
    ['return math.tointeger or math.floor'],
    ['local math = { floor = 1 } return math.floor'],
    ['return ("x").floor'],
  ])
  t.equal(
    checked('return math.huge')[0]?.message,
    "the kernel's math has no 'huge': there are integers only: math.maxinteger is the largest",
  )
  const shared = { globals: new Set<string>(), added: new Set(['string.trim']) }
  t.strictSame(placesOf('return string.trim', { shared }), [], 'what a required script adds')
})

t.test('members of modules and tables of constants', async (t) => {
  finds(t, [
    ['local linux = require("linux") linux.nosuch()', `1:32 ${missing}`],
    ['local stat = require "linux.stat" return stat.IFOO', `1:42 ${missing}`],
    ['return require("byteorder").hton128(1)', `1:8 ${missing}`],
    ['return require("linux.socket").af.NOPE', `1:8 ${missing}`],
    ['local new = require("device").make', `1:13 ${missing}`],
  ])
  finds(t, [
    ['local linux = require("linux") return linux.time()'],
    ['local stat = require "linux.stat" return stat.IRUGO | stat.IWUSR'],
    ['local linux = require("linux") linux.nosuch = 1 return linux.nosuch'],
    ['local linux = require("linux") if linux.nosuch then linux.nosuch() end'],
    ['local linux = require("linux") local name = "time" return linux[name], linux[print()]'],
    ['return require("lunatik")._ENV.anything, require("lunatik")._ENV["x"]'],
    ['local linux = require("linux") linux = print() return linux.nosuch'],
  ])
})

t.test('where else it is', async (t) => {
  const message = (source: string) => checked(source)[0]?.message
  t.equal(message('return require("linux").stat'), `linux has no 'stat': require("linux.stat") gives it`)
  t.equal(message('return require("linux").ntoh16'), "linux has no 'ntoh16': byteorder.ntoh16 is there")
  t.equal(message('return require("linux").new'), "linux has no 'new'")
})

t.test('a script may have the name of a module', async (t) => {
  finds(t, [['return require("fifo").anything']])
})

t.test('methods of objects', async (t) => {
  finds(t, [
    ['local c = require("completion").new() c:finish()', `1:39 ${missing}`],
    ['local d = require("data").new(8) return d:getfloat(0)', `1:41 ${missing}`],
    ['local f = io.open("x") f:setvbuf("no")', `1:24 ${missing}`],
    ['local dev = require("device").new({ name = "x" }) dev:notify()', `1:51 ${own}`],
  ])
  finds(t, [
    ['local c = require("completion").new() c:complete() c:wait(1)'],
    ['local d = require("data").new(8) return d:getint8(0), #d'],
    ['local t = require("rcu").table() t.x = 1 return t.y'],
    ['local i = require("mailbox").inbox(2) i.mine = 1 return i.mine, i.queue:pop(1)'],
    ['local Class = require("class")({}) local o = Class:new() o:anything()'],
  ])
})
