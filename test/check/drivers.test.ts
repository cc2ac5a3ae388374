import t from 'tap'
import { checked, finds } from './checked.js'

const device = 'local device = require("device") '
const at = device.length

const [name, mode, callback, own, result] = [
  'device-name',
  'warning device-mode',
  'warning callback-name',
  'warning own-extension',
  'error bad-result',
]

t.test('names', async (t) => {
  finds(t, [
    [`${device}device.new({})`, `1:${at + 1} error ${name}`],
    [`${device}device.new({ mode = 0 })`, `1:${at + 1} error ${name}`],
    [`${device}local d = {} device.new(d)`, `1:${at + 14} error ${name}`],
    [`${device}device.new({ name = 5 })`, `1:${at + 1} error ${name}`],
    [`${device}device.new({ name = "" })`, `1:${at + 1} error ${name}`],
    [`${device}device.new({ name = "a%d" })`, `1:${at + 1} warning ${name}`],
    [`${device}pcall(function() device.new({}) end)`, `1:${at + 18} warning ${name}`],
  ])
  finds(t, [
    [`${device}device.new({ name = "a" })`],
    [`${device}device.new({ ["na" .. "me"] = "a" })`],
    [`${device}device.new({ [f()] = "a" }) function f() end`],
    [`${device}local d = {} d.name = "a" device.new(d)`],
    [`${device}local d = {} fill(d) device.new(d) function fill(d) end`],
    [`${device}local d = {} for k, v in pairs(base) do d[k] = v end device.new(d) base = {}`],
    [`${device}local d = setmetatable({}, { __index = base }) device.new(d) base = {}`],
    [`${device}local d = {} function d:init() self.name = "a" end d:init() device.new(d)`],
    [`${device}local d = {} if x() then d = y() end device.new(d) function x() end y = x`],
    [`${device}for i = 1, 3 do device.new({ name = "a" .. i }) end`],
    [`${device}local function make(d) device.new(d) end make({ name = "a" })`],
    ['local device = { new = print } device.new({})'],
  ])
  t.equal(checked(`${device}device.new({})`)[0]?.message, "bad field 'name' (string expected, got nil)")
})

t.test('modes', async (t) => {
  finds(t, [
    [`${device}device.new({ name = "a", mode = "rw" })`, `1:${at + 1} ${mode}`],
    [`${device}device.new({ name = "a", mode = true })`, `1:${at + 1} ${mode}`],
    [`${device}device.new({ name = "a", mode = 0666 })`, `1:${at + 1} ${mode}`],
  ])
  finds(t, [
    [`${device}device.new({ name = "a", mode = 438 })`],
    [`${device}device.new({ name = "a", mode = "438" })`],
    [`${device}device.new({ name = "a", mode = require("linux.stat").IRUGO | 2 })`],
    [`${device}device.new({ name = "a", mode = nil })`],
  ])
})

t.test('callbacks', async (t) => {
  finds(t, [
    [`${device}device.new({ name = "a", raed = function() end })`, `1:${at + 33} ${callback}`],
    [`${device}local d = { name = "a" } function d:wirte() end device.new(d)`, `1:${at + 26} ${callback}`],
    [`${device}device.new({ name = "a", close = function() end })`, `1:${at + 34} ${callback}`],
    [`${device}device.new({ name = "a", poll = function() end })`, `1:${at + 33} ${own}`],
    [`${device}local d = { name = "a" } function d.ioctl() end device.new(d)`, `1:${at + 26} ${own}`],
    [
      `${device}local d = { name = "a" } function d:read() return self.caller.pid end device.new(d)`,
      `1:${at + 51} ${own}`,
    ],
    [`${device}device.new({ name = "a", open = function(me) print(me.caller) end })`, `1:${at + 52} ${own}`],
  ])
  finds(t, [
    [`${device}local d = { name = "a" } function d:close() end function d:release() self:close() end device.new(d)`],
    [`${device}local d = { name = "a", reads = 0, caller = 1 } function d:read() return self.caller end device.new(d)`],
    [`${device}device.new({ name = "a", helper = function() end, red = 5, poll = 1 })`],
    ['local d = {} function d:raed() end function d:poll() return self.caller end'],
  ])
})

t.test('results that crash a kernel', async (t) => {
  const write = (body: string) => `${device}device.new({ name = "a", write = function(self, buf, off) ${body} end })`
  const read = (body: string) =>
    `${device}local d = { name = "a" }\nfunction d:read(len, off) ${body} end\ndevice.new(d)`
  finds(t, [
    [write('return "x"'), `1:${at + 66} ${result}`],
    [write('if off then return true end'), `1:${at + 78} ${result}`],
    [write('return 1, "x"'), `1:${at + 69} ${result}`],
    [write('return {}'), `1:${at + 66} ${result}`],
    [write('return print'), `1:${at + 66} ${result}`],
    [read('return "x", "y"'), `2:39 ${result}`],
    [read('local x = {} return "x", x'), `2:52 ${result}`],
  ])
  finds(t, [
    [write('return #buf, off')],
    [write('return "5"')],
    [write('return nil, "5"')],
    [write('return')],
    [write('local function f() return "x" end return f()')],
    [write('return require("linux.stat").IRUGO')],
    [read('return "x", nil')],
    [read('return true')],
    [read('return {}, off')],
    ['local d = {} function d:write() return "x" end'],
  ])
})

t.test('memory of no bytes', async (t) => {
  finds(t, [['local d = require("data").new(8) d:resize(0)', '1:34 error resize-zero']])
  finds(t, [
    ['local d = require("data").new(8) d:resize(8) d:resize(n) n = 0 n = 1'],
    ['local d = { resize = print } d:resize(0)'],
  ])
})

t.test('an errno that is raised', async (t) => {
  const raised = 'error{errno = require("linux.errno").EAGAIN}'
  finds(t, [
    [raised, `1:1 ${own}`, '1:15 warning own-extension'],
    ['local e = {} e.x = 1 local function f() error({errno = 11}) end f()', `1:41 ${own}`],
    ['pcall(function() error{errno = 11} end)'],
    ['error{code = 11}'],
    ['error("errno")'],
    ['local error = print error{errno = 11}'],
  ])
})
