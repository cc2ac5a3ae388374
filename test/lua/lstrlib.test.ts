// The kernel's string: arithmetic on strings, formats without floats, and a 64-bit kernel's sizes.
import t from 'tap'
import { onlyWide } from '../engine.js'
import { agrees } from './evaluate.js'

// fengari's own arithmetic reads strings before it asks for a metamethod, with fractions and exponents.
t.test('arithmetic on strings gives integers, and errors of the kernel', async (t) => {
  agrees(
    t,
    `
    "10" + 5, "10" * "2", "3" / "2", "0x10" + 0, " 12 " + 1, -"10"  =>  15  20  1  16  13  -10
    "10" // "3", "10" % "3", "-7" // 2, "-7" % 3, 7 % "-3", "7" // "-2"  =>  3  1  -4  2  -2  -4
    "abc" - 1  =>  ERROR "chunk:1: attempt to sub a 'string' with a 'number'"
    - "abc"  =>  ERROR "chunk:1: attempt to unm a 'string' with a 'string'"
    "10" + {}  =>  ERROR "chunk:1: attempt to add a 'string' with a 'table'"
    "10" * nil  =>  ERROR "chunk:1: attempt to mul a 'string' with a 'nil'"
    "10" + setmetatable({}, {__add = function(a, b) return type(a) .. type(b) end})  =>  "stringtable"
    "x" // setmetatable({}, {__idiv = function(a, b) return "idiv" end})  =>  "idiv"
    10 == "10", "10" < "9"  =>  false  true
    keys(getmetatable(""))  =>  "__add __idiv __index __mod __mul __sub __unm"
    getmetatable("").__index == string  =>  true
    ${onlyWide(`
    "1.5" + 1  =>  ERROR "chunk:1: attempt to add a 'string' with a 'number'"
    "1e2" + 1  =>  ERROR "chunk:1: attempt to add a 'string' with a 'number'"
    1 // "0"  =>  ERROR "attempt to divide by zero"
    1 % "0"  =>  ERROR "attempt to perform 'n%0'"
    "7" & 3  =>  ERROR "chunk:1: attempt to perform bitwise operation on a string value (constant '7')"
    "9223372036854775807" + 1, "9223372036854775807" * "9223372036854775807", -"-9223372036854775808"  =>  -9223372036854775808  1  -9223372036854775808
    "-9223372036854775808" // "-1", "-9223372036854775808" % "-1", "9007199254740993" - 0  =>  -9223372036854775808  0  9007199254740993
    `)}
    `,
  )
})

t.test('a format shows what has a place as tostring does', async (t) => {
  agrees(
    t,
    `
    (function() local x = {} return string.format("%s|%5s|%s", x, 1, print) == tostring(x) .. "|    1|" .. tostring(print) end)()  =>  true
    string.format("%s", setmetatable({}, {__tostring = function() return "shown" end}))  =>  "shown"
    string.format("%s", {}):match("^table: %x+$") ~= nil and #string.format("%s", {})  =>  23
    string.format("%q", {})  =>  ERROR "chunk:1: bad argument #2 to 'format' (value has no literal form)"
    `,
  )
})

t.test('format knows neither floats nor pointers', async (t) => {
  agrees(
    t,
    `
    string.format("%d %5d|%-5d|%05d %x %X %o %c %i", 1, 2, 3, 4, 255, 255, 8, 65, 6)  =>  "1     2|3    |00004 ff FF 10 A 6"
    string.format("%s %q %10.3s|%%", {} ~= nil, "a", "abcdef")  =>  "true \\"a\\"        abc|%"
    string.format("%f", 1)  =>  ERROR "chunk:1: invalid conversion '%f' to 'format'"
    string.format("%5.2f", 1)  =>  ERROR "chunk:1: invalid conversion '%5.2f' to 'format'"
    string.format("%d %g", 1, 1)  =>  ERROR "chunk:1: invalid conversion '%g' to 'format'"
    string.format("%a", 1)  =>  ERROR "chunk:1: invalid conversion '%a' to 'format'"
    string.format("%p", {})  =>  ERROR "chunk:1: invalid conversion '%p' to 'format'"
    string.format("%%f %%p effect %d", 7)  =>  "%f %p effect 7"
    string.format("%d", "10"), string.format("%d", 7 / 2)  =>  "10"  "3"
    string.format("%d", "x")  =>  ERROR "chunk:1: bad argument #2 to 'format' (number expected, got string)"
    string.format("%s")  =>  ERROR "chunk:1: bad argument #2 to 'format' (no value)"
    ${onlyWide(`
    string.format("%d %x %q", math.mininteger, -1, math.mininteger)  =>  "-9223372036854775808 ffffffffffffffff 0x8000000000000000"
    `)}
    `,
  )
})

t.test("pack's sizes are those of a kernel of 64 bits, and there are no floats", async (t) => {
  agrees(
    t,
    String.raw`
    string.packsize("b"), string.packsize("h"), string.packsize("i"), string.packsize("l"), string.packsize("j"), string.packsize("T")  =>  1  2  4  8  8  8
    string.packsize("L"), string.packsize("J"), string.packsize("!bl"), string.packsize("<!4 b l"), string.packsize("bXl"), string.packsize("!bXl")  =>  8  8  16  12  1  8
    #string.pack("<s", "ab"), string.pack("<s", "ab"), #string.pack("<s1", "ab"), #string.pack("<s4", "ab")  =>  10  "\2\0\0\0\0\0\0\0ab"  3  6
    string.unpack("<s", string.pack("<s", "hello"))  =>  "hello"  14
    string.pack("<l", 1), string.pack(">L", 258), string.pack("<J", -1):byte(1, -1)  =>  "\1\0\0\0\0\0\0\0"  "\0\0\0\0\0\0\1\2"  255  255  255  255  255  255  255  255
    string.unpack("<l", string.pack("<l", -5)), (string.unpack("<j", string.pack("<j", 123456)))  =>  -5  123456
    string.pack("z", "ab"), string.pack("c3", "ab"), string.pack("<i3", -2):byte(1, -1)  =>  "ab\0"  "ab\0"  254  255  255
    string.pack("f", 1)  =>  ERROR "chunk:1: invalid format option 'f'"
    string.pack("<d", 1)  =>  ERROR "chunk:1: invalid format option 'd'"
    string.unpack("n", "12345678")  =>  ERROR "chunk:1: invalid format option 'n'"
    string.packsize("f")  =>  ERROR "chunk:1: invalid format option 'f'"
    string.packsize("s")  =>  ERROR "chunk:1: bad argument #1 to 'packsize' (variable-length format)"
    string.packsize("y")  =>  ERROR "chunk:1: invalid format option 'y'"
    ${onlyWide(String.raw`
    string.pack(">j", math.mininteger):byte(), string.unpack("<j", string.pack("<j", math.maxinteger))  =>  128  9223372036854775807  9
    (string.unpack("<L", "\255\255\255\255\255\255\255\255")), (string.unpack(">i8", "\1\2\3\4\5\6\7\8"))  =>  -1  72623859790382856
    `)}
    `,
  )
})

t.test('rep makes nothing that takes seconds', async (t) => {
  agrees(
    t,
    `
    ("ab"):rep(3), ("ab"):rep(2, ","), ("ab"):rep(0), ("ab"):rep(-5, "x"), (""):rep(1000000), (""):rep(3, "-")  =>  "ababab"  "ab,ab"  ""  ""  ""  "--"
    (function() local s = ("abc"):rep(5000, "--") return #s, s:sub(1, 8), s:sub(-5), select(2, s:gsub("abc", "")), select(2, s:gsub("%-%-", "")) end)()  =>  24998  "abc--abc"  "--abc"  5000  4999
    (function() local s = ("x"):rep(1 << 20) return #s, s:find("[^x]") end)()  =>  1048576  nil
    ("x"):rep((64 << 20) + 1)  =>  ERROR "not enough memory"
    (""):rep(2147483647, "ab")  =>  ERROR "not enough memory"
    ("x"):rep("3"), string.rep(12, 2)  =>  "xxx"  "1212"
    ("x"):rep({})  =>  ERROR "chunk:1: bad argument #1 to 'rep' (number expected, got table)"
    ${onlyWide(`
    ("xx"):rep(math.maxinteger)  =>  ERROR "chunk:1: resulting string too large"
    ("x"):rep(math.mininteger)  =>  ""
    `)}
    `,
  )
})

t.test('the functions that translated source calls are hidden', async (t) => {
  agrees(
    t,
    String.raw`
    keys(string)  =>  "byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper"
    rawget(string, "\0for"), string["\0for"] ~= nil, ("")["\0vararg"](1, nil).n  =>  nil  true  2
    (function() local s = "" for i = "1", "3" do s = s .. i end return s end)()  =>  "123"
    ${onlyWide(`(function() for i = 1, "x" do end end)()  =>  ERROR "chunk:1: bad 'for' limit (number expected, got string)"`)}
    (function(...t) return t.n, t[1], t[3] end)(5, nil, 7)  =>  3  5  7
    (function() global fresh = 7 return fresh end)()  =>  7
    (function() global fresh = 8 return fresh end)()  =>  ERROR "chunk:1: global 'fresh' already defined"
    ("x").nosuch, ("x")[1]  =>  nil  nil
    `,
  )
})
