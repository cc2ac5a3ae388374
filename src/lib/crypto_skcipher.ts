// crypto/skcipher.c: ciphers in modes by their names.
import { EINVAL, ENOKEY } from '../errno.js'
import type { lua_State } from '../lua/lua.js'
import { crypto_plain, crypto_template, crypto_walk } from './crypto_api.js'
import { crypto_begin, type crypto_cipher, crypto_find_cipher, crypto_has_mode } from './crypto_cipher.js'
import { crypto_find_cts } from './crypto_cts.js'
import { crypto_find_essiv } from './crypto_essiv.js'
import type { skcipher_alg, skcipher_crypt } from './crypto_internal.js'
import { crypto_find_xts } from './crypto_xts.js'

/** A transform. */
export interface crypto_skcipher {
  readonly alg: skcipher_alg
  /** Null as long as there is no key. */
  crypt: skcipher_crypt | null
}

/** Whole blocks, or any number of bytes for a blocksize of 1, by a mode of OpenSSL's. */
const byMode =
  (mode: string, key: Buffer, blocksize: number, ivOf: (iv: Uint8Array) => Uint8Array | null): skcipher_crypt =>
  (L, iv, data, out, encrypts) => {
    if (data.length % blocksize !== 0) return -EINVAL
    const crypt = crypto_begin(mode, key, ivOf(iv), encrypts)
    crypto_walk(L, data, (part, at) => out.set(crypt.update(part), at))
    return 0
  }

const same = (iv: Uint8Array) => iv

/** A template over a cipher: `streams` for one that takes any number of bytes. */
function modeAlg(tmpl: string, cipher: crypto_cipher, streams: boolean): skcipher_alg {
  const { cra_name, keysizes } = cipher
  const blocksize = streams ? 1 : cipher.blocksize
  const ivsize = tmpl === 'ecb' ? 0 : cipher.blocksize
  return {
    cra_name: `${tmpl}(${cra_name})`,
    ivsize,
    blocksize,
    setkey: (key) =>
      keysizes.includes(key.length)
        ? byMode(cipher.mode(tmpl, key.length), Buffer.from(key), blocksize, ivsize === 0 ? () => null : same)
        : null,
  }
}

/** The templates that are modes of OpenSSL's, and whether they take any number of bytes. */
const modes: ReadonlyMap<string, boolean> = new Map([
  ['ecb', false],
  ['cbc', false],
  ['ctr', true],
  ['cfb', true],
  ['ofb', true],
])

/** RFC 3686's CTR, as IPsec has it: the key ends in a nonce, and each counter begins with 1. */
const nonceSize = 4
const one = Buffer.from([0, 0, 0, 1])

function rfc3686(of: string): skcipher_alg | null {
  const inner = crypto_template(of)
  const cipher = inner?.tmpl === 'ctr' ? crypto_find_cipher(inner.of, 'ctr') : null
  if (cipher === null || cipher.blocksize !== 16) return null
  return {
    cra_name: `rfc3686(ctr(${cipher.cra_name}))`,
    ivsize: 8,
    blocksize: 1,
    setkey(key) {
      const size = key.length - nonceSize
      if (!cipher.keysizes.includes(size)) return null
      const nonce = Buffer.from(key.subarray(size))
      const counter = (iv: Uint8Array) => Buffer.concat([nonce, iv, one])
      return byMode(cipher.mode('ctr', size), Buffer.from(key.subarray(0, size)), 1, counter)
    },
  }
}

const chacha20: skcipher_alg = {
  cra_name: 'chacha20',
  ivsize: 16,
  blocksize: 1,
  setkey: (key) => (key.length === 32 ? byMode('chacha20', Buffer.from(key), 1, same) : null),
}

function findAlg(name: string): skcipher_alg | null {
  const template = crypto_template(name)
  if (template === null) return crypto_plain(name) === 'chacha20' && crypto_has_mode('chacha20') ? chacha20 : null
  const { tmpl, of } = template
  if (tmpl === 'xts') return crypto_find_xts(of)
  if (tmpl === 'rfc3686') return rfc3686(of)
  if (tmpl === 'cts') return crypto_find_cts(of)
  if (tmpl === 'essiv') return crypto_find_essiv(of, findAlg)
  const streams = modes.get(tmpl)
  const cipher = streams === undefined ? null : crypto_find_cipher(of, tmpl)
  return cipher === null ? null : modeAlg(tmpl, cipher, streams as boolean)
}

/** A transform of the algorithm of a name; null where there is none (ENOENT). */
export function crypto_alloc_skcipher(name: string): crypto_skcipher | null {
  const alg = findAlg(name)
  return alg === null ? null : { alg, crypt: null }
}

/** Sets the key. Returns 0, or -EINVAL for a key that is none: then there is none any more. */
export function crypto_skcipher_setkey(tfm: crypto_skcipher, key: Uint8Array): number {
  tfm.crypt = tfm.alg.setkey(key)
  return tfm.crypt === null ? -EINVAL : 0
}

/** Encrypts or decrypts `data` into `out`, which is as long. Returns 0, -ENOKEY, -EINVAL for no whole blocks. */
export function crypto_skcipher_crypt(
  L: lua_State,
  { crypt }: crypto_skcipher,
  iv: Uint8Array,
  data: Uint8Array,
  out: Uint8Array,
  encrypts: boolean,
): number {
  return crypt === null ? -ENOKEY : crypt(L, iv, data, out, encrypts)
}
