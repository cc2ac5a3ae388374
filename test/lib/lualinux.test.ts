import { networkInterfaces } from 'node:os'
import t from 'tap'
import '../../src/lib/libs.js'
import { onlyWide, wide } from '../engine.js'
import { agrees, evaluate, evaluator } from './eval.js'

t.test('random keeps to its range and reaches all of it', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("linux"))  =>  "difftime errname ifaddr ifindex lookup numcpus random schedule time tracing"
    type(require("linux").random()), require("linux").random(5, 5)  =>  "number"  5
    (function() local l = require("linux") for i = 1, 1000 do local r = l.random(3, 6) if r < 3 or r > 6 then return "out of range", r end end return "in range" end)()  =>  "in range"
    (function() local l = require("linux") local seen = {} for i = 1, 2000 do seen[l.random(3, 6)] = true end return seen[3], seen[4], seen[5], seen[6] end)()  =>  true  true  true  true
    (function() local l = require("linux") local seen = {} for i = 1, 2000 do seen[l.random(3)] = true end return seen[0], seen[1], seen[2], seen[3] end)()  =>  nil  true  true  true
    (function() local l = require("linux") local seen, n = {}, 0 for i = 1, 100 do local r = l.random() if not seen[r] then n = n + 1 end seen[r] = true if r | 0 ~= r then return r end end return n > 90 end)()  =>  true
    (function() local l = require("linux") local m = tonumber("9007199254740992") for i = 1, 100 do local r = l.random(-m, m) if r < -m or r > m then return r end end return "in range" end)()  =>  "in range"
    require("linux").random(6, 3)  =>  ERROR "chunk:1: bad argument #1 to 'random' (interval is empty)"
    require("linux").random(0)  =>  ERROR "chunk:1: bad argument #1 to 'random' (interval is empty)"
    require("linux").random(-3)  =>  ERROR "chunk:1: bad argument #1 to 'random' (interval is empty)"
    require("linux").random("a")  =>  ERROR "chunk:1: bad argument #1 to 'random' (number expected, got string)"
    require("linux").random(1, 2, 3)  =>  ERROR "chunk:1: wrong number of arguments"
    ${onlyWide(`
    (function() local ones, zeros, l = 0, -1, require("linux") for i = 1, 200 do local r = l.random() ones = ones | r zeros = zeros & r end return ones, zeros end)()  =>  -1  0
    (function() local ones, zeros, l = 0, -1, require("linux") for i = 1, 200 do local r = l.random(0, math.maxinteger) ones = ones | r zeros = zeros & r end return ones, zeros end)()  =>  9223372036854775807  0
    require("linux").random(math.maxinteger, math.maxinteger), require("linux").random(math.mininteger, math.mininteger)  =>  9223372036854775807  -9223372036854775808
    (function() local l = require("linux") for i = 1, 100 do local r = l.random(math.mininteger, math.mininteger + 1) if r > math.mininteger + 1 then return r end end return "in range" end)()  =>  "in range"
    require("linux").random(math.mininteger, -1) < 0, require("linux").random(-1, math.maxinteger - 1) >= -1  =>  true  true
    require("linux").random(math.mininteger, 0)  =>  ERROR "chunk:1: bad argument #1 to 'random' (interval too large)"
    require("linux").random(math.mininteger, math.maxinteger)  =>  ERROR "chunk:1: bad argument #1 to 'random' (interval too large)"
    `)}
    require("linux").random(tonumber("-9223372036854775808"), tonumber("4611686018427387904"))  =>  ERROR "chunk:1: bad argument #1 to 'random' (interval too large)"
    `,
  )
})

t.test('time is that of the clock, in nanoseconds', async (t) => {
  const r = evaluator(t)
  agrees(
    t,
    r,
    `
    (function() local l = require("linux") local a = l.time() local b = l.time() return type(a), b >= a, a > 1000000000000000000 end)()  =>  "number"  true  true
    require("linux").difftime(10, 4), require("linux").difftime(4, 10)  =>  6  -6
    require("linux").difftime(1)  =>  ERROR "chunk:1: bad argument #2 to 'difftime' (number expected, got no value)"
    `,
  )
  const earliest = Date.now() - 1000
  const now = Number(evaluate(r, 'require("linux").time() // 1000000'))
  t.ok(now >= earliest && now <= Date.now() + 1000, `${now}`)
  if (wide) {
    const nanoseconds = (ms: number) => BigInt(ms) * 1_000_000n
    const before = nanoseconds(Date.now() - 1000)
    const time = BigInt(evaluate(r, 'require("linux").time()'))
    t.ok(time >= before && time <= nanoseconds(Date.now() + 1000), `${time}, exact to the nanosecond`)
    const fine = '(function() for i = 1, 1000 do if require("linux").time() % 128 ~= 0 then return true end end end)()'
    t.equal(evaluate(r, fine), 'true', 'finer than what a float could hold')
    t.equal(evaluate(r, 'require("linux").difftime(math.maxinteger, 1)'), '9223372036854775806')
  }
  const began = performance.now()
  evaluate(r, '(function() T0 = require("linux").time() end)()')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const passed = Number(evaluate(r, 'require("linux").difftime(require("linux").time(), T0) // 1000000'))
  t.ok(passed >= 49 && passed <= performance.now() - began + 1, `${passed} ms`)
})

t.test('schedule checks its arguments as the kernel does', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    require("linux").schedule("x")  =>  ERROR "chunk:1: bad argument #1 to 'schedule' (number expected, got string)"
    require("linux").schedule(1, require("linux.task").RUNNING)  =>  ERROR "chunk:1: bad argument #2 to 'schedule' (invalid task state)"
    pcall(require("linux").schedule, {})  =>  false  "bad argument #1 to 'linux.schedule' (number expected, got table)"
    pcall(require("linux").schedule, true)  =>  false  "bad argument #1 to 'linux.schedule' (number expected, got boolean)"
    pcall(require("linux").schedule, 60, {})  =>  false  "bad argument #2 to 'linux.schedule' (number expected, got table)"
    `,
  )
})

t.test('names, numbers and devices', async (t) => {
  const r = evaluator(t)
  agrees(
    t,
    r,
    String.raw`
    require("linux").errname(2), require("linux").errname(-2), require("linux").errname(0), require("linux").errname(9999), require("linux").errname(512)  =>  "ENOENT"  "ENOENT"  "unknown"  "unknown"  "ERESTARTSYS"
    require("linux").errname("x")  =>  ERROR "chunk:1: bad argument #1 to 'errname' (number expected, got string)"
    require("linux").numcpus() >= 1  =>  true
    require("linux").ifindex("nosuchif")  =>  ERROR "chunk:1: bad argument #1 to 'ifindex' (device not found)"
    require("linux").ifindex("../net/lo")  =>  ERROR "chunk:1: bad argument #1 to 'ifindex' (device not found)"
    require("linux").ifaddr(require("linux").ifindex("lo"))  =>  "\0\0\0\0\0\0"
    require("linux").ifaddr(12345)  =>  ERROR "chunk:1: bad argument #1 to 'ifaddr' (device not found)"
    type(require("linux").lookup("vfs_read")), require("linux").lookup("no_such_symbol_xyz")  =>  "userdata"  userdata: PTR
    require("linux").lookup()  =>  ERROR "chunk:1: bad argument #1 to 'lookup' (string expected, got no value)"
    require("linux").tracing()  =>  true
    require("linux").tracing(true), require("linux").tracing(false), require("linux").tracing()  =>  true  false  false
    require("linux").tracing("x")  =>  true
    require("linux").nosuch  =>  nil
    require("linux.nosuch")  =>  ERROR "error loading module 'linux.nosuch' from file 'linux.nosuch':\n\9luaopen_linux_nosuch not found in kernel symbol table"
    `,
  )
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const index = evaluate(r, `require("linux").ifindex("${name}")`)
    t.match(index, /^\d+$/)
    const bytes = `(require("linux").ifaddr(${index}):gsub(".", function(c) return (":%02x"):format(c:byte()) end))`
    t.equal(evaluate(r, bytes), `":${addresses[0]?.mac}"`)
  }
})
