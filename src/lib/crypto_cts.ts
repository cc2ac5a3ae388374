// crypto/cts.c: ciphertext stealing over CBC, as RFC 3962 has it: data of any length from one block on.
import { EINVAL } from '../errno.js'
import { crypto_template, crypto_walk } from './crypto_api.js'
import { crypto_begin, type crypto_cipher, crypto_find_cipher } from './crypto_cipher.js'
import type { skcipher_alg, skcipher_crypt } from './crypto_internal.js'

/** The last two blocks change places, and the first of them gives the other what it lacks. */
function cts({ mode, blocksize }: crypto_cipher, key: Buffer): skcipher_crypt {
  const cbc = mode('cbc', key.length)
  const ecb = mode('ecb', key.length)
  const zeros = Buffer.alloc(blocksize)
  return (L, iv, data, out, encrypts) => {
    if (data.length < blocksize) return -EINVAL
    const last = data.length === blocksize ? 0 : data.length % blocksize || blocksize
    /** What is plain CBC: all but the last two blocks. */
    const plain = last === 0 ? blocksize : data.length - blocksize - last
    const crypt = crypto_begin(cbc, key, iv, encrypts)
    crypto_walk(L, data.subarray(0, plain), (part, at) => out.set(crypt.update(part), at))
    if (last === 0) return 0
    const first = data.subarray(plain, plain + blocksize)
    const rest = data.subarray(plain + blocksize)
    if (encrypts) {
      const whole = crypt.update(first)
      out.set(whole.subarray(0, last), plain + blocksize)
      out.set(crypt.update(Buffer.concat([rest, zeros.subarray(last)])), plain)
      return 0
    }
    // What the first block is before CBC's XOR has the stolen bytes at its end.
    const before = crypto_begin(ecb, key, null, false).update(first)
    const whole = Buffer.concat([rest, before.subarray(last)])
    const end = before.map((byte, i) => byte ^ (whole[i] as number)).subarray(0, last)
    out.set(crypt.update(whole), plain)
    out.set(end, plain + blocksize)
    return 0
  }
}

/** CTS over a cipher's CBC, `cbc(aes)`; null where there is none. */
export function crypto_find_cts(of: string): skcipher_alg | null {
  const inner = crypto_template(of)
  const cipher = inner?.tmpl === 'cbc' ? crypto_find_cipher(inner.of, 'cbc') : null
  if (cipher === null || crypto_find_cipher(cipher.cra_name, 'ecb') === null) return null
  const { cra_name, blocksize, keysizes } = cipher
  return {
    cra_name: `cts(cbc(${cra_name}))`,
    ivsize: blocksize,
    blocksize,
    setkey: (key) => (keysizes.includes(key.length) ? cts(cipher, Buffer.from(key)) : null),
  }
}
