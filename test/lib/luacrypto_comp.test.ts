import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import t from 'tap'
import { LZ4_compress_default, LZ4_decompress_safe } from '../../src/lib/crypto_lz4.js'
import { luaL_newstate } from '../../src/lua/lauxlib.js'
import { lua_close, lua_getglobal, lua_pushlstring, type lua_State, lua_tolstring } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { lunatik_allocated } from '../../src/lunatik/lunatik_mem.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { withCrypto } from './crypto.js'
import { agrees, evaluate } from './eval.js'

const algorithms = ['deflate', 'lz4', ...('zstdCompressSync' in zlib ? ['zstd'] : [])]

/** What a global function of a runtime makes of bytes. */
async function bytesOf(r: lunatik_object_t, name: string, data: Uint8Array): Promise<Buffer> {
  let result = Buffer.alloc(0)
  await lunatik_run(r, (L) => {
    lua_getglobal(L, name)
    lua_pushlstring(L, data)
    return lunatik_pcall(L, 1, 1, (L) => {
      result = Buffer.from(lua_tolstring(L, -1) ?? [])
      return 0
    })
  })
  return result
}

t.test('what was compressed comes out again, and in no less room', async (t) => {
  const r = withCrypto(t)
  for (const alg of algorithms) {
    agrees(
      t,
      r,
      `
      (function() C = crypto.comp("${alg}") D = ("abcdefghijklmnopqrstuvwxyz"):rep(100) .. ("A"):rep(500) .. count(300) E = C:compress(D, 2 * #D) return #E < #D // 4 end)()  =>  true
      C:decompress(E, #D) == D, C:decompress(E, #D + 10) == D  =>  true  true
      C:compress(D, #E) == E  =>  true
      C:decompress(E, #D - 1)  =>  ERROR "EINVAL"
      C:compress(D, #E // 2)  =>  ERROR "EINVAL"
      C:decompress(E:sub(1, -2), #D)  =>  ERROR "EINVAL"
      C:decompress("\\255\\255\\255", 100)  =>  ERROR "EINVAL"
      (function() for n = 1, 40 do local d = count(n) assert(C:decompress(C:compress(d, 100), n) == d, n) end return "all" end)()  =>  "all"
      `,
    )
  }
})

t.test('deflate is that of RFC 1951, in a window of 2 KiB', async (t) => {
  const r = withCrypto(t)
  evaluate(r, '(function() C = crypto.comp("deflate") function deflate(d) return C:compress(d, #d + 100) end end)()')
  evaluate(r, '(function() function inflate(d) return C:decompress(d, 100000) end end)()')
  const data = Buffer.from('to be or not to be, that is the question '.repeat(100))
  t.ok(inflateRawSync(await bytesOf(r, 'deflate', data), { windowBits: 11 }).equals(data))
  t.ok((await bytesOf(r, 'inflate', deflateRawSync(data, { windowBits: 11 }))).equals(data))
})

t.test('long data are deflated while others go on', async (t) => {
  const r = withCrypto(t)
  const other = withCrypto(t)
  const before = lunatik_allocated(r)
  evaluate(r, '(function() C = crypto.comp("deflate") end)()')
  evaluate(r, '(function() function deflate(d) return C:compress(d, #d + 100000) end end)()')
  evaluate(r, '(function() function tight(d) return select(2, pcall(C.compress, C, d, 100)) end end)()')
  const data = randomBytes(2 << 20)
  const result = bytesOf(r, 'deflate', data)
  t.equal(evaluate(other, '6 * 7'), '42')
  t.ok(inflateRawSync(await result).equals(data))
  t.equal((await bytesOf(r, 'tight', data)).toString(), 'EINVAL')
  evaluate(r, 'C:__close()')
  t.equal(lunatik_allocated(r), before)
})

/** A block as the specification of LZ4 has it, whose matches begin where only one byte is before them. */
const block = Buffer.from([0x13, 0x61, 0x01, 0x00, 0x50, 0x62, 0x63, 0x64, 0x65, 0x66])

t.test("lz4 is that of the block format's specification", async (t) => {
  const L = luaL_newstate() as lua_State
  const out = new Uint8Array(100)
  t.equal(LZ4_decompress_safe(L, block, out), 13)
  t.equal(Buffer.from(out.subarray(0, 13)).toString(), 'aaaaaaaabcdef')
  const wrong: [string, number[]][] = [
    ['an offset of 0', [0x10, 0x61, 0x00, 0x00, 0x00]],
    ['an offset before the beginning', [0x10, 0x61, 0x02, 0x00, 0x00]],
    ['no offset', [0x10, 0x61, 0x01]],
    ['a match at the end', [0x10, 0x61, 0x01, 0x00]],
    ['a length without its end', [0xf0, 0xff]],
    ['too few literals', [0x50, 0x61]],
    ['nothing', []],
  ]
  for (const [what, bytes] of wrong) t.equal(LZ4_decompress_safe(L, Uint8Array.from(bytes), out), -1, what)
  // As LZ4_compress_default of liblz4 gives them.
  const compressed = (data: Uint8Array) => {
    const buffer = new Uint8Array(data.length + 100 + (data.length >> 7))
    return Buffer.from(buffer.subarray(0, LZ4_compress_default(L, data, buffer)))
  }
  t.equal(compressed(Buffer.from('a'.repeat(20))).toString('hex'), '1a610100506161616161')
  t.equal(compressed(Buffer.from('short')).toString('hex'), '5073686f7274')
  lua_close(L)
})

t.test('lz4 takes what there may be', async (t) => {
  const L = luaL_newstate() as lua_State
  const make = (n: number, kinds: number) => Buffer.from(randomBytes(n).map((byte) => byte % kinds))
  for (const n of [1, 12, 13, 14, 100, 5000, 65546, 65547, 200000])
    for (const kinds of [1, 2, 5, 256]) {
      const data = make(n, kinds)
      const buffer = new Uint8Array(n + Math.floor(n / 255) + 16)
      const size = LZ4_compress_default(L, data, buffer)
      const back = new Uint8Array(n)
      t.equal(LZ4_decompress_safe(L, buffer.subarray(0, size), back), n)
      t.ok(data.equals(back), `${n} bytes of ${kinds} kinds`)
      for (const room of [0, size - 1, size >> 1]) {
        const n = LZ4_compress_default(L, data, new Uint8Array(room))
        t.ok(n === 0, `${size} bytes in ${room}: ${n}`)
      }
    }
  lua_close(L)
})

t.test('names and errors', async (t) => {
  const r = withCrypto(t)
  agrees(
    t,
    r,
    `
    keys(getmetatable(crypto.comp("deflate")))  =>  "__close __gc __index compress decompress"
    (function() C = crypto.comp("lz4") return C:compress("", 0) end)()  =>  ERROR "bad argument #2 to 'compress' (out of bounds)"
    C:compress("x", 0)  =>  ERROR "bad argument #3 to 'compress' (out of bounds)"
    C:compress("x", -1)  =>  ERROR "bad argument #3 to 'compress' (out of bounds)"
    C:decompress("", 0)  =>  ERROR "bad argument #2 to 'decompress' (out of bounds)"
    C:decompress("x")  =>  ERROR "bad argument #3 to 'decompress' (number expected, got no value)"
    C:compress({}, 1)  =>  ERROR "bad argument #2 to 'compress' (string expected, got table)"
    crypto.comp("nosuch")  =>  ERROR "ENOENT"
    crypto.comp("gzip")  =>  ERROR "ENOENT"
    crypto.comp()  =>  ERROR "chunk:1: bad argument #1 to 'comp' (string expected, got no value)"
    `,
  )
  t.match(evaluate(r, `C:compress("x", ${lunatik_conf.memory})`), /^ERROR ".*not enough memory"$/)
  const expected = 'ERROR "chunk:1: \'crypto_comp\': process-context class in interrupt-context runtime"'
  t.equal(evaluate(withCrypto(t, false), 'crypto.comp("lz4")'), expected)
})
