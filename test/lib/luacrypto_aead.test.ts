import { createCipheriv, createHmac } from 'node:crypto'
import t from 'tap'
import { withCrypto } from './crypto.js'
import { agrees, evaluate } from './eval.js'

/** Encrypts, sees that decrypting gives the data again and that nothing else is authentic, and returns the result. */
const seal = `
(function()
  function seal(alg, key, size, iv, data, aad)
    local c = crypto.aead(alg)
    c:setkey(key)
    c:setauthsize(size)
    local e = c:encrypt(iv, data, aad)
    assert(c:decrypt(iv, e, aad) == data, "not what it was")
    for at = 1, #e, 7 do
      local other = e:sub(1, at - 1) .. string.char(e:byte(at) ~ 1) .. e:sub(at + 1)
      local ok, why = pcall(c.decrypt, c, iv, other, aad)
      assert(not ok and why == "EBADMSG", "authentic")
    end
    return hex(e)
  end
end)()`

const ladies =
  '"Ladies and Gentlemen of the class of \'99: If I could offer you only one tip for the future, sunscreen would be it."'

t.test('ciphers are those of the GCM specification, RFC 3610 and RFC 8439', async (t) => {
  const r = withCrypto(t)
  evaluate(r, seal)
  const text =
    'bin"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"'
  agrees(
    t,
    r,
    `
    seal("gcm(aes)", ("\\0"):rep(16), 16, ("\\0"):rep(12), "")  =>  "58e2fccefa7e3061367f1d57a4e7455a"
    seal("gcm(aes)", bin"feffe9928665731c6d6a8f9467308308", 16, bin"cafebabefacedbaddecaf888", ${text}, bin"feedfacedeadbeeffeedfacedeadbeefabaddad2")  =>  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"
    seal("ccm(aes)", bin"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", 8, bin"0100000003020100a0a1a2a3a4a50000", count(31):sub(9), count(8))  =>  "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"
    seal("rfc7539(chacha20,poly1305)", count(160):sub(129), 16, bin"070000004041424344454647", ${ladies}, bin"50515253c0c1c2c3c4c5c6c7"):sub(1, 32)  =>  "d31a8d34648e60db7b86afbc53ef7ec2"
    seal("rfc7539(chacha20,poly1305)", count(160):sub(129), 16, bin"070000004041424344454647", ${ladies}, bin"50515253c0c1c2c3c4c5c6c7"):sub(-32)  =>  "1ae10b594f09e26a7e902ecbd0600691"
    `,
  )
})

t.test("authenc joins RFC 3602's CBC and RFC 2202's HMAC, by the kernel's key of both", async (t) => {
  const r = withCrypto(t)
  evaluate(r, seal)
  const bytes = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => i % 256))
  const encrypted = Buffer.from('e353779c1079aeb82708942dbe77181a', 'hex')
  const tag = createHmac('sha1', bytes(20)).update(bytes(8)).update(encrypted).digest()
  const param = 'bin"0800010000000010"'
  const enc = 'bin"06a9214036b8a15b512e03d534120006"'
  const iv = 'bin"3dafba429d9eb430b422da802c9fac41"'
  const alg = '"authenc(hmac(sha1),cbc(aes))"'
  agrees(
    t,
    r,
    `
    seal(${alg}, ${param} .. count(20) .. ${enc}, 20, ${iv}, "Single block msg", count(8))  =>  "${encrypted.toString('hex')}${tag.toString('hex')}"
    seal(${alg}, ${param} .. count(20) .. ${enc}, 12, ${iv}, "Single block msg", count(8))  =>  "${encrypted.toString('hex')}${tag.toString('hex', 0, 12)}"
    crypto.aead("authenc(hmac(sha256),rfc3686(ctr(aes)))"):algname()  =>  "authenc(hmac(sha256),rfc3686(ctr(aes)))"
    crypto.aead("authenc(hmac(sha256),cbc(des3_ede))"):ivsize()  =>  8
    crypto.aead(${alg}):setauthsize(21)  =>  ERROR "EINVAL"
    crypto.aead(${alg}):setkey(count(36))  =>  ERROR "EINVAL"
    crypto.aead(${alg}):setkey(${param} .. count(15))  =>  ERROR "EINVAL"
    seal(${alg}, ${param} .. count(20) .. ${enc}, 20, ${iv}, "no whole block", count(8))  =>  ERROR "EINVAL"
    crypto.aead("authenc(sha1,cbc(aes))")  =>  ERROR "ENOENT"
    crypto.aead("authenc(hmac(sha1),nosuch(aes))")  =>  ERROR "ENOENT"
    `,
  )
})

t.test('GMAC of RFC 4543 makes the tag of all the data alone', async (t) => {
  const r = withCrypto(t)
  evaluate(r, seal)
  const bytes = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => i % 256))
  const nonce = Buffer.concat([bytes(20).subarray(16), bytes(8)])
  const gmac = createCipheriv('aes-128-gcm', bytes(16), nonce).setAAD(Buffer.concat([bytes(16), bytes(33)]))
  gmac.final()
  const expected = `${bytes(33).toString('hex')}${gmac.getAuthTag().toString('hex')}`
  agrees(
    t,
    r,
    `
    seal("rfc4543(gcm(aes))", count(20), 16, count(8), count(33), count(16))  =>  "${expected}"
    seal("rfc4543(gcm(aes))", count(20), 16, count(8), count(33), count(12))  =>  ERROR "EINVAL"
    crypto.aead("rfc4543(gcm(aes))"):setauthsize(12)  =>  ERROR "EINVAL"
    crypto.aead("rfc4543(ccm(aes))")  =>  ERROR "ENOENT"
    `,
  )
})

t.test("the tag of no data with CCM is the cipher's CBC-MAC, encrypted", async (t) => {
  const r = withCrypto(t)
  evaluate(r, seal)
  // RFC 3610, 2.2: a block with flags, nonce and length, then the associated data with their length.
  const nonce = 'count(13)'
  const blocks = `string.char(0x79) .. ${nonce} .. "\\0\\0" .. "\\0\\3abc" .. ("\\0"):rep(11)`
  agrees(
    t,
    r,
    `
    (function() local c = crypto.skcipher("ctr(aes)") c:setkey(count(16)) return seal("ccm(aes)", count(16), 16, "\\1" .. ${nonce} .. "\\0\\0", "", "abc") == hex(c:encrypt("\\1" .. ${nonce} .. "\\0\\0", bin(digest("cbcmac(aes)", ${blocks}, count(16))))) end)()  =>  true
    `,
  )
})

t.test("IPsec's take a salt from the key's end, and the IV from the associated data's", async (t) => {
  const r = withCrypto(t)
  evaluate(r, seal)
  agrees(
    t,
    r,
    `
    seal("rfc4106(gcm(aes))", count(20), 12, "ivivivIV", "data", "eight by" .. "ivivivIV") == seal("gcm(aes)", count(16), 12, count(20):sub(17) .. "ivivivIV", "data", "eight by")  =>  true
    seal("rfc4309(ccm(aes))", count(19), 8, "ivivivIV", "data", "eight bytes." .. "ivivivIV") == seal("ccm(aes)", count(16), 8, "\\3" .. count(19):sub(17) .. "ivivivIV" .. ("\\0"):rep(4), "data", "eight bytes.")  =>  true
    (function() C = crypto.aead("rfc4106(gcm(aes))") C:setkey(count(20)) return C:encrypt("ivivivIV", "data", "") end)()  =>  ERROR "EINVAL"
    C:encrypt("ivivivIV", "data", count(15))  =>  ERROR "EINVAL"
    C:setkey("abc")  =>  ERROR "EINVAL"
    C:setauthsize(4)  =>  ERROR "EINVAL"
    C:algname()  =>  "rfc4106(gcm(aes))"
    `,
  )
})

t.test('sizes, names and errors', async (t) => {
  const r = withCrypto(t)
  agrees(
    t,
    r,
    `
    (function() local t = {} for _, a in ipairs{"gcm(aes)", "ccm(aes)", "rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc7539(chacha20,poly1305)", "gcm(aria)"} do local c = crypto.aead(a) t[#t + 1] = c:ivsize() .. "/" .. c:authsize() end return table.concat(t, " ") end)()  =>  "12/16 16/16 8/16 8/16 12/16 12/16"
    (function() local t = {} for _, a in ipairs{"gcm(aes)", "ccm(aes)", "rfc4106(gcm(aes))", "rfc7539(chacha20,poly1305)"} do local c = crypto.aead(a) for n = 1, 17 do if pcall(c.setauthsize, c, n) then t[#t + 1] = n end end t[#t + 1] = "," end return table.concat(t, " ") end)()  =>  "4 8 12 13 14 15 16 , 4 6 8 10 12 14 16 , 8 12 16 , 16 ,"
    crypto.aead("gcm(aes)"):setauthsize(4294967296)  =>  ERROR "bad argument #2 to 'setauthsize' (out of bounds)"
    crypto.aead("gcm(des3_ede)")  =>  ERROR "ENOENT"
    crypto.aead("gcm(camellia)")  =>  ERROR "ENOENT"
    crypto.aead("cbc(aes)")  =>  ERROR "ENOENT"
    crypto.aead("rfc4106(ccm(aes))")  =>  ERROR "ENOENT"
    crypto.aead("rfc7539(chacha20,ghash)")  =>  ERROR "ENOENT"
    crypto.aead("aes-128-gcm")  =>  ERROR "ENOENT"
    (function() C = crypto.aead("ccm(aes)") C:setkey(count(16)) return C:encrypt(("\\0"):rep(16), "x") end)()  =>  ERROR "EINVAL"
    C:encrypt("\\8" .. ("\\0"):rep(15), "x")  =>  ERROR "EINVAL"
    C:encrypt("\\1" .. ("\\0"):rep(15), ("x"):rep(65536))  =>  ERROR "EOVERFLOW"
    #C:encrypt("\\1" .. ("\\0"):rep(15), ("x"):rep(65535)), #C:encrypt("\\2" .. ("\\0"):rep(15), ("x"):rep(65536))  =>  65551  65552
    C:decrypt("\\1" .. ("\\0"):rep(15), ("x"):rep(16))  =>  ERROR "EBADMSG"
    (function() pcall(C.setkey, C, "") return C:decrypt("\\1" .. ("\\0"):rep(15), ("x"):rep(16)) end)()  =>  ERROR "ENOKEY"
    (function() local c = crypto.aead("gcm(aes)") c:setkey(count(32)) local data = ("x"):rep(3145729) return c:decrypt(count(12), c:encrypt(count(12), data)) == data end)()  =>  true
    `,
  )
  const expected = 'ERROR "chunk:1: \'crypto_aead\': process-context class in interrupt-context runtime"'
  t.equal(evaluate(withCrypto(t, false), 'crypto.aead("gcm(aes)")'), expected)
})
