// The size of Lua's stack: the kernel's 200 slots. The numbers are those measured there, within 3; within 4
// string.char's, and all with fengari.
import t from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { wide } from '../engine.js'
import { callF } from '../lib/devices.js'
import { logged, runtime } from './states.js'

const script = `
local bytes = {} for i = 1, 300 do bytes[i] = 65 end
local function depth()
  local n = 0
  local function f(level) n = level f(level + 1) end
  local ok, e = pcall(f, 1)
  return n, e
end
local function most(f)
  for i = 1, 300 do if not pcall(f, i) then return i - 1 end end
  return 300
end
function measure()
  local n, e = depth()
  local co = coroutine.wrap(function() local n = 0 pcall(coroutine.wrap(function() local function f(l) n = l f(l + 1) end f(1) end)) return n end)()
  local unpacked = most(function(i) return select("#", table.unpack(bytes, 1, i)) end)
  local _, e2 = pcall(table.unpack, {}, 1, 1000)
  local chars = most(function(i) string.char(table.unpack(bytes, 1, i)) end)
  return table.concat({n, co, unpacked, chars}, " ") .. " " .. e:gsub("^.*/", "") .. " " .. tostring(e2)
end
print(measure())
f = measure`

const near = (t: Tap, text: string | number | undefined, expected: readonly number[]) => {
  const found = String(text).split(' ').slice(0, expected.length).map(Number)
  t.ok(
    found.every((n, i) => Math.abs(n - (expected[i] as number)) <= (wide && i < 3 ? 3 : 4)),
    `${text} is near ${expected}`,
  )
}
type Tap = typeof t

t.test('as many levels and values as in a kernel, and its messages', async (t) => {
  const log = logged(t)
  const r = runtime(t, script)
  near(t as Tap, log[0], [84, 97, 150, 150])
  const called = await callF(r)
  near(t as Tap, called, [88, 97, 157, 157])
  t.match(called, / script\.lua:5: stack overflow .*too many results to unpack/)
})

t.test('more where it is asked for', async (t) => {
  lunatik_conf.stack = 2000
  t.teardown(() => {
    lunatik_conf.stack = 200
  })
  logged(t)
  const called = await callF(runtime(t, script))
  t.ok(Number(String(called).split(' ')[0]) > 900, String(called))
})

t.test('what overflows is caught, again and again, and the stack is as it was', async (t) => {
  const r = runtime(
    t,
    `local function deep(n) return 1 + deep(n + 1) end
     function f() for i = 1, 200 do assert(not pcall(deep, 1)) assert(select(2, xpcall(deep, function(m) return "h" .. m end, 1)):find("^h")) end
       local function g(n) if n == 0 then return 0 end return 1 + g(n - 1) end return g(80) end`,
  )
  t.equal(await callF(r), '80')
})
