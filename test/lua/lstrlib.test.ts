// The kernel's string: arithmetic on strings, formats without floats, and a 64-bit kernel's sizes.
import t from 'tap'
import { latin1Pattern } from '../../src/lua/lctype.js'
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

t.test('character classes are Latin-1, as the kernel has them', async (t) => {
  agrees(
    t,
    String.raw`
    (function() return (("\xe9\xdf\xf7\xffz"):upper() == "\xc9\xbf\xf7\xdfZ") end)(), ("\xc9\xd7\xdfA\x80"):lower() == "\xe9\xd7\xdfa\x80", ("aZ09"):upper()  =>  true  true  "AZ09"
    ("\xe9"):find("%a"), ("\xa0"):find("%s"), ("\xd7"):find("%p"), ("\xc9"):find("%u"), ("\xe9"):find("%l")  =>  1  1  1  1  1  1
    ("\xe9"):find("%A"), ("\x85"):find("%c"), ("\xa0"):find("%g"), ("\xd7"):find("%a"), ("\xb2"):find("%d")  =>  nil  nil  nil  nil  nil
    ("\xe9_"):match("^[%a_]+$") ~= nil, ("a-\xe9"):match("^[%w-]+$") ~= nil, ("\xe9]"):match("^[]%a]+$") ~= nil, ("1\xe9"):match("[^%A]") == "\xe9"  =>  true  true  true  true
    ("a\xa0b-c"):gsub("[%s-x]", "."), ("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), #("f(a\xe9(b)c)d"):match("%b()%a")  =>  "a.b.c"  1  9
    (("\xe9t\xe9 x"):gsub("%a+", function(w) return #w end)), (("\xe9t\xe9 x"):gsub("%a+", "w"))  =>  "3 1"  "w w"
    (function() local n = 0 for w in ("\xe9t\xe9 na\xefve"):gmatch("%w+") do n = n + #w end return n end)(), ("%a"):find("%a", 1, true)  =>  8  1  2
    ("x"):find("%f%a")  =>  ERROR "chunk:1: missing '[' after '%f' in pattern"
    ("x"):find("[%a")  =>  ERROR "chunk:1: malformed pattern (missing ']')"
    ("x"):find("%a%")  =>  ERROR "chunk:1: malformed pattern (ends with '%')"
    `.replaceAll('\\\\', '\\'),
  )
})

/** Lua that gives the bytes which a pattern finds, as a string of ones and zeros. */
const found = (pattern: string) =>
  `(function() local t = {} for c = 0, 255 do t[c + 1] = string.char(c):find("${pattern}") and 1 or 0 end ` +
  `return table.concat(t) end)()`

t.test('the ranges of a class are those of ctype.h', async (t) => {
  const upper = (c: number) => (c >= 65 && c <= 90) || (c >= 0xc0 && c <= 0xde && c !== 0xd7)
  const lower = (c: number) => (c >= 97 && c <= 122) || (c >= 0xdf && c !== 0xf7)
  const digit = (c: number) => c >= 48 && c <= 57
  const space = (c: number) => (c >= 9 && c <= 13) || c === 32 || c === 0xa0
  const graph = (c: number) => (c > 32 && c < 127) || c > 0xa0
  const word = (c: number) => upper(c) || lower(c) || digit(c)
  const classes = {
    a: (c: number) => upper(c) || lower(c),
    g: graph,
    l: lower,
    p: (c: number) => graph(c) && !word(c),
    s: space,
    u: upper,
    w: word,
    c: (c: number) => c < 32 || c === 127,
    d: digit,
    x: (c: number) => digit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102),
  }
  for (const [name, holds] of Object.entries(classes)) {
    const expected = Array.from({ length: 256 }, (_, c) => (holds(c) ? 1 : 0)).join('')
    const others = expected.replace(/./g, (bit) => (bit === '1' ? '0' : '1'))
    const [is, not] = [`%${name}`, `%${name.toUpperCase()}`]
    agrees(
      t,
      `${found(is)}, ${found(`[^${is}]`)}, ${found(`[_${not}]`)}  =>  "${expected}"  "${others}"  "${others.slice(0, 95)}1${others.slice(96)}"`,
    )
  }
  for (const [name, holds] of Object.entries(classes).slice(0, 7))
    for (let c = 0; c < 256; c++) {
      const matches = (pattern: string) => {
        const source = latin1Pattern(pattern).replaceAll('[-`', '\\[-`').replace('\\[-`', '\\[-`')
        return new RegExp(source, 's').test(String.fromCharCode(c))
      }
      if (matches(`%${name}`) !== holds(c)) t.fail(`%${name} of ${c}`)
      if (matches(`%${name.toUpperCase()}`) === holds(c)) t.fail(`%${name.toUpperCase()} of ${c}`)
    }
})

t.test('byte gives the bytes from a position to another, whatever its arguments are', async (t) => {
  const long = '("x"):rep(70000) .. "\\200"'
  agrees(
    t,
    `
    ("a\\0\\255"):byte(1), ("a\\0\\255"):byte(2), ("a\\0\\255"):byte(3)  =>  97  0  255
    ("abc"):byte(), ("abc"):byte(nil), ("abc"):byte(2, nil), ("abc"):byte(2, 2)  =>  97  97  98  98
    ("abc"):byte(-1), ("abc"):byte(-3), ("abc"):byte("2"), string.byte(123, 3)  =>  99  97  98  51
    select("#", ("abc"):byte(0)), select("#", ("abc"):byte(4)), select("#", (""):byte(1)), select("#", ("abc"):byte(-4))  =>  0  0  0  0
    ("abc"):byte(1, -1)  =>  97  98  99
    ("abc"):byte(2, 9)  =>  98  99
    ("abc"):byte(1, 2, 3)  =>  97  98
    (${long}):byte(70001), (${long}):byte(1), (${long}):byte(70000), select("#", (${long}):byte(70002))  =>  200  120  120  0
    ("${'y'.repeat(40)}z"):byte(41), ("${'y'.repeat(39)}z"):byte(40)  =>  122  122
    string.byte()  =>  ERROR "chunk:1: bad argument #1 to 'byte' (string expected, got no value)"
    string.byte({}, 1)  =>  ERROR "chunk:1: bad argument #1 to 'byte' (string expected, got table)"
    ("abc"):byte("x")  =>  ERROR "chunk:1: bad argument #1 to 'byte' (number expected, got string)"
    ("abc"):byte({})  =>  ERROR "chunk:1: bad argument #1 to 'byte' (number expected, got table)"
    ("abc"):byte(1, {})  =>  ERROR "chunk:1: bad argument #2 to 'byte' (number expected, got table)"
    `,
  )
})

t.test('positions may be beyond 2^32, as on a kernel of 64 bits', async (t) => {
  const far = 'tonumber("4294967297")'
  agrees(
    t,
    `
    ("abc"):sub(${far}), ("abc"):sub(${far}, ${far}), ("abc"):byte(${far}), ("abc"):find("b", ${far}), ("abc"):match("b", ${far})  =>  ""  ""  nil  nil  nil
    ("abc"):sub(-${far}), ("abc"):sub(2, ${far}), ("abc"):sub("4294967297"), ("abc"):find("a", -${far})  =>  "abc"  "bc"  ""  1  1
    string.unpack("B", "abc", ${far})  =>  ERROR "chunk:1: bad argument #3 to 'unpack' (initial position out of string)"
    ${onlyWide(`
    type((("abc"):gmatch("b", ${far})()))  =>  "nil"
    ("abc"):sub(math.maxinteger), ("abc"):byte(math.maxinteger), ("abc"):sub(math.mininteger, math.maxinteger)  =>  ""  nil  "abc"
    `)}
    `,
  )
})

t.test('pack has the number n, an integer of 8 bytes; rep asks for memory before it is too large', async (t) => {
  agrees(
    t,
    `
    string.packsize("n"), string.unpack("n", string.pack("n", -5)), #string.pack("bn", 1, 2)  =>  8  -5  9
    string.pack("d", 1)  =>  ERROR "chunk:1: invalid format option 'd'"
    ${onlyWide(`
    ("x"):rep(1 << 62)  =>  ERROR "not enough memory"
    ("x"):rep(math.maxinteger)  =>  ERROR "not enough memory"
    ("xy"):rep(1 << 62)  =>  ERROR "chunk:1: resulting string too large"
    ("x"):rep(1 << 62, "y")  =>  ERROR "chunk:1: resulting string too large"
    #(""):rep(math.maxinteger)  =>  0
    `)}
    `,
  )
})

t.test('format has the flags, widths and precisions of C', async (t) => {
  agrees(
    t,
    `
    string.format("%#x|%#X|%#o|%#x", 255, 255, 8, 0)  =>  "0xff|0XFF|010|0"
    string.format("% d|%+d|%-+5d|%05d|%+05d|% 5d", 5, 5, 5, -5, 5, 5)  =>  " 5|+5|+5   |-0005|+0005|    5"
    string.format("%.3d|%8.3d|%-8.3d|%08.3d|%.0d|%5.0d|%.d", 5, -5, 5, 5, 0, 0, 1)  =>  "005|    -005|005     |     005||     |1"
    string.format("%5c|%-5c|%c", 65, 65, 66)  =>  "    A|A    |B"
    string.format("%5s|%-4s|%.1s|%.s|%6.2s", "x", "y", "abc", "abc", "abc")  =>  "    x|y   |a||    ab"
    #string.format("%5s", "\\xff"), #string.format("%-4s|", "\\xc3\\xa9"), #string.format("%.1s", "\\xc3\\xa9")  =>  5  5  1
    string.format("%x %X %o %u", 3735928559 % 65536, 48879, 511, 7)  =>  "beef BEEF 777 7"
    string.format("%10.3x|%-#10x|%.5o", 255, 255, 8)  =>  "       0ff|0xff      |00010"
    string.format("%s %s %s %s", nil, true, 12, "s"), string.format("%5s|%-6s|", nil, true), string.format("%%")  =>  "nil true 12 s"  "  nil|true  |"  "%"
    string.format("%d")  =>  ERROR "chunk:1: bad argument #2 to 'format' (no value)"
    string.format("%s")  =>  ERROR "chunk:1: bad argument #2 to 'format' (no value)"
    string.format("%y", 1)  =>  ERROR "chunk:1: invalid conversion '%y' to 'format'"
    string.format("%#d", 1)  =>  ERROR "chunk:1: invalid conversion specification: '%#d'"
    string.format("%123d", 1)  =>  ERROR "chunk:1: invalid conversion specification: '%123d'"
    string.format("%.123d", 1)  =>  ERROR "chunk:1: invalid conversion specification: '%.123d'"
    string.format("%.1c", 65)  =>  ERROR "chunk:1: invalid conversion specification: '%.1c'"
    string.format("%5q", "x")  =>  ERROR "chunk:1: specifier '%q' cannot have modifiers"
    string.format("%5s", "a\\0b")  =>  ERROR "chunk:1: bad argument #2 to 'format' (string contains zeros)"
    string.format("abc%", 1)  =>  ERROR "chunk:1: invalid conversion '%' to 'format'"
    `,
  )
})

t.test('find looks for a text in long strings', async (t) => {
  agrees(
    t,
    `
    (("x"):rep(20000) .. "needle!"):find("needle"), (("."):rep(20000) .. "."):find(".", -1, true)  =>  20001  20001  20001
    (("a"):rep(29000) .. "b" .. ("a"):rep(9999) .. "c"):find("b" .. ("a"):rep(9999))  =>  29001  39000
    (("a"):rep(29000) .. "b" .. ("a"):rep(9999)):find("b" .. ("a"):rep(9999), 29002)  =>  nil
    ("a"):rep(20000):find(""), ("a"):rep(20000):find("", 20001, true), ("a"):rep(20000):find("", 20002)  =>  1  20001  nil
    select(2, ("a"):rep(20000):find("", 0)), ("a"):rep(20000):find("a", -19999), ("a"):rep(20000):find("a", -30000)  =>  0  2  1  1
    ("a"):rep(20000):find(("a"):rep(20001)), ("a"):rep(20000):find("b?"), ("a"):rep(20000):find("a", 1, 2)  =>  nil  1  1  1
    ("a"):rep(20000):find("a", {})  =>  ERROR "chunk:1: bad argument #2 to 'find' (number expected, got table)"
    (("a"):rep(20000) .. "\\0\\255b"):find("\\0\\255")  =>  20001  20002
    `.replaceAll('\\\\', '\\'),
  )
})

t.test('gsub with a function puts its results where it has found something', async (t) => {
  const reference = `(function()
    local function gsub(s, p, f, most)
      local anchored, at, last, n, result = p:sub(1, 1) == "^", 1, nil, 0, {}
      while n < (most or #s + 1) do
        local found = table.pack(s:find("^" .. (anchored and p:sub(2) or p), at))
        local first, stop = found[1], found[2]
        if first and stop ~= last then
          n = n + 1
          local v
          if found.n > 2 then v = f(table.unpack(found, 3, found.n)) else v = f(s:sub(first, stop)) end
          result[#result + 1] = v or s:sub(first, stop)
          at, last = stop + 1, stop
        elseif at <= #s then result[#result + 1] = s:sub(at, at) at = at + 1
        else break end
        if anchored then break end
      end
      result[#result + 1] = s:sub(at)
      return table.concat(result), n
    end
    local subjects = {"", "a", "hello world", "  a b  c ", ("key = value; "):rep(40), "x\\0y\\255z", ("ab"):rep(300)}
    local patterns = {"", "%w", "%w+", "(%w)(%w*)", "()a()", "^%s*", "^b", "%s*", "[^a]", ".", "(.)%1", "%f[%w]%w+", "b?", "$", "a$"}
    local functions = {function(...) return select("#", ...) end, function(a) return a end, function(a, b) return b end,
      function() return "" end, function() return false end, function(a) if a == "a" then return ("long "):rep(100) end end}
    for i, s in ipairs(subjects) do for j, p in ipairs(patterns) do for k, f in ipairs(functions) do
      for _, most in ipairs({-1, 0, 1, 3, 1000}) do
        local a, n = s:gsub(p, f, most)
        local b, m = gsub(s, p, f, most)
        if a ~= b or n ~= m then return i, j, k, most, a, n, b, m end
      end
      if s:gsub(p, f) ~= gsub(s, p, f) then return i, j, k end
    end end end
    return "same"
  end)()`.replace(/\n\s*/g, ' ')
  agrees(
    t,
    `
    ${reference}  =>  "same"
    ("abc"):gsub("b", function() return {} end)  =>  ERROR "chunk:1: invalid replacement value (a table)"
    ("abc"):gsub("%", function() end)  =>  ERROR "chunk:1: malformed pattern (ends with '%')"
    ("abc"):gsub("(b", function() end)  =>  ERROR "chunk:1: unfinished capture"
    ("abc"):gsub("b", function() error("no") end)  =>  ERROR "chunk:1: no"
    ("abc"):gsub("b", print, "x")  =>  ERROR "chunk:1: bad argument #3 to 'gsub' (number expected, got string)"
    (""):gsub(("(a?)"):rep(30), function(...) return select("#", ...) end)  =>  "30"  1
    (("1"):gsub(1, function(a) return a + 1 end)), (string.gsub(12, "2", function() return 3 end))  =>  "2"  "13"
    `
      .replace('((12):gsub', '(string.gsub(12,')
      .replace('string.gsub(12,("2"', 'string.gsub(12, "2"'),
  )
})
