// The size of Lua's stack: the kernel's 200 slots. The numbers are those measured there, within 3.
import t, { type Test } from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { callF } from '../lib/devices.js'
import { logged, runtime } from './states.js'

/** What is measured, each by a call of its own: what a function has measured before takes room as well. */
const script = `
local bytes = {} for i = 1, 300 do bytes[i] = 65 end
local function most(f)
  for i = 1, 300 do if not pcall(f, i) then return i - 1 end end
  return 300
end
local measures = {
  function()
    local n = 0
    local function f(level) n = level f(level + 1) end
    pcall(f, 1)
    return n
  end,
  function()
    return coroutine.wrap(function()
      local n = 0
      pcall(coroutine.wrap(function() local function f(l) n = l f(l + 1) end f(1) end))
      return n
    end)()
  end,
  function() return most(function(i) return select("#", table.unpack(bytes, 1, i)) end) end,
  function() return most(function(i) return string.char(table.unpack(bytes, 1, i)) end) end,
  function() local function deep() deep() end return select(2, pcall(deep)):gsub("^.*/", "") end,
  function() return select(2, pcall(table.unpack, {}, 1, 1000)) end,
}
local next = 0
function f()
  next = next % #measures + 1
  return measures[next]()
end
for _ = 1, #measures do print(f()) end`

const expected = { top: [84, 97, 150, 150], called: [88, 97, 157, 157] } as const

const near = (t: Test, found: readonly unknown[], expected: readonly number[]) => {
  for (const [i, n] of expected.entries()) {
    const least = Number(found[i])
    t.ok(Math.abs(least - n) <= 3, `${least} is near ${n}`)
  }
}

t.test('as many levels and values as in a kernel, and its messages', async (t) => {
  const log = logged(t)
  const r = runtime(t, script)
  near(t, log, expected.top)
  const called = []
  for (let i = 0; i < 6; i++) called.push(await callF(r))
  near(t, called, expected.called)
  t.match(called[4], /^script\.lua:\d+: stack overflow/)
  t.equal(called[5], 'too many results to unpack')
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
