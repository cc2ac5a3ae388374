import t from 'tap'
import { checked, finds, placesOf } from './checked.js'

const [missing, unknown] = ['error missing-global', 'warning unknown-global']

t.test('globals that the kernel has not', async (t) => {
  finds(t, [
    ['print(os.time())', `1:7 ${missing}`],
    ['print(unpack({}), arg[1])', `1:7 ${missing}`, `1:19 ${missing}`],
    ['loadstring("x")', `1:1 ${missing}`],
    ['setfenv(1, {})', `1:1 ${missing}`],
    ['return bit32.band(1, 2), jit', `1:8 ${missing}`, `1:26 ${missing}`],
    ['return _G.os, _ENV.os', `1:8 ${missing}`, `1:15 ${missing}`],
    ['local o = os o.time()', `1:11 ${missing}`],
    ['local function f() return os.date() end', `1:27 ${missing}`],
    ['pcall(function() os.exit() end)', '1:18 warning missing-global'],
    ['return print and os', `1:18 ${missing}`],
  ])
  finds(t, [
    ['os = {} print(os.time())'],
    ['function unpack(t) end unpack({})'],
    ['_G.os = {} return os'],
    ['local os = { time = print } return os.time()'],
    ['local unpack = table.unpack or unpack'],
    ['local unpack = unpack or table.unpack'],
    ['local unpack = _VERSION == "Lua 5.1" and unpack or table.unpack'],
    ['if os then print(os.time()) end'],
    ['print(os and os.time())'],
    ['if type(os) == "table" then os.exit() end'],
    ['print(os == nil)'],
    ['local t = {} t.os = 1 return t.os, { arg = 1 }'],
    ['return "os.time()" -- os.time()'],
    ['local _ENV = {} return os'],
    ['function f(...) local arg = { ... } return arg[1] end'],
    ['setmetatable(_G, {}) return os'],
  ])
})

t.test('what to take instead', async (t) => {
  const message = (source: string) => checked(source)[0]?.message
  t.equal(message('os.time()'), "the kernel's Lua has no 'os': linux.time gives nanoseconds")
  t.equal(message('os.remove("x")'), "the kernel's Lua has no 'os'")
  t.equal(message('unpack({})'), "the kernel's Lua has no 'unpack': table.unpack does it")
})

t.test('globals that nothing sets', async (t) => {
  finds(t, [
    ['return foo', `1:8 ${unknown}`],
    ['foo() foo() bar.x = 1', `1:1 ${unknown}`, `1:13 ${unknown}`],
    ['global foo return foo', `1:19 ${unknown}`],
  ])
  finds(t, [
    ['foo = 1 return foo'],
    ['local function f() return foo end foo = 1'],
    ['global foo = 1 return foo'],
    ['global function foo() end return foo'],
    ['for foo = 1, 2 do print(foo) end'],
    ['if DEBUG then print(1) end'],
    ['return _G.foo'],
    ['return _VERSION, _LUNATIK_VERSION, _G, _ENV, warn, utf8, collectgarbage'],
  ])
  const shared = { globals: new Set(['foo', 'os']), added: new Set<string>() }
  t.strictSame(placesOf('return foo, os, bar', { shared }), [`1:17 ${unknown}`], 'what a required script sets')
})
