import t from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_allocated } from '../../src/lunatik/lunatik_mem.js'
import { withCrypto } from './crypto.js'
import { agrees, evaluate } from './eval.js'

t.test('a generator gives as many bytes as it is asked for, others each time', async (t) => {
  const r = withCrypto(t)
  agrees(
    t,
    r,
    `
    keys(getmetatable(crypto.rng()))  =>  "__close __gc __index algname generate getbytes info reset"
    (function() R = crypto.rng() return #R:generate(32), #R:getbytes(1), R:generate(32) == R:generate(32) end)()  =>  32  1  false
    (function() local seen, n = {}, 0 for _, b in ipairs{R:getbytes(100):byte(1, -1)} do n = n + (seen[b] and 0 or 1) seen[b] = true end return n > 50 end)()  =>  true
    #R:getbytes(2097153), R:getbytes(2097153):find(("\\0"):rep(16), 1, true)  =>  2097153  nil
    R:generate(16, "seed") == R:generate(16, "seed"), R:reset("seed") == R:reset()  =>  false  true
    R:getbytes(0)  =>  ERROR "bad argument #2 to 'getbytes' (out of bounds)"
    R:generate(0)  =>  ERROR "bad argument #2 to 'generate' (out of bounds)"
    R:generate(-1)  =>  ERROR "bad argument #2 to 'generate' (out of bounds)"
    R:generate()  =>  ERROR "bad argument #2 to 'generate' (number expected, got no value)"
    R:algname(), R:info().driver_name, R:info().seedsize  =>  "stdrng"  "drbg_nopr_hmac_sha512"  0
    crypto.rng("drbg_pr_ctr_aes256"):algname(), crypto.rng("drbg_pr_ctr_aes256"):info().driver_name  =>  "stdrng"  "drbg_pr_ctr_aes256"
    crypto.rng("jitterentropy_rng"):algname()  =>  "jitterentropy_rng"
    crypto.rng("nosuch")  =>  ERROR "ENOENT"
    crypto.rng("drbg")  =>  ERROR "ENOENT"
    crypto.rng({})  =>  ERROR "chunk:1: bad argument #1 to 'rng' (string expected, got table)"
    `,
  )
  const expected = 'ERROR "chunk:1: \'crypto_rng\': process-context class in interrupt-context runtime"'
  t.equal(evaluate(withCrypto(t, false), 'crypto.rng()'), expected)
})

t.test("more than the runtime's memory is an error, which costs nothing", async (t) => {
  const r = withCrypto(t)
  evaluate(r, '(function() R = crypto.rng() end)()')
  const before = lunatik_allocated(r)
  t.match(evaluate(r, `R:getbytes(${lunatik_conf.memory})`), /^ERROR ".*not enough memory"$/)
  t.match(evaluate(r, `R:getbytes(${2 ** 31 - 1})`), /^ERROR ".*not enough memory"$/)
  t.equal(lunatik_allocated(r), before)
})
