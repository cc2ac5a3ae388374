import { createHash } from 'node:crypto'
import t from 'tap'
import { CRYPTO_STATES_MAX } from '../../src/lib/crypto_shash.js'
import { lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { lunatik_allocated } from '../../src/lunatik/lunatik_mem.js'
import { withCrypto } from './crypto.js'
import { agrees, evaluate, share } from './eval.js'

const fips1 = '"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"'
const fips2 =
  '"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"'

t.test('digests are those of FIPS 180-4, FIPS 202, RFC 1321 and the like', async (t) => {
  agrees(
    t,
    withCrypto(t),
    `
    digest("md5", "abc")  =>  "900150983cd24fb0d6963f7d28e17f72"
    digest("sha1", "abc")  =>  "a9993e364706816aba3e25717850c26c9cd0d89d"
    digest("sha1", ${fips1})  =>  "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    digest("sha224", "abc")  =>  "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"
    digest("sha256", ${fips1})  =>  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    digest("sha384", "abc")  =>  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
    digest("sha512", ${fips2})  =>  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
    digest("sha3-224", "abc")  =>  "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"
    digest("sha3-256", "abc")  =>  "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"
    digest("sha3-384", "abc")  =>  "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"
    digest("sha3-512", "abc")  =>  "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
    digest("rmd160", "abc")  =>  "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    digest("sm3", "abc")  =>  "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    digest("crc32c", "123456789")  =>  "839206e3"
    digest("crct10dif", "123456789")  =>  "dbd0"
    `,
  )
})

t.test('BLAKE2b is that of RFC 7693, of each length, with a key and without', async (t) => {
  const r = withCrypto(t)
  agrees(
    t,
    r,
    `
    digest("blake2b-160", "abc")  =>  "384264f676f39536840523f284921cdc68b6846b"
    digest("blake2b-256", "abc")  =>  "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
    digest("blake2b-384-generic", "abc")  =>  "6f56a82c8e7ef526dfe182eb5212f7db9df1317e57815dbda46083fc30f54ee6c66ba83be64b302d7cba6ce15bb556f4"
    digest("blake2b-512", "abc")  =>  "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
    digest("blake2b-160", count(300), count(64))  =>  "7dd6c3816f2141ffd772dcf22c9544f35bfa02e1"
    digest("blake2b-256", count(300), count(64))  =>  "e35ea32ba735680b5e3908020230f8da8637ea9bf934d59d0d05150175280e4f"
    digest("blake2b-512", "", count(64))  =>  "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"
    #crypto.shash("blake2b-160"):export()  =>  232
    digest("blake2b-160", "abc", count(65))  =>  ERROR "EINVAL"
    crypto.shash("blake2b-128")  =>  ERROR "ENOENT"
    crypto.shash("hmac(blake2b-512)")  =>  ERROR "ENOENT"
    (function() crypto.shash("blake2b-160"):import(crypto.shash("blake2b-256"):export()) end)()  =>  ERROR "EINVAL"
    `,
  )
  for (const n of [0, 1, 127, 128, 129, 256, 1000]) {
    const data = Buffer.from(Array.from({ length: n }, (_, i) => i % 256))
    const expected = createHash('blake2b512').update(data).digest('hex')
    t.equal(evaluate(r, `digest("blake2b-512", count(${n}))`), `"${expected}"`, `${n} bytes`)
  }
})

t.test('XXH64 is that of its specification, and its key is the seed', async (t) => {
  agrees(
    t,
    withCrypto(t),
    String.raw`
    digest("xxhash64", "")  =>  "99e9d85137db46ef"
    digest("xxhash64", "a")  =>  "5b6e8ca9f1c44ed2"
    digest("xxhash64", "abc")  =>  "990977adf52cbc44"
    digest("xxhash64", "Nobody inspects the spammish repetition")  =>  "f18b378a3ca8cefb"
    digest("xxhash64", "abc", ("\0"):rep(8))  =>  "990977adf52cbc44"
    digest("xxhash64", "abc", "\1" .. ("\0"):rep(7)) == digest("xxhash64", "abc")  =>  false
    digest("xxhash64", "abc", "short")  =>  ERROR "EINVAL"
    `.replaceAll('\\\\', '\\'),
  )
})

t.test("crc32 is the kernel's, of no inversions, and its key is where it begins", async (t) => {
  agrees(
    t,
    withCrypto(t),
    String.raw`
    digest("crc32", "123456789")  =>  "882dfd2d"
    digest("crc32", "", "\x87\xa9\xcb\xed")  =>  "87a9cbed"
    digest("crc32", count(41):sub(2), "\xff\xff\xff\xff")  =>  "3adf4bb0"
    digest("crc32c", "56789", "\xd6\xd1\xd7\x27") == digest("crc32c", "56789")  =>  false
    (function() local h = crypto.shash("crc32c") h:update("1234") local s = h:export() h:init() h:import(s) return hex(h:finup("56789")), #s end)()  =>  "839206e3"  4
    crypto.shash("crc32"):setkey("abc")  =>  ERROR "EINVAL"
    (function() local h = crypto.shash("crc32") pcall(h.setkey, h, "") return hex(h:digest("123456789")) end)()  =>  "882dfd2d"
    `,
  )
})

t.test('HMACs are those of RFC 4231 and RFC 2202', async (t) => {
  const long = '"Test Using Larger Than Block-Size Key - Hash Key First"'
  agrees(
    t,
    withCrypto(t),
    String.raw`
    digest("hmac(sha224)", "Hi There", ("\x0b"):rep(20))  =>  "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"
    digest("hmac(sha256)", "Hi There", ("\x0b"):rep(20))  =>  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    digest("hmac(sha256)", ("\xdd"):rep(50), ("\xaa"):rep(20))  =>  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    digest("hmac(sha256)", ("\xcd"):rep(50), count(26):sub(2))  =>  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    digest("hmac(sha256)", ${long}, ("\xaa"):rep(131))  =>  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    digest("hmac(sha512)", "Hi There", ("\x0b"):rep(20))  =>  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
    digest("hmac(sha512)", ${long}, ("\xaa"):rep(131))  =>  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
    digest("hmac(sha1)", "Hi There", ("\x0b"):rep(20))  =>  "b617318655057264e28bc0b6fb378c8ef146be00"
    digest("hmac(md5)", "Hi There", ("\x0b"):rep(16))  =>  "9294727a3638bb1c13f48ef8158bfc9d"
    `,
  )
})

t.test('CMACs are those of RFC 4493, XCBC-MACs those of RFC 3566', async (t) => {
  const key = 'bin"2b7e151628aed2a6abf7158809cf4f3c"'
  const text = `bin[[6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
    30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710]]`.replace('\n', ' ')
  agrees(
    t,
    withCrypto(t),
    `
    digest("cmac(aes)", "", ${key})  =>  "bb1d6929e95937287fa37d129b756746"
    digest("cmac(aes)", ${text}:sub(1, 16), ${key})  =>  "070a16b46b4d4144f79bdd9dd04a287c"
    digest("cmac(aes)", ${text}:sub(1, 40), ${key})  =>  "dfa66747de9ae63030ca32611497c827"
    digest("cmac(aes)", ${text}, ${key})  =>  "51f0bebf7e3b9d92fc49741779363cfe"
    digest("xcbc(aes)", "", count(16))  =>  "75f0251d528ac01c4573dfd584d79f29"
    digest("xcbc(aes)", count(3), count(16))  =>  "5b376580ae2f19afe7219ceef172756f"
    digest("xcbc(aes)", count(16), count(16))  =>  "d2a246fa349b68a79998a4394ff7a263"
    digest("xcbc(aes)", count(20), count(16))  =>  "47f51b4564966215b8985c63055ed308"
    digest("cbcmac(aes)", "", count(16))  =>  "00000000000000000000000000000000"
    digest("cbcmac(aes)", ${text}:sub(1, 16), ${key})  =>  "3ad77bb40d7a3660a89ecaf32466ef97"
    digest("cbcmac(aes)", "abc", count(16)) == digest("cbcmac(aes)", "abc" .. ("\\0"):rep(13), count(16))  =>  true
    crypto.shash("cmac(des3_ede)"):digestsize(), crypto.shash("cmac(camellia)"):algname()  =>  8  "cmac(camellia)"
    crypto.shash("cmac(aes)"):setkey("short")  =>  ERROR "EINVAL"
    (function() local h = crypto.shash("cmac(aes)") h:setkey(count(16)) pcall(h.setkey, h, "short") return h:digest("x") end)()  =>  ERROR "ENOKEY"
    `,
  )
})

const algorithms = [
  'md5',
  'sha1',
  'sha256',
  'sha384',
  'sha3-256',
  'sm3',
  'rmd160',
  'crc32',
  'crc32c',
  'crct10dif',
  'blake2b-256',
  'xxhash64',
  'hmac(sha256)',
  'hmac(sha3-512)',
  'cmac(aes)',
  'xcbc(aes)',
  'cbcmac(aes)',
  'cmac(des3_ede)',
]

t.test('what comes in parts is what comes at once, also over a state in between', async (t) => {
  const r = withCrypto(t)
  for (const alg of algorithms) {
    const key = /des3/.test(alg) ? 'count(24)' : /\(/.test(alg) ? 'count(16)' : 'nil'
    const all = `(function()
      local a, b = crypto.shash("${alg}"), crypto.shash("${alg}")
      if ${key} then a:setkey(${key}) b:setkey(${key}) end
      for _, n in ipairs{0, 1, 15, 16, 17, 32, 200} do
        local data = count(n)
        local whole = digest("${alg}", data, ${key})
        for _, part in ipairs{1, 7, 16, 31} do assert(parts("${alg}", data, part, ${key}) == whole, n .. " by " .. part) end
        a:update(data:sub(1, n // 2))
        local state, rest = a:export(), data:sub(n // 2 + 1)
        b:update("something else")
        for _, h in ipairs{a, b, b} do
          if h == b then h:import(state) end
          assert(hex(h:finup(rest)) == whole, n .. " by a state")
        end
      end
      return "the same"
    end)()`
    t.equal(evaluate(r, all), '"the same"', alg)
  }
})

t.test('an object begins anew after each digest', async (t) => {
  agrees(
    t,
    withCrypto(t),
    `
    (function() H = crypto.shash("sha256") H:update("x") H:final() H:update("abc") return hex(H:final()) == digest("sha256", "abc") end)()  =>  true
    (function() H:update("x") H:digest("y") return hex(H:finup("abc")) == digest("sha256", "abc") end)()  =>  true
    (function() H:update("x") H:init() return hex(H:finup("abc")) == digest("sha256", "abc") end)()  =>  true
    hex(H:final()) == digest("sha256", "")  =>  true
    `,
  )
})

t.test('sizes, names and errors', async (t) => {
  agrees(
    t,
    withCrypto(t),
    `
    (function() local t = {} for _, a in ipairs{"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "rmd160", "sm3", "crc32c"} do local h = crypto.shash(a) t[#t + 1] = #h:export() .. "/" .. h:digestsize() end return table.concat(t, " ") end)()  =>  "88/16 96/20 104/28 104/32 208/48 208/64 360/32 96/20 104/32 4/4"
    crypto.shash("sha256-generic"):algname(), crypto.shash("hmac(sha1-generic)"):algname()  =>  "sha256"  "hmac(sha1)"
    crypto.shash("hmac(crc32)")  =>  ERROR "ENOENT"
    crypto.shash("hmac(hmac(md5))")  =>  ERROR "ENOENT"
    crypto.shash("shake128")  =>  ERROR "ENOENT"
    crypto.shash("SHA256")  =>  ERROR "ENOENT"
    crypto.shash("cmac(nosuch)")  =>  ERROR "ENOENT"
    crypto.shash("xcbc(des3_ede)")  =>  ERROR "ENOENT"
    crypto.shash("aes")  =>  ERROR "ENOENT"
    (function() local h = crypto.shash("hmac(md5)") return h:init() end)()  =>  ERROR "ENOKEY"
    crypto.shash("hmac(md5)"):update("x")  =>  ERROR "ENOKEY"
    crypto.shash("hmac(md5)"):final()  =>  ERROR "ENOKEY"
    crypto.shash("hmac(md5)"):export()  =>  ERROR "ENOKEY"
    crypto.shash("hmac(md5)"):import(("x"):rep(88))  =>  ERROR "ENOKEY"
    crypto.shash("md5"):import(("x"):rep(88))  =>  ERROR "EINVAL"
    (function() local s = crypto.shash("sha224"):export() crypto.shash("sha256"):import(s) end)()  =>  ERROR "EINVAL"
    crypto.shash("cmac(aes)"):digest("x")  =>  ERROR "ENOKEY"
    (function() local h = crypto.shash("cmac(aes)") h:setkey(count(16)) h:import(("\\255"):rep(40)) end)()  =>  ERROR "EINVAL"
    crypto.shash("md5"):setkey()  =>  ERROR "bad argument #2 to 'setkey' (string expected, got no value)"
    crypto.shash("md5").digest(require("data").new(8), "x")  =>  ERROR "bad argument #1 to 'digest' (invalid object)"
    `,
  )
})

t.test('of the states that are no bytes but names, the last ones are kept', async (t) => {
  const r = withCrypto(t)
  evaluate(r, '(function() H = crypto.shash("sha1") H:update("ab") A = H:export() B = H:export() end)()')
  evaluate(r, `(function() for i = 1, ${CRYPTO_STATES_MAX - 1} do H:export() end end)()`)
  t.equal(evaluate(r, 'H:import(A)'), 'ERROR "EINVAL"')
  t.equal(evaluate(r, '(function() H:import(B) return hex(H:finup("c")) == digest("sha1", "abc") end)()'), 'true')
})

t.test('runtimes share a transform, and what it takes counts for the one that made it', async (t) => {
  const a = withCrypto(t)
  const b = withCrypto(t)
  const before = lunatik_allocated(a)
  evaluate(a, '(function() H = crypto.shash("sha256") H:update("ab") end)()')
  const taken = lunatik_allocated(a) - before
  t.ok(taken >= 1024, `${taken} bytes`)
  const object = share(a, b, 'H')
  t.equal(evaluate(b, 'hex(H:finup("c")) == digest("sha256", "abc")'), 'true')
  lunatik_stop(b)
  evaluate(a, 'H:__close()')
  t.equal(lunatik_allocated(a), before)
  lunatik_stop(a)
  t.equal(object.kref, 0)
})

t.test('there is none in interrupt context', async (t) => {
  const expected = 'ERROR "chunk:1: \'crypto_shash\': process-context class in interrupt-context runtime"'
  t.equal(evaluate(withCrypto(t, false), 'crypto.shash("md5")'), expected)
})
