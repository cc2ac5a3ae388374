// Upstream's libraries that are written in Lua: lua/mailbox.lua, util.lua, class.lua, struct.lua, net.lua, netlink/, crypto/.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import '../../src/lib/libs.js'
import { onlyWide } from '../engine.js'
import { logged } from '../lunatik/states.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

const lua = fileURLToPath(new URL('../../../lua', import.meta.url))
const path = `package.path = package.path .. ";${lua}/?.lua"`

t.test('what one runtime sends another receives', async (t) => {
  const a = evaluator(t, true, path)
  const b = evaluator(t, true, path)
  t.equal(evaluate(a, 'keys(require("mailbox"))'), '"inbox outbox"')
  evaluate(a, '(function() Q, C = require("fifo").new(64), require("completion").new() end)()')
  share(a, b, 'Q')
  share(a, b, 'C')
  evaluate(b, '(function() local o = require("mailbox").outbox(Q, C) o:send("from sub") o:send("") o:send("x") end)()')
  const receive = 'require("mailbox").inbox(Q, C):receive(0)'
  t.equal(evaluate(a, receive), '"from sub"  8')
  t.equal(evaluate(a, receive), '""  0')
  t.equal(evaluate(a, receive), '"x"  1')
  t.match(evaluate(a, receive), /^ERROR ".*timeout"$/)
})

t.test('each end does one thing', async (t) => {
  const r = evaluator(t, true, path)
  t.match(evaluate(r, 'require("mailbox").inbox(64):send("x")'), 'receive-only mailbox')
  t.match(evaluate(r, 'require("mailbox").outbox(64):receive()'), 'send-only mailbox')
  t.match(evaluate(r, 'require("mailbox").outbox(16):send("123456789")'), 'not enough space')
  agrees(
    t,
    r,
    `
    (function() Q, C = require("fifo").new(64), require("completion").new() I = require("mailbox").inbox(Q, C) C:complete() return I:receive(0) end)()  =>  nil
    `,
  )
  evaluate(r, '(function() Q:push("abc") C:complete() end)()')
  t.match(evaluate(r, 'I:receive(0)'), 'malformed message')
})

t.test('util', async (t) => {
  const log = logged(t)
  const r = evaluator(t, true, path)
  agrees(
    t,
    r,
    `
    keys(require("util"))  =>  "bin2hex hex2bin log test"
    require("util").bin2hex("\\0a\\255"), require("util").bin2hex("")  =>  "0061ff"  ""
    require("util").hex2bin(4142)  =>  "AB"  2
    require("util").hex2bin("0061Fe7a")  =>  "\\0a\xfez"  4
    require("util").test("fine", function() end)  =>
    require("util").test("broken", function() error("why", 0) end)  =>
    `.replace('\xfe', '\ufffd'),
  )
  evaluate(r, 'require("util").test()')
  evaluate(r, 'require("util").log("many", 1, 2, nil, 3)')
  t.match(log, ['PASS\tfine', /^FAIL\tbroken\twhy\t\nstack traceback/, /^FAIL$/, /^MANY\t1\t2$/])
})

t.test('class and struct', async (t) => {
  agrees(
    t,
    evaluator(t, true, path),
    `
    keys(require("class")), keys(require("struct"))  =>  "not a table: function"  "not a table: function"
    (function() local P = require("class"){} function P:sum() return self.x + self.y end local Q = P:new{y = 2} return P:new{x = 1, y = 5}:sum(), Q:new{x = 1}:sum() end)()  =>  6  3
    (function() H = require("struct")(require("linux.netlink").layout.nlmsghdr) return H.size, #H:pack(16, 2, 3, 4, 5), H:unpack(H:pack(16, 2, 3, 4, 5)) end)()  =>  16  16  16  2  3  4  5  17
    (function() E = require("struct")(require("linux.netlink").layout.nlmsgerr) return #E:pack(-22), E:unpack(E:pack(-22)) end)()  =>  20  -22  21
    H:fieldsize("nlmsg_type"), H:fieldsize("nosuch"), H:unpack("x" .. H:pack(1, 2, 3, 4, 5), 2)  =>  2  nil  1  2  3  4  5  18
    (function() local I = require("struct")(require("linux.rtnetlink").layout.ifinfomsg) return I:pack(1, 2, -3, 4, 5):byte(1, 8) end)()  =>  1  0  2  0  253  255  255  255
    pcall(require("struct"), {size = 2, fields = {{name = "a", offset = 0, size = 2}, {name = "b", offset = 1, size = 2}}})  =>  false  "struct: derived format does not match the layout size (overlapping fields?)"
    `.replace(' "struct: derived', ` "${lua}/struct.lua:49: struct: derived`),
  )
})

t.test('a struct says what its layout lacks', async (t) => {
  const r = evaluator(t, true, path)
  for (const [layout, message] of [
    ['{}', /struct\.lua:\d+: attempt to get length of a nil value \(field 'fields'\)/],
    ['"x"', /struct\.lua:\d+: attempt to get length of a nil value \(field 'fields'\)/],
    ['{fields = {}}', /struct\.lua:\d+: attempt to compare (number with nil|nil with number)/],
    ['{size = 4, fields = {{name = "a"}}}', /struct\.lua:\d+: attempt to compare (number with nil|nil with number)/],
  ] as const)
    t.match(evaluate(r, `require("struct")(${layout})`), message)
})

t.test('messages are text: a number is, a table is not', async (t) => {
  const r = evaluator(t, true, path)
  evaluate(r, '(function() M = require("mailbox") I = M.inbox(64) O = M.outbox(I.queue, I.event) end)()')
  t.equal(evaluate(r, '(function() O:send(42) return I:receive(10) end)()'), '"42"  2')
  t.match(evaluate(r, 'O:send({})'), "bad argument #2 to 'pack' (string expected, got table)")
  t.match(evaluate(r, 'O:send()'), "bad argument #2 to 'pack' (string expected, got n")
  t.equal(evaluate(r, 'keys(I), keys(O)'), '"event queue send"  "event queue receive"')
})

t.test('net', async (t) => {
  agrees(
    t,
    evaluator(t, true, path),
    `
    keys(require("net"))  =>  "aton ntoa"
    require("net").aton("127.0.0.1"), require("net").aton("1.2.3.4"), require("net").aton("0.0.0.0")  =>  2130706433  16909060  0
    require("net").aton("256.0.0.1"), require("net").aton("1.2.3"), require("net").aton("abc")  =>  1  16909056  0
    require("net").ntoa(0x7f000001), require("net").ntoa(0), require("net").ntoa(-1)  =>  "127.0.0.1"  "0.0.0.0"  "255.255.255.255"
    `,
  )
})

t.test('netlink.message makes messages and reads them', async (t) => {
  const r = evaluator(t, true, path)
  evaluate(
    r,
    '(function() M = require("netlink.message") B = M.encode(16, 5, 1, M.attrs{[4] = 0x1020304, [3] = "eth0\0"}) end)()',
  )
  agrees(
    t,
    r,
    `
    keys(M), #B  =>  "attrs encode parse str u32"  36
    (function() local m = M.parse(B) return #m, m[1].type, m[1].flags, #m[1].body end)()  =>  1  16  5  20
    (function() local a = M.attrs(M.parse(B)[1].body, 1) return M.u32(a[4]), M.str(a[3]), M.u32(a[5]) end)()  =>  16909060  "eth0"  nil
    #M.parse(""), #M.parse(B:sub(1, #B - 1)), #M.parse(B .. B), M.attrs{}  =>  0  0  2  ""
    ${onlyWide('(pcall(M.attrs, {[1] = -1}))  =>  false')}
    `,
  )
})

t.test("HKDF's keys are those of RFC 5869", async (t) => {
  const more = `${path}
    hkdf = require("crypto.hkdf")
    function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
    function bytes(from, to) local t = {} for i = from, to do t[#t + 1] = string.char(i) end return table.concat(t) end`
  agrees(
    t,
    evaluator(t, true, more),
    String.raw`
    keys(hkdf)  =>  "__close __index __len close expand extract hkdf hmac new"
    (function() H = hkdf.new("sha256") return #H, hex(H:extract(bytes(0, 12), ("\x0b"):rep(22))) end)()  =>  32  "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
    hex(H:hkdf(bytes(0, 12), ("\x0b"):rep(22), bytes(0xf0, 0xf9), 42))  =>  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    hex(H:hkdf(bytes(0x60, 0xaf), bytes(0, 0x4f), bytes(0xb0, 0xff), 82))  =>  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
    hex(H:hkdf("", ("\x0b"):rep(22), "", 42))  =>  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    H:hkdf(nil, "x", nil, 32) == H:hkdf("", "x", "", 32), H:expand("prk", nil, 0), #H:expand("prk", nil, 255 * 32)  =>  true  ""  8160
    select(2, pcall(H.expand, H, "prk", nil, 255 * 32 + 1)):match(": (.*)")  =>  "bad argument #1 to 'char' (value out of range)"
    hex(hkdf.new("sha1"):hkdf(bytes(0, 12), ("\x0b"):rep(11), bytes(0xf0, 0xf9), 42))  =>  "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"
    hkdf.new("nosuch")  =>  ERROR "ENOENT"
    (function() H:close() return H:extract("", "x") end)()  =>  ERROR "bad argument #1 to 'setkey' (null pointer dereference)"
    `,
  )
})
