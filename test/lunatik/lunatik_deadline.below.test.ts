// The deadline reaches what no hook does: a single call of a library's function that takes for ever.
// process: its own
import t from 'tap'
import { ETIMEDOUT as ETIME } from '../../src/errno.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { callF } from '../lib/devices.js'
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
