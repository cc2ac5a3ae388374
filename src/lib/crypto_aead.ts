// crypto/aead.c: ciphers with authentication by their names.
import type { CipherGCM, CipherGCMTypes, DecipherGCM } from 'node:crypto'
import { EBADMSG, EINVAL, ENOKEY, EOVERFLOW } from '../errno.js'
import type { lua_State } from '../lua/lua.js'
import { crypto_template, crypto_walk, openssl } from './crypto_api.js'
import { type aead_steps, crypto_authenc_setkey, crypto_find_authenc } from './crypto_authenc.js'
import { crypto_find_cipher, crypto_has_mode } from './crypto_cipher.js'

/** What a key and an IV make of a request: OpenSSL's cipher and nonce, and how much of the associated data counts. */
interface Request {
  readonly cipher: string
  readonly key: Buffer
  readonly nonce: Uint8Array
  readonly aad: Uint8Array
}

/** One request with a key: what it is for OpenSSL, or how it is made in steps; or a negative errno. `length` is that of the plain text. */
type aead_prepare = (iv: Uint8Array, aad: Uint8Array, length: number) => Request | aead_steps | number

/** An algorithm. Sizes are in bytes. */
interface aead_alg {
  readonly cra_name: string
  readonly ivsize: number
  readonly maxauthsize: number
  /** The sizes that a tag may have; null for each up to maxauthsize. */
  readonly authsizes: readonly number[] | null
  /** What prepares requests with a key; null for a key that is none. */
  readonly setkey: (key: Uint8Array) => aead_prepare | null
}

/** A transform. */
export interface crypto_aead {
  readonly alg: aead_alg
  authsize: number
  /** Null as long as there is no key. */
  prepare: aead_prepare | null
}

const gcmTags = [4, 8, 12, 13, 14, 15, 16]
const ccmTags = [4, 6, 8, 10, 12, 14, 16]
const ipsecTags = [8, 12, 16]
const tagMax = 16

type Find = (of: string) => aead_alg | null

/** A mode of OpenSSL's over a cipher. `prepare` makes the requests of a key. */
const mode =
  (
    tmpl: string,
    ivsize: number,
    authsizes: readonly number[],
    prepare: (cipher: string, key: Buffer) => aead_prepare,
  ): Find =>
  (of) => {
    const found = crypto_find_cipher(of, tmpl)
    if (found === null) return null
    return {
      cra_name: `${tmpl}(${found.cra_name})`,
      ivsize,
      maxauthsize: tagMax,
      authsizes,
      setkey: (key) =>
        found.keysizes.includes(key.length) ? prepare(found.mode(tmpl, key.length), Buffer.from(key)) : null,
    }
  }

const gcm = mode('gcm', 12, gcmTags, (cipher, key) => (nonce, aad) => ({ cipher, key, nonce, aad }))

/** RFC 3610: the IV's first byte says how many bytes the message's length has, less one; the nonce follows it. */
const ccm = mode('ccm', 16, ccmTags, (cipher, key) => (iv, aad, length) => {
  const less = iv[0] as number
  if (less < 1 || less > 7) return -EINVAL
  if (length >= 256 ** (less + 1)) return -EOVERFLOW
  return { cipher, key, nonce: iv.subarray(1, 15 - less), aad }
})

/**
 * What IPsec makes of an algorithm: the key ends in a salt, which the IV follows; the associated data end in the IV,
 * which doesn't count.
 */
function ipsec(cra_name: string, inner: aead_alg, saltSize: number, nonceOf: (saltAndIv: Buffer) => Buffer): aead_alg {
  return {
    cra_name,
    ivsize: 8,
    maxauthsize: tagMax,
    authsizes: ipsecTags,
    setkey(given) {
      const size = given.length - saltSize
      const prepare = size < 0 ? null : inner.setkey(given.subarray(0, size))
      if (prepare === null) return null
      const salt = Buffer.from(given.subarray(size))
      return (iv, aad, length) =>
        aad.length === 16 || aad.length === 20
          ? prepare(nonceOf(Buffer.concat([salt, iv])), aad.subarray(0, aad.length - 8), length)
          : -EINVAL
    },
  }
}

/** The algorithm of another template that a template is over. */
function inside(of: string, tmpl: string, make: Find): aead_alg | null {
  const inner = crypto_template(of)
  return inner?.tmpl === tmpl ? make(inner.of) : null
}

const chachapoly: Find = (of) => {
  if (!/^chacha20(-generic)?,poly1305(-generic)?$/.test(of) || !crypto_has_mode('chacha20-poly1305')) return null
  return {
    cra_name: 'rfc7539(chacha20,poly1305)',
    ivsize: 12,
    maxauthsize: tagMax,
    authsizes: [tagMax],
    setkey(given) {
      if (given.length !== 32) return null
      const key = Buffer.from(given)
      return (nonce, aad) => ({ cipher: 'chacha20-poly1305', key, nonce, aad })
    },
  }
}

/** The data are associated data as well: only the tag is made. */
function rfc4543(of: string): aead_alg | null {
  const inner = inside(of, 'gcm', gcm)
  if (inner === null) return null
  const saltSize = 4
  return {
    cra_name: `rfc4543(${inner.cra_name})`,
    ivsize: 8,
    maxauthsize: tagMax,
    authsizes: [tagMax],
    setkey(given) {
      const size = given.length - saltSize
      const prepare = size < 0 ? null : inner.setkey(given.subarray(0, size))
      if (prepare === null) return null
      const salt = Buffer.from(given.subarray(size))
      return (iv, aad) => {
        if (aad.length !== 16 && aad.length !== 20) return -EINVAL
        const none = Buffer.alloc(0)
        const request = (data: Uint8Array) =>
          prepare(Buffer.concat([salt, iv]), Buffer.concat([aad, data]), 0) as Request
        return {
          seal(L, authsize, data, out) {
            out.set(data)
            return seal(L, request(data), authsize, none, none)
          },
          open(L, tag, data, out) {
            out.set(data)
            return open(L, request(data), tag, none, none)
          },
        }
      }
    },
  }
}

function authenc(of: string): aead_alg | null {
  const found = crypto_find_authenc(of)
  if (found === null) return null
  const { cipher, hash, digestsize } = found
  return {
    cra_name: `authenc(hmac(${hash}),${cipher.cra_name})`,
    ivsize: cipher.ivsize,
    maxauthsize: digestsize,
    authsizes: null,
    setkey: (key) => crypto_authenc_setkey(found, key),
  }
}

const templates: ReadonlyMap<string, Find> = new Map<string, Find>([
  ['gcm', gcm],
  ['ccm', ccm],
  ['rfc7539', chachapoly],
  ['rfc4543', rfc4543],
  ['authenc', authenc],
  [
    'rfc4106',
    (of) => {
      const inner = inside(of, 'gcm', gcm)
      return inner === null ? null : ipsec(`rfc4106(${inner.cra_name})`, inner, 4, (nonce) => nonce)
    },
  ],
  [
    'rfc4309',
    (of) => {
      const inner = inside(of, 'ccm', ccm)
      // Lengths of 4 bytes, whose place is empty.
      const nonceOf = (nonce: Buffer) => Buffer.concat([Buffer.from([3]), nonce, Buffer.alloc(4)])
      return inner === null ? null : ipsec(`rfc4309(${inner.cra_name})`, inner, 3, nonceOf)
    },
  ],
])

/** A transform of the algorithm of a name; null where there is none (ENOENT). */
export function crypto_alloc_aead(name: string): crypto_aead | null {
  const template = crypto_template(name)
  const alg = template === null ? null : (templates.get(template.tmpl)?.(template.of) ?? null)
  return alg === null ? null : { alg, authsize: alg.maxauthsize, prepare: null }
}

/** Sets the key. Returns 0, or -EINVAL for a key that is none: then there is none any more. */
export function crypto_aead_setkey(tfm: crypto_aead, key: Uint8Array): number {
  tfm.prepare = tfm.alg.setkey(key)
  return tfm.prepare === null ? -EINVAL : 0
}

/** Sets how long tags are. Returns 0, or -EINVAL. */
export function crypto_aead_setauthsize(tfm: crypto_aead, authsize: number): number {
  const { authsizes, maxauthsize } = tfm.alg
  if (authsizes === null ? authsize < 1 || authsize > maxauthsize : !authsizes.includes(authsize)) return -EINVAL
  tfm.authsize = authsize
  return 0
}

/** OpenSSL's cipher for a request; the types know the methods of GCM's by some ciphers' names alone. */
const nameOf = ({ cipher }: Request) => cipher as CipherGCMTypes

/** All of the data: CCM takes them at once. */
function update(
  L: lua_State,
  { cipher }: Request,
  c: CipherGCM | DecipherGCM,
  data: Uint8Array,
  out: Uint8Array,
): void {
  if (cipher.endsWith('-ccm')) out.set(c.update(data))
  else crypto_walk(L, data, (part, at) => out.set(c.update(part), at))
}

/** Encrypts `data` into `out`. Returns the tag. */
function seal(L: lua_State, request: Request, authTagLength: number, data: Uint8Array, out: Uint8Array): Buffer {
  const c = openssl().createCipheriv(nameOf(request), request.key, request.nonce, { authTagLength })
  c.setAAD(request.aad, { plaintextLength: data.length })
  update(L, request, c, data, out)
  c.final()
  return c.getAuthTag()
}

/** Decrypts `data` into `out`. Returns whether they are authentic. */
function open(L: lua_State, request: Request, tag: Uint8Array, data: Uint8Array, out: Uint8Array): boolean {
  const { createDecipheriv, timingSafeEqual } = openssl()
  // With CCM, Node's decipher doesn't look at the tag of no data.
  if (data.length === 0) return timingSafeEqual(seal(L, request, tag.length, data, out), tag)
  const c = createDecipheriv(nameOf(request), request.key, request.nonce, { authTagLength: tag.length })
  c.setAuthTag(tag).setAAD(request.aad, { plaintextLength: data.length })
  try {
    update(L, request, c, data, out)
    c.final()
    return true
  } catch (e) {
    if (e instanceof Error && /unable to authenticate/.test(e.message)) return false
    throw e
  }
}

/**
 * Encrypts `data` into `out`, which has room for the tag behind it. Returns 0, -ENOKEY, -EINVAL or -EOVERFLOW. May
 * raise the deadline.
 */
export function crypto_aead_encrypt(
  L: lua_State,
  { prepare, authsize }: crypto_aead,
  iv: Uint8Array,
  data: Uint8Array,
  aad: Uint8Array,
  out: Uint8Array,
): number {
  const request = prepare?.(iv, aad, data.length) ?? -ENOKEY
  if (typeof request === 'number') return request
  const tag = 'seal' in request ? request.seal(L, authsize, data, out) : seal(L, request, authsize, data, out)
  if (typeof tag === 'number') return tag
  out.set(tag, data.length)
  return 0
}

/**
 * Decrypts `data`, which end in the tag, into `out`. Returns as crypto_aead_encrypt, and -EBADMSG where they aren't
 * authentic.
 */
export function crypto_aead_decrypt(
  L: lua_State,
  { prepare, authsize }: crypto_aead,
  iv: Uint8Array,
  data: Uint8Array,
  aad: Uint8Array,
  out: Uint8Array,
): number {
  const length = data.length - authsize
  const request = prepare?.(iv, aad, length) ?? -ENOKEY
  if (typeof request === 'number') return request
  const [text, tag] = [data.subarray(0, length), data.subarray(length)]
  const authentic = 'open' in request ? request.open(L, tag, text, out) : open(L, request, tag, text, out)
  return typeof authentic === 'number' ? authentic : authentic ? 0 : -EBADMSG
}
