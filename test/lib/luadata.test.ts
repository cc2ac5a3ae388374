import t from 'tap'
import '../../src/lib/luadata.js'
import '../../src/lib/luarcu.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { lunatik_allocated } from '../../src/lunatik/lunatik_mem.js'
import { onlyWide } from '../engine.js'
import { logged } from '../lunatik/states.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

t.test('bytes, integers and strings are read and written as on the kernel', async (t) => {
  agrees(
    t,
    evaluator(t),
    String.raw`
    keys(require("data"))  =>  "new"
    (function() local d = require("data").new(8) return #d, tostring(d), d:getstring(0):byte(1, -1) end)()  =>  8  "\0\0\0\0\0\0\0\0"  0  0  0  0  0  0  0  0
    keys(getmetatable(require("data").new(8)))  =>  "__gc __index __len __tostring checksum getbyte getint16 getint32 getint64 getint8 getnumber getstring getuint16 getuint32 getuint8 resize setbyte setint16 setint32 setint64 setint8 setnumber setstring setuint16 setuint32 setuint8"
    (function() local d = require("data").new(8) d:setbyte(0, 255) d:setint8(1, -1) return d:getbyte(0), d:getint8(0), d:getuint8(1) end)()  =>  255  -1  255
    (function() local d = require("data").new(8) d:setint32(0, -2) return d:getuint32(0) == 4294967294, d:getint32(0), d:getint16(0), d:getuint16(0), d:getbyte(3) end)()  =>  true  -2  -2  65534  255
    (function() local d = require("data").new(8) d:setbyte(0, 256) return d:getbyte(0) end)()  =>  0
    (function() local d = require("data").new(8) d:setbyte(0, 300) d:setbyte(1, -1) return d:getbyte(0), d:getbyte(1) end)()  =>  44  255
    (function() local d = require("data").new(8) d:setstring(2, "hey") return d:getstring(0), d:getstring(2, 3), d:getstring(2) end)()  =>  "\0\0hey\0\0\0"  "hey"  "hey\0\0\0"
    (function() local d = require("data").new(8) d:setint64(0, tonumber("-9223372036854775808")) return d:getint64(0) == tonumber("-9223372036854775808"), d:getbyte(7), d:getnumber(0) < 0 end)()  =>  true  128  true
    ${onlyWide(`
    (function() local d = require("data").new(8) d:setint64(0, 0x0102030405060708) return d:getint64(0), d:getbyte(0), d:getbyte(7), d:getnumber(0) == 0x0102030405060708 end)()  =>  72623859790382856  8  1  true
    (function() local d = require("data").new(8) d:setint64(0, math.maxinteger) return d:getint64(0), d:getint32(0), d:getuint32(4) end)()  =>  9223372036854775807  -1  2147483647
    (function() local d = require("data").new(8) d:setint32(0, math.mininteger + 5) d:setuint32(4, 0xffffffff87654321) return d:getint64(0), d:getuint32(4) end)()  =>  -8690466096928522235  2271560481
    (function() local d = require("data").new(8) d:setint64(0, (1 << 53) + 1) return d:getint64(0) end)()  =>  9007199254740993
    `)}
    (function() local d = require("data").new(16) d:setnumber(8, -2) return d:getint64(8), d:getuint16(14), d:getbyte(7) end)()  =>  -2  65535  0
    (function() local d = require("data").new(8) return d:nosuch() end)()  =>  ERROR "chunk:1: attempt to call a nil value (method 'nosuch')"
    (function() local d = require("data").new(8) d.x = 1 end)()  =>  ERROR "chunk:1: attempt to index a userdata value (local 'd')"
    (function() local d = require("data").new(8) return d.x end)()  =>  nil
    #require("data").new(8, "single"), #require("data").new(8, "shared")  =>  8  8
    require("data").getbyte  =>  nil
    #require("data").new("8")  =>  8
    `,
  )
})

t.test('what is out of bounds or of a wrong type raises as on the kernel', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() local d = require("data").new(8) return d:getbyte(8) end)()  =>  ERROR "bad argument #2 to 'getbyte' (out of bounds)"
    (function() local d = require("data").new(8) return d:getbyte(-1) end)()  =>  ERROR "bad argument #2 to 'getbyte' (out of bounds)"
    (function() local d = require("data").new(8) return d:getint32(5) end)()  =>  ERROR "bad argument #2 to 'getint32' (out of bounds)"
    (function() local d = require("data").new(8) return d:getint64(1) end)()  =>  ERROR "bad argument #2 to 'getint64' (out of bounds)"
    (function() local d = require("data").new(8) return d:setstring(6, "abc") end)()  =>  ERROR "bad argument #2 to 'setstring' (out of bounds)"
    (function() local d = require("data").new(8) return d:setint16(7, 1) end)()  =>  ERROR "bad argument #2 to 'setint16' (out of bounds)"
    (function() local d = require("data").new(8) return d:getstring(9) end)()  =>  ERROR "bad argument #2 to 'getstring' (out of bounds)"
    (function() local d = require("data").new(8) return d:getstring(8) end)()  =>  ERROR "bad argument #2 to 'getstring' (out of bounds)"
    (function() local d = require("data").new(8) return d:getstring(4, 5) end)()  =>  ERROR "bad argument #2 to 'getstring' (out of bounds)"
    (function() local d = require("data").new(8) return d:getstring(4, -1) end)()  =>  ERROR "bad argument #2 to 'getstring' (out of bounds)"
    (function() local d = require("data").new(8) return d:getbyte("x") end)()  =>  ERROR "bad argument #2 to 'getbyte' (number expected, got string)"
    (function() local d = require("data").new(8) return d:getbyte() end)()  =>  ERROR "bad argument #2 to 'getbyte' (number expected, got no value)"
    (function() local d = require("data").new(8, "single") return d.getbyte(d, 8) end)()  =>  ERROR "chunk:1: bad argument #2 to 'getbyte' (out of bounds)"
    (function() local d = require("data").new(8) return d.getbyte(5, 0) end)()  =>  ERROR "chunk:1: bad argument #1 to 'getbyte' (invalid object)"
    (function() local d = require("data").new(8) return pcall(d.getbyte, 5, 0) end)()  =>  false  "bad argument #1 to '?' (invalid object)"
    (function() local d = require("data").new(8) return d.getbyte(require("rcu").table(), 0) end)()  =>  ERROR "bad argument #1 to 'getbyte' (invalid object)"
    require("data").new()  =>  ERROR "chunk:1: bad argument #1 to 'new' (number expected, got no value)"
    require("data").new("abc")  =>  ERROR "chunk:1: bad argument #1 to 'new' (number expected, got string)"
    require("data").new(8, "bogus")  =>  ERROR "chunk:1: bad argument #2 to 'new' (invalid option 'bogus')"
    `,
  )
})

t.test('checksum and resize', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    (function() local d = require("data").new(8) return d:checksum() end)()  =>  65535
    (function() local d = require("data").new(3) d:setstring(0, "\\1\\2\\3") return d:checksum(), d:checksum(0, 2), d:checksum(1) end)()  =>  65019  65022  64765
    (function() local d = require("data").new(4) d:setint32(0, -1) return d:checksum() end)()  =>  0
    (function() local d = require("data").new(4) return d:checksum(4) end)()  =>  ERROR "bad argument #2 to 'checksum' (out of bounds)"
    (function() local d = require("data").new(8) d:resize(16) return #d end)()  =>  16
    (function() local d = require("data").new(8) d:setstring(0, "abcdefgh") d:resize(4) return #d, d:getstring(0) end)()  =>  4  "abcd"
    (function() local d = require("data").new(2) d:setstring(0, "ab") d:resize(4) return tostring(d) end)()  =>  "ab\\0\\0"
    (function() local d = require("data").new(2) return pcall(d.resize, d, 0), #d end)()  =>  false  2
    `,
  )
})

t.test('memory is counted against the runtime, and refused as on the kernel', async (t) => {
  const r = evaluator(t)
  agrees(
    t,
    r,
    `
    require("data").new(0)  =>  ERROR "chunk:1: not enough memory"
    require("data").new(-1)  =>  ERROR "chunk:1: not enough memory"
    require("data").new(9223372036854775807)  =>  ERROR "chunk:1: not enough memory"
    pcall(require("data").new, tonumber("8589934592"))  =>  false  "not enough memory"
    `,
  )
  const before = lunatik_allocated(r)
  evaluate(r, '(function() D = require("data").new(1000) end)()')
  t.equal(lunatik_allocated(r), before + 1000)
  evaluate(r, '(function() D:resize(10) end)()')
  t.equal(lunatik_allocated(r), before + 10)
  t.match(evaluate(r, `D:resize(${lunatik_conf.memory + 1})`), 'not enough memory')
  t.equal(evaluate(r, '#D'), '10')
})

t.test('runtimes share a block, also in interrupt context, until the last has stopped', async (t) => {
  const log = logged(t)
  const a = evaluator(t)
  const b = evaluator(t, false)
  evaluate(a, '(function() D = require("data").new(4) S = require("data").new(4, "single") end)()')
  const object = share(a, b, 'D')
  evaluate(a, '(function() D:setint32(0, 7) end)()')
  t.equal(evaluate(b, 'D:getint32(0)'), '7')
  t.throws(() => share(a, b, 'S'), /sharing S: -125/)
  t.match(log, [/'data': cannot share SINGLE object/])
  t.equal(object.kref, 2)
  lunatik_stop(a)
  t.equal(evaluate(b, 'D:getint32(0)'), '7')
  t.equal(lunatik_allocated(a), 4)
  lunatik_stop(b)
  t.equal(object.private, null)
  t.equal(lunatik_allocated(a), 0)
})
