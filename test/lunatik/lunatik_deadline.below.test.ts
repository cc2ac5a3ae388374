// The deadline reaches what no hook does: a single call of a library's function that takes for ever.
// variants: (default fengari)
// process: its own
import t from 'tap'
import { ENXIO, ETIMEDOUT as ETIME } from '../../src/errno.js'
import { lua_getglobal, lua_tointeger } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_handle, lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { as, callF } from '../lib/devices.js'
import { logged, runtime } from './states.js'

/** Bodies of functions that never come back by themselves, or not for long. */
const endless: Record<string, string> = {
  'a pattern that explodes': 'return ("a"):rep(200):find(("a*"):rep(60) .. "b")',
  'a pattern that explodes, below pcall and in gsub':
    'while true do pcall(string.gsub, ("a"):rep(200), ("a-"):rep(60) .. "b", "") end',
  'a search for balanced brackets in megabytes': 'return ("("):rep(4000000):find("%b()")',
  'a search for a plain text of megabytes':
    'local s, t = ("a"):rep(20000000), ("a"):rep(8000000) return s:find(t .. "b" .. t, 1, true)',
  'one that is no pattern': 'local s, t = ("a"):rep(20000000), ("a"):rep(8000000) return s:find(t .. "b" .. t)',
  'table.insert into what says that it has 2^40 elements':
    'table.insert(setmetatable({}, {__len = function() return 1 << 20 << 20 | 0x3fffffff end}), 1, 1)',
  'a text of megabytes that is loaded': 'return load("return {" .. ("{{{{{1},2},3},4},5},"):rep(400000) .. "}")',
  'a message handler that never returns': 'xpcall(error, function() while true do end end)',
}

for (const [name, body] of Object.entries(endless)) {
  t.test(`${name} is ended`, async (t) => {
    const r = runtime(t, `function f() ${body} end function g() return "fine" end`)
    logged(t)
    lunatik_conf.deadline = 200
    t.match(await callF(r), -ETIME)
    t.equal(await callF(r, undefined, 'g'), 'fine')
  })
}

t.test('what would take long is answered at once', async (t) => {
  const log = logged(t)
  const r = runtime(
    t,
    `function f() local t = {"if x == 0 then y()"} for i = 1, 100000 do t[#t + 1] = " elseif x == " .. i .. " then y()" end
       t[#t + 1] = " end" return select(2, load(table.concat(t), "=c")) end
     function g() print(("x"):rep(20 << 20)) return "printed" end
     function h() return select(2, pcall(string.rep, "x", math.maxinteger)) .. #string.rep("", math.maxinteger) end`,
  )
  t.equal(await callF(r), "c:1: control structure too long near 'elseif'")
  t.equal(await callF(r, undefined, 'g'), 'printed')
  t.match(log[0], /x \[20938752 more characters were cut\]$/)
  t.match(await callF(r, undefined, 'h'), /not enough memory0$/)
})

/** Functions whose one call takes long, again and again: no hook comes between for 200 turns of the loop. */
const slow: Record<string, string> = {
  'string.rep': 'while true do ("x"):rep(8 << 20) end',
  'string.upper': 'local s = ("x"):rep(4 << 20) while true do s:upper() end',
  'string.reverse': 'local s = ("x"):rep(8 << 20) while true do s:reverse() end',
  'string.gsub': 'local s = ("x"):rep(1 << 20) while true do s:gsub("x", "y") end',
  'utf8.len': 'local s = ("x"):rep(8 << 20) while true do utf8.len(s) end',
  'utf8.offset': 'local s = ("x"):rep(8 << 20) while true do utf8.offset(s, 8 << 20) end',
  'table.sort': 'local t = {} for i = 1, 100000 do t[i] = i end while true do table.sort(t) end',
  'table.concat': 'local t = {} for i = 1, 200000 do t[i] = "x" end while true do table.concat(t) end',
  load: 'local s = ("x = 1 "):rep(20000) while true do load(s) end',
  collectgarbage: 'while true do collectgarbage() end',
}

t.test('what works longer than a slice is suspended as soon as it returns', async (t) => {
  const { slice, deadline } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { slice, deadline }))
  lunatik_conf.slice = 0.01
  lunatik_conf.deadline = 0
  for (const [name, body] of Object.entries(slow)) {
    const counted = body.replace('while true do', 'while true do loops = loops + 1')
    const r = runtime(t, `loops = 0 function f() ${counted} end`)
    const ret = as(() =>
      lunatik_run(r, (L) => {
        lua_getglobal(L, 'f')
        return lunatik_pcall(L, 0, 0, () => 0)
      }),
    )
    t.type(ret, Promise, name)
    const loops = lunatik_handle(r, (L) => {
      lua_getglobal(L, 'loops')
      return Number(lua_tointeger(L, -1))
    })
    t.ok(Number(loops) < 20, `${name}: ${loops} turns`)
    lunatik_stop(r)
    t.equal(await ret, -ENXIO)
  }
})
