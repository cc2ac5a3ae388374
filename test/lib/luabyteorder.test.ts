import t from 'tap'
import '../../src/lib/luabyteorder.js'
import { onlyWide } from '../engine.js'
import { agrees, evaluator } from './eval.js'

t.test('words of 16 and 32 bits are those of the kernel', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    require("byteorder").hton16(0x1234), require("byteorder").hton16(-1), require("byteorder").hton16(1), require("byteorder").hton16(math.mininteger), require("byteorder").hton16(0x1234 | (1 << 40))  =>  13330  65535  256  0  13330
    require("byteorder").htole16(0x1234), require("byteorder").htole16(-1), require("byteorder").htole16(1), require("byteorder").htole16(math.mininteger), require("byteorder").htole16(0x1234 | (1 << 40))  =>  4660  65535  1  0  4660
    require("byteorder").be16toh(0x1234), require("byteorder").le16toh(0x1234), require("byteorder").ntoh16(0x1234), require("byteorder").htobe16(0x1234)  =>  13330  4660  13330  13330
    require("byteorder").hton32(0x12345678), require("byteorder").hton32(1), require("byteorder").ntoh32(0x12345678)  =>  2018915346  16777216  2018915346
    require("byteorder").htole32(0x12345678), require("byteorder").htole32(1), require("byteorder").le32toh(0x12345678)  =>  305419896  1  305419896
    require("byteorder").ntoh16(0x1ffff)  =>  65535
    require("byteorder").hton16("4660")  =>  13330
    require("byteorder").hton16(1, 2, 3)  =>  256
    require("byteorder").hton32(-1) == tonumber("4294967295"), require("byteorder").htole32(-1) == tonumber("4294967295"), require("byteorder").hton32(128) == tonumber("2147483648")  =>  true  true  true
    keys(require("byteorder"))  =>  "be16toh be32toh be64toh htobe16 htobe32 htobe64 htole16 htole32 htole64 hton16 hton32 hton64 le16toh le32toh le64toh ntoh16 ntoh32 ntoh64"
    `,
  )
})

t.test('words of 64 bits are those of the kernel as far as an integer is exact', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    require("byteorder").hton64(-1), require("byteorder").htole64(-1), require("byteorder").htole64(1)  =>  -1  -1  1
    (function() B, MIN = require("byteorder"), tonumber("-9223372036854775808") end)()  =>
    B.hton64(1) == tonumber("72057594037927936"), B.hton64(tonumber("72057594037927936")) == 1  =>  true  true
    B.hton64(MIN), B.htole64(MIN) == MIN  =>  128  true
    require("byteorder").ntoh64(require("byteorder").hton64(0x12345678))  =>  305419896
    B.le64toh(tonumber("9007199254740992")) == tonumber("9007199254740992"), B.be64toh(0x80) == MIN  =>  true  true
    ${onlyWide(`
    B.hton64(0x0102030405060708), B.htole64(0x0102030405060708)  =>  578437695752307201  72623859790382856
    B.be64toh(math.maxinteger), B.hton64(math.mininteger + 1)  =>  -129  72057594037928064
    B.ntoh64(B.hton64(math.maxinteger)) == math.maxinteger, B.ntoh64(B.hton64(0x123456789abcdef1)) == 0x123456789abcdef1  =>  true  true
    B.hton32(0xffffffff12345678), B.htole32(-1), B.hton16(0x7fffffffffff1234)  =>  2018915346  4294967295  13330
    `)}
    `,
  )
})

t.test('what is no integer raises as on the kernel', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    require("byteorder").hton16()  =>  ERROR "chunk:1: bad argument #1 to 'hton16' (number expected, got no value)"
    require("byteorder").hton32({})  =>  ERROR "chunk:1: bad argument #1 to 'hton32' (number expected, got table)"
    require("byteorder").hton64("x")  =>  ERROR "chunk:1: bad argument #1 to 'hton64' (number expected, got string)"
    require("byteorder").hton16(true)  =>  ERROR "chunk:1: bad argument #1 to 'hton16' (number expected, got boolean)"
    require("byteorder").hton16("1.5")  =>  ERROR "chunk:1: bad argument #1 to 'hton16' (number expected, got string)"
    require("byteorder").hton64("9223372036854775808")  =>  ERROR "chunk:1: bad argument #1 to 'hton64' (number expected, got string)"
    `,
  )
})
