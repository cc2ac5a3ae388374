// Drivers whose callbacks sleep below functions of the libraries, read by ordinary programs.
import t from 'tap'
import { LUA_COLLECTS } from '../../src/lua/lua.js'
import { noFuse } from './mounted.js'
import { scripted } from './scripted.js'

/** What each device's read gives; fengari has no `<close>`. */
const devices: Record<string, readonly [body: string, text: string]> = {
  gsub: ['return (("abc"):gsub(".", function(c) nap() return c:upper() end))', 'ABC'],
  sort: [
    'local t = {3, 1, 2} table.sort(t, function(a, b) nap() return a < b end) return table.concat(t, " ")',
    '1 2 3',
  ],
  tostring: ['return tostring(setmetatable({}, {__tostring = function() nap() return "text" end}))', 'text'],
  format: ['return ("<%s>"):format(setmetatable({}, {__tostring = function() nap() return "text" end}))', '<text>'],
  concat: [
    'return table.concat(setmetatable({}, {__index = function(_, i) nap() return "v" .. i end}), ",", 1, 3)',
    'v1,v2,v3',
  ],
  unpack: [
    'return select("#", table.unpack(setmetatable({}, {__index = function() nap() return 1 end}), 1, 3)) .. ""',
    '3',
  ],
  load: ['local n = 0 return load(function() nap() n = n + 1 return ({"return ", "\'loaded\'"})[n] end)()', 'loaded'],
  xpcall: ['return select(2, xpcall(error, function(m) nap() return "handled " .. m end, "boom"))', 'handled boom'],
  ...(LUA_COLLECTS && {
    coclose: [
      `local c = coroutine.create(function() local x <close> = setmetatable({}, {__close = nap}) coroutine.yield() end)
       coroutine.resume(c) return tostring(coroutine.close(c))`,
      'true',
    ] as const,
  }),
}

t.test(
  'each gives what it gives without a sleep, and another device answers meanwhile',
  { skip: noFuse },
  async (t) => {
    const bodies = Object.entries(devices).map(([name, [body]]) => `${name} = function() ${body} end,`)
    const { sh, log } = await scripted(
      t,
      {
        'sleeper.lua': `
local device, linux = require("device"), require("linux")
local function nap() linux.schedule(5) end
for name, f in pairs{${bodies.join('\n')}} do
  device.new{name = "sleep_" .. name, read = function(_, _, off) return off > 0 and "" or f() .. "\\n" end}
end`,
        'other.lua':
          'require("device").new{name = "other", read = function(_, _, off) return off > 0 and "" or "here\\n" end}',
      },
      ['--run', 'sleeper', '--run', 'other'],
    )
    const names = Object.keys(devices)
    const { stdout } = await sh(`for f in ${names.join(' ')}; do cat $MNT/sleep_$f & cat $MNT/other; wait; done`)
    const lines = stdout.trim().split('\n')
    t.equal(lines.filter((line) => line === 'here').length, names.length)
    t.strictSame(
      lines.filter((line) => line !== 'here'),
      names.map((name) => devices[name]?.[1]),
    )
    t.notMatch(log(), 'err:')
  },
)
