import t, { type Test } from 'tap'
import { lua_getglobal, lua_pushinteger, type lua_State, lua_tointeger } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { runtime } from './states.js'

/** Makes slices so short, in ms, that there are many, until the test ends. */
function short(t: Test) {
  const { slice } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { slice }))
  lunatik_conf.slice = 0.2
}

/** Calls the global `f` with `n`, as a callback. */
function call(L: lua_State, n: number) {
  lua_getglobal(L, 'f')
  lua_pushinteger(L, n)
  return lunatik_pcall(L, 1, 1, (L, status) => (status === 0 ? (lua_tointeger(L, -1) ?? -1) : -1))
}

t.test('a call that computes is suspended, and others have their turn meanwhile', async (t) => {
  short(t)
  const slow = runtime(t, 'function f(n) local sum = 0 for i = 1, n do sum = sum + i % 7 end return sum end')
  const quick = runtime(t, 'function f(n) return n end')
  const ret = lunatik_run(slow, call, 300_000)
  t.type(ret, Promise)
  let others = 0
  const done = ret instanceof Promise ? ret : Promise.resolve(ret)
  let over = false
  void done.then(() => (over = true))
  while (!over) {
    t.equal(lunatik_run(quick, call, 7), 7)
    others++
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(await done, 899_998)
  t.ok(others > 10, `${others} calls of another runtime`)
})
t.test('wherever it may yield: coroutines, metamethods, pcall', async (t) => {
  short(t)
  const r = runtime(
    t,
    `local mt = {__index = function(t, k) local s = 0 for i = 1, 3000 do s = s + 1 end return s + k end,
      __add = function(a, b) local s = 0 for i = 1, 3000 do s = s + 1 end return s end}
     function f(n)
       local t, sum = setmetatable({}, mt), 0
       local co = coroutine.wrap(function() for i = 1, n do local s = 0 for j = 1, 3000 do s = s + 1 end coroutine.yield(s) end end)
       for i = 1, n do
         local ok, v = pcall(function() local s = 0 for j = 1, 3000 do s = s + 1 end if i % 2 == 0 then error("x") end return s end)
         sum = sum + t[i] + (t + 1) + co() + (ok and v or 0)
       end
       return sum
     end`,
  )
  t.equal(await lunatik_run(r, call, 20), 20 * 9000 + 210 + 10 * 3000)
})
