import { createCipheriv, createHash } from 'node:crypto'
import t from 'tap'
import { withCrypto } from './crypto.js'
import { agrees, evaluate } from './eval.js'

const key = 'bin"2b7e151628aed2a6abf7158809cf4f3c"'
const text =
  'bin"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"'

/** Encrypts, sees that decrypting gives the data again, and returns what was encrypted. */
const crypt = `
(function() function crypt(alg, key, iv, data)
  local c = crypto.skcipher(alg)
  c:setkey(key)
  local e = c:encrypt(iv, data)
  assert(c:decrypt(iv, e) == data, "not what it was")
  return hex(e)
end end)()`

t.test('ciphers are those of SP 800-38A, SP 800-67, RFC 3686, RFC 8439 and the like', async (t) => {
  const r = withCrypto(t)
  evaluate(r, crypt)
  agrees(
    t,
    r,
    `
    crypt("ecb(aes)", ${key}, "", ${text})  =>  "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"
    crypt("cbc(aes)", ${key}, count(16), ${text})  =>  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
    crypt("ctr(aes)", ${key}, bin"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", ${text})  =>  "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"
    crypt("cfb(aes)", ${key}, count(16), ${text}:sub(1, 35))  =>  "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f"
    crypt("ofb(aes)", ${key}, count(16), ${text}:sub(1, 35))  =>  "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed825974005"
    crypt("rfc3686(ctr(aes))", bin"ae6852f8121067cc4bf7a5765577f39e00000030", ("\\0"):rep(8), "Single block msg")  =>  "e4095d4fb7a7b3792d6175a3261311b8"
    crypt("chacha20", count(32), bin"01000000000000000000004a00000000", "Ladies and Gentl")  =>  "6e2e359a2568f98041ba0728dd0d6981"
    crypt("ecb(des3_ede)", bin"0123456789abcdef23456789abcdef01456789abcdef0123", "", "The qufck brown fox jump")  =>  "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"
    crypt("ecb(camellia)", bin"0123456789abcdeffedcba9876543210", "", bin"0123456789abcdeffedcba9876543210")  =>  "67673138549669730857065648eabe43"
    crypt("ecb(sm4)", bin"0123456789abcdeffedcba9876543210", "", bin"0123456789abcdeffedcba9876543210")  =>  "681edf34d206965e86b3e94f536e4246"
    crypt("ecb(aria)", count(16), "", bin"00112233445566778899aabbccddeeff")  =>  "d718fbd6ab644c739da95f3be6451778"
    `,
  )
})

t.test('CTS is that of RFC 3962, and takes any number of bytes from one block on', async (t) => {
  const r = withCrypto(t)
  evaluate(r, crypt)
  const zeros = '("\\0"):rep(16)'
  const soup = `("I would like the General Gau's Chicken, please, and wonton soup."):sub`
  agrees(
    t,
    r,
    `
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 17))  =>  "c6353568f2bf8cb4d8a580362da7ff7f97"
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 31))  =>  "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 32))  =>  "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 47))  =>  "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5"
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 48))  =>  "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8"
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 64))  =>  "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8"
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, ${soup}(1, 16)) == crypt("cbc(aes)", "chicken teriyaki", ${zeros}, ${soup}(1, 16))  =>  true
    #crypt("cts(cbc(des3_ede))", count(24), count(8), count(13))  =>  26
    crypt("cts(cbc(aes))", "chicken teriyaki", ${zeros}, count(15))  =>  ERROR "EINVAL"
    crypt("cts(cbc(aes))", count(15), ${zeros}, count(16))  =>  ERROR "EINVAL"
    crypto.skcipher("cts(cbc(aes))"):algname()  =>  "cts(cbc(aes))"
    crypto.skcipher("cts(ctr(aes))")  =>  ERROR "ENOENT"
    crypto.skcipher("cts(aes)")  =>  ERROR "ENOENT"
    `,
  )
})

t.test('ESSIV is CBC with the IV encrypted by a hash of the key', async (t) => {
  const r = withCrypto(t)
  evaluate(r, crypt)
  const bytes = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => i % 256))
  for (const size of [16, 32]) {
    const salt = createHash('sha256').update(bytes(size)).digest()
    const iv = createCipheriv('aes-256-ecb', salt, null).setAutoPadding(false).update(bytes(16))
    const cbc = createCipheriv(`aes-${size * 8}-cbc`, bytes(size), iv).setAutoPadding(false)
    const whole = cbc.update(bytes(64)).toString('hex')
    t.equal(evaluate(r, `crypt("essiv(cbc(aes),sha256)", count(${size}), count(16), count(64))`), `"${whole}"`)
  }
  agrees(
    t,
    r,
    `
    crypto.skcipher("essiv(cbc(aes),sha256)"):algname()  =>  "essiv(cbc(aes),sha256)"
    crypto.skcipher("essiv(cbc(aes),sha256)"):ivsize()  =>  16
    crypt("essiv(cbc(aes),sha1)", count(32), count(16), count(64))  =>  ERROR "EINVAL"
    crypto.skcipher("essiv(cbc(aes),nosuch)")  =>  ERROR "ENOENT"
    crypto.skcipher("essiv(ctr(aes),sha256)")  =>  ERROR "ENOENT"
    `,
  )
})

t.test('XTS is that of IEEE 1619, with equal keys and parts of a block as well', async (t) => {
  const r = withCrypto(t)
  evaluate(r, crypt)
  const keys = 'bin"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0"'
  agrees(
    t,
    r,
    `
    crypt("xts(aes)", ("\\0"):rep(32), ("\\0"):rep(16), ("\\0"):rep(32))  =>  "917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e"
    crypt("xts(aes)", ("\\x11"):rep(16) .. ("\\x22"):rep(16), ("\\x33"):rep(5) .. ("\\0"):rep(11), ("\\x44"):rep(32))  =>  "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0"
    crypt("xts(aes)", ${keys}, bin"9a785634120000000000000000000000", count(17))  =>  "6c1625db4671522d3d7599601de7ca09ed"
    crypt("xts(aes)", ${keys}, bin"9a785634120000000000000000000000", count(18))  =>  "d069444b7a7e0cab09e24447d24deb1fedbf"
    #crypt("xts(aes)", count(48), count(16), count(40))  =>  80
    `,
  )
  const bytes = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => i % 256))
  for (const n of [16, 31, 33, 64, 1000]) {
    const whole = createCipheriv('aes-256-xts', bytes(64), bytes(16)).update(bytes(n)).toString('hex')
    t.equal(evaluate(r, `crypt("xts(aes)", count(64), count(16), count(${n}))`), `"${whole}"`, `${n} bytes`)
  }
})

t.test('long data are worked on in parts', async (t) => {
  const r = withCrypto(t)
  const size = (2 << 20) + 48
  const [key, iv] = ['0123456789abcdef', 'IV']
  for (const [alg, name, key2] of [
    ['cbc(aes)', 'aes-128-cbc', ''],
    ['ctr(aes)', 'aes-128-ctr', ''],
    ['xts(aes)', 'aes-128-xts', 'fedcba9876543210'],
  ] as const) {
    const script = `(function()
      local c, iv, data = crypto.skcipher("${alg}"), ("${iv}"):rep(8), ("x"):rep(${size})
      c:setkey("${key}${key2}")
      local e = c:encrypt(iv, data)
      assert(c:decrypt(iv, e) == data)
      return digest("sha256", e)
    end)()`
    const cipher = createCipheriv(name, `${key}${key2}`, iv.repeat(8)).setAutoPadding(false)
    const whole = createHash('sha256').update(cipher.update(Buffer.alloc(size, 'x')))
    t.equal(evaluate(r, script), `"${whole.digest('hex')}"`, alg)
  }
})

t.test('sizes, names and errors', async (t) => {
  const r = withCrypto(t)
  agrees(
    t,
    r,
    `
    (function() local t = {} for _, a in ipairs{"ecb(aes)", "cbc(aes)", "ctr(aes)", "xts(aes)", "cfb(aes)", "ofb(aes)", "cbc(des3_ede)", "rfc3686(ctr(aes))", "chacha20"} do local c = crypto.skcipher(a) t[#t + 1] = c:ivsize() .. "/" .. c:blocksize() end return table.concat(t, " ") end)()  =>  "0/16 16/16 16/1 16/16 16/1 16/1 8/8 8/1 16/1"
    keys(getmetatable(crypto.skcipher("cbc(aes)")))  =>  "__close __gc __index algname blocksize decrypt encrypt ivsize setkey"
    crypto.skcipher("cbc(aes-generic)"):algname()  =>  "cbc(aes)"
    crypto.skcipher("aes")  =>  ERROR "ENOENT"
    crypto.skcipher("sha256")  =>  ERROR "ENOENT"
    crypto.skcipher("gcm(aes)")  =>  ERROR "ENOENT"
    crypto.skcipher("cbc(cbc(aes))")  =>  ERROR "ENOENT"
    crypto.skcipher("ctr(des3_ede)")  =>  ERROR "ENOENT"
    crypto.skcipher("xts(des3_ede)")  =>  ERROR "ENOENT"
    crypto.skcipher("aes-128-cbc")  =>  ERROR "ENOENT"
    crypto.skcipher()  =>  ERROR "chunk:1: bad argument #1 to 'skcipher' (string expected, got no value)"
    (function() C = crypto.skcipher("cbc(aes)") return C:setkey("0123456789abcde") end)()  =>  ERROR "EINVAL"
    C:encrypt(count(16), count(16))  =>  ERROR "ENOKEY"
    C:encrypt(count(15), count(16))  =>  ERROR "EINVAL"
    C:encrypt(count(15))  =>  ERROR "EINVAL"
    C:encrypt(count(16))  =>  ERROR "bad argument #3 to 'encrypt' (string expected, got no value)"
    C:setkey(count(16))  =>
    C:encrypt(count(16), count(17))  =>  ERROR "EINVAL"
    C:decrypt(count(16), count(17))  =>  ERROR "EINVAL"
    C:encrypt(count(16), "")  =>  ""
    (function() pcall(C.setkey, C, "") return C:encrypt(count(16), "") end)()  =>  ERROR "ENOKEY"
    crypto.skcipher("xts(aes)"):setkey(count(33))  =>  ERROR "EINVAL"
    (function() local c = crypto.skcipher("xts(aes)") c:setkey(count(32)) return c:encrypt(count(16), count(15)) end)()  =>  ERROR "EINVAL"
    crypto.skcipher("rfc3686(ctr(aes))"):setkey(count(16))  =>  ERROR "EINVAL"
    (function() C:__close() return C:ivsize() end)()  =>  ERROR "bad argument #1 to 'ivsize' (null pointer dereference)"
    `,
  )
  const expected = 'ERROR "chunk:1: \'crypto_skcipher\': process-context class in interrupt-context runtime"'
  t.equal(evaluate(withCrypto(t, false), 'crypto.skcipher("nosuch")'), expected, 'before the name is looked for')
})
