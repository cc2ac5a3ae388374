// crypto/xts.c: XTS over a cipher's ECB, as the kernel has it. OpenSSL's own takes no two equal keys, none of 24 bytes
// and no more than 16 MiB.
import { EINVAL } from '../errno.js'
import { crypto_walk } from './crypto_api.js'
import { crypto_begin, crypto_encrypt, crypto_find_cipher } from './crypto_cipher.js'
import type { skcipher_alg, skcipher_crypt } from './crypto_internal.js'

const blocksize = 16

/** The value that each block is XORed with before and after: that of the IV, and times x with each block. */
class Tweak {
  readonly #words: Uint32Array

  constructor(block: Buffer) {
    this.#words = Uint32Array.from([0, 4, 8, 12], (at) => block.readUInt32LE(at))
  }

  copy(): Tweak {
    const copy = new Tweak(Buffer.alloc(blocksize))
    copy.#words.set(this.#words)
    return copy
  }

  /** XORs the blocks of `data`, each with the next tweak. */
  xor(data: Buffer): void {
    const w = this.#words
    for (let at = 0; at < data.length; at += blocksize) {
      for (let i = 0; i < 4; i++)
        data.writeUInt32LE((data.readUInt32LE(at + 4 * i) ^ (w[i] as number)) >>> 0, at + 4 * i)
      const carry = (w[3] as number) >>> 31
      for (let i = 3; i > 0; i--) w[i] = ((w[i] as number) << 1) | ((w[i - 1] as number) >>> 31)
      w[0] = ((w[0] as number) << 1) ^ (carry * 0x87)
    }
  }
}

/** XTS with a mode of ECB: the data's key, and that of the tweak. */
function xts(ecb: string, key: Buffer, tweakKey: Buffer): skcipher_crypt {
  return (L, iv, data, out, encrypts) => {
    if (data.length < blocksize) return -EINVAL
    const tweak = new Tweak(crypto_encrypt(ecb, tweakKey, null, iv))
    const cipher = crypto_begin(ecb, key, null, encrypts)
    const crypt = (blocks: Uint8Array, by: Tweak) => {
      const before = Buffer.from(blocks)
      const after = by.copy()
      by.xor(before)
      const result = cipher.update(before)
      after.xor(result)
      return result
    }
    const rest = data.length % blocksize
    // Where the last block is part of one, the one before it gives it its end.
    const plain = data.length - rest - (rest > 0 ? blocksize : 0)
    crypto_walk(L, data.subarray(0, plain), (part, at) => out.set(crypt(part, tweak), at))
    if (rest === 0) return 0
    const next = tweak.copy()
    next.xor(Buffer.alloc(blocksize))
    const [first, second] = encrypts ? [tweak, next] : [next, tweak]
    const stolen = crypt(data.subarray(plain, plain + blocksize), first)
    const last = Buffer.concat([data.subarray(plain + blocksize), stolen.subarray(rest)])
    out.set(stolen.subarray(0, rest), plain + blocksize)
    out.set(crypt(last, second), plain)
    return 0
  }
}

/** XTS over a cipher, or over its ECB; null where there is none. */
export function crypto_find_xts(of: string): skcipher_alg | null {
  const cipher = crypto_find_cipher(of, 'ecb')
  if (cipher === null || cipher.blocksize !== blocksize) return null
  return {
    cra_name: `xts(${cipher.cra_name})`,
    ivsize: blocksize,
    blocksize,
    setkey(key) {
      const half = key.length / 2
      if (!cipher.keysizes.includes(half)) return null
      const ecb = cipher.mode('ecb', half)
      return xts(ecb, Buffer.from(key.subarray(0, half)), Buffer.from(key.subarray(half)))
    },
  }
}
