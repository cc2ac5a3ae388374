// crypto/authenc.c: a cipher, and the HMAC of the associated data and what was encrypted, as IPsec and TLS join them.
import type { lua_State } from '../lua/lua.js'
import { crypto_walk, openssl } from './crypto_api.js'
import type { skcipher_alg } from './crypto_internal.js'
import { crypto_alloc_shash } from './crypto_shash.js'
import { crypto_alloc_skcipher } from './crypto_skcipher.js'

/** What works with an IV and associated data, in steps of its own. A number is a negative errno. */
export interface aead_steps {
  /** Encrypts `data` into `out`. Returns the tag, of `authsize` bytes. */
  readonly seal: (L: lua_State, authsize: number, data: Uint8Array, out: Uint8Array) => Uint8Array | number
  /** Decrypts `data` into `out`. Returns whether they are authentic; where not, `out` has nothing of them. */
  readonly open: (L: lua_State, tag: Uint8Array, data: Uint8Array, out: Uint8Array) => boolean | number
}

export interface authenc_alg {
  readonly cipher: skcipher_alg
  /** The hash below the HMAC, and the size of its digests in bytes. */
  readonly hash: string
  readonly digestsize: number
}

/** The parts of `hmac(sha256),cbc(aes)`; null where there are none. */
export function crypto_find_authenc(of: string): authenc_alg | null {
  const [, given, inside] = /^hmac\(([\w-]+)\),(.+\))$/.exec(of) ?? []
  if (given === undefined || inside === undefined) return null
  const shash = crypto_alloc_shash(`hmac(${given})`)
  const cipher = crypto_alloc_skcipher(inside)?.alg
  if (shash === null || cipher === undefined) return null
  const { cra_name, digestsize } = shash.alg
  return { cipher, hash: cra_name.slice('hmac('.length, -1), digestsize }
}

/** CRYPTO_AUTHENC_KEYA_PARAM: a struct rtattr of the machine's, and behind it the length of the cipher's key. */
const paramLength = 8
const paramType = 1

/** The two keys of what the kernel takes for one: that of the HMAC, that of the cipher. Null for what is none. */
function keysOf(given: Uint8Array): { readonly auth: Buffer; readonly enc: Buffer } | null {
  const key = Buffer.from(given)
  if (key.length < paramLength || key.readUInt16LE() !== paramLength || key.readUInt16LE(2) !== paramType) return null
  const size = key.readUInt32BE(4)
  const at = key.length - size
  return at < paramLength ? null : { auth: key.subarray(paramLength, at), enc: key.subarray(at) }
}

/** What works with a key; null for a key that is none. */
export function crypto_authenc_setkey(
  { cipher, hash }: authenc_alg,
  given: Uint8Array,
): ((iv: Uint8Array, aad: Uint8Array) => aead_steps) | null {
  const keys = keysOf(given)
  const crypt = keys === null ? null : cipher.setkey(keys.enc)
  if (keys === null || crypt === null) return null
  const { createHmac, timingSafeEqual } = openssl()
  return (iv, aad) => {
    const tagOf = (L: lua_State, encrypted: Uint8Array, authsize: number) => {
      const hmac = createHmac(hash, keys.auth).update(aad)
      crypto_walk(L, encrypted, (part) => hmac.update(part))
      return hmac.digest().subarray(0, authsize)
    }
    return {
      seal(L, authsize, data, out) {
        const encrypted = out.subarray(0, data.length)
        const ret = crypt(L, iv, data, encrypted, true)
        return ret < 0 ? ret : tagOf(L, encrypted, authsize)
      },
      open: (L, tag, data, out) => {
        if (!timingSafeEqual(tagOf(L, data, tag.length), tag)) return false
        const ret = crypt(L, iv, data, out.subarray(0, data.length), false)
        return ret < 0 ? ret : true
      },
    }
  }
}
