// crypto/shash.c: message digests by their names.
import type { Hash } from 'node:crypto'
import { EINVAL, ENOKEY, ENOSYS } from '../errno.js'
import { crypto_plain, crypto_template, openssl } from './crypto_api.js'
import { crypto_find_blake2b } from './crypto_blake2b.js'
import { crypto_find_mac } from './crypto_cmac.js'
import { crypto_find_crc } from './crypto_crc.js'
import type { shash_alg, shash_desc, shash_keyed } from './crypto_hash.js'
import { crypto_xxhash64 } from './crypto_xxhash64.js'

/** A transform: an algorithm and what has been set of it. */
export interface crypto_shash {
  readonly alg: shash_alg
  /** Null as long as there is no key and one is needed. */
  keyed: shash_keyed | null
}

/** A hash of OpenSSL's. */
interface Digest {
  readonly openssl: string
  readonly digestsize: number
  readonly blocksize: number
  readonly statesize: number
}

const digest = (openssl: string, digestsize: number, blocksize: number, statesize: number): Digest => ({
  openssl,
  digestsize,
  blocksize,
  statesize,
})

const digests = new Map<string, Digest>([
  ['md5', digest('md5', 16, 64, 88)],
  ['sha1', digest('sha1', 20, 64, 96)],
  ['sha224', digest('sha224', 28, 64, 104)],
  ['sha256', digest('sha256', 32, 64, 104)],
  ['sha384', digest('sha384', 48, 128, 208)],
  ['sha512', digest('sha512', 64, 128, 208)],
  ['sha3-224', digest('sha3-224', 28, 144, 360)],
  ['sha3-256', digest('sha3-256', 32, 136, 360)],
  ['sha3-384', digest('sha3-384', 48, 104, 360)],
  ['sha3-512', digest('sha3-512', 64, 72, 360)],
  ['rmd160', digest('ripemd160', 20, 64, 96)],
  ['sm3', digest('sm3', 32, 64, 104)],
])

/** How many states are kept: the last ones that were exported. */
export const CRYPTO_STATES_MAX = 4096

/** A digest that can be gone on with, as often as it is asked for. */
type Kept = () => shash_desc

/**
 * The digests that were exported, by their states' bytes, each a character. OpenSSL doesn't give a state away, it only
 * copies it: so a state names the copy that is kept.
 */
const states = new Map<string, { readonly of: string; readonly kept: Kept }>()
const characters = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** The bytes of a name that no other state has. */
const nameBytes = 24

/** Keeps a digest under a state, and forgets the oldest of too many. */
function keep(of: string, statesize: number, kept: Kept): Uint8Array {
  const state = Buffer.alloc(statesize)
  openssl().randomFillSync(state, 0, nameBytes)
  const [oldest] = states.keys()
  if (oldest !== undefined && states.size >= CRYPTO_STATES_MAX) states.delete(oldest)
  states.set(characters(state), { of, kept })
  return state
}

/** The digest of an algorithm that was kept under a state; null where there is none. */
function goOn(of: string, state: Uint8Array): shash_desc | null {
  const found = states.get(characters(state))
  return found?.of === of ? found.kept() : null
}

/** A running hash of OpenSSL's. `end` makes the digest of the hash's. */
const running = (of: string, statesize: number, hash: Hash, end: (digest: Buffer) => Buffer): shash_desc => ({
  update: (data) => void hash.update(data),
  final: () => end(hash.digest()),
  export() {
    const kept = hash.copy()
    return keep(of, statesize, () => running(of, statesize, kept.copy(), end))
  },
})

/** A hash of OpenSSL's, as it begins. */
const beginning = (of: string, statesize: number, begin: Hash, end: (digest: Buffer) => Buffer): shash_keyed => ({
  init: () => running(of, statesize, begin.copy(), end),
  import: (state) => goOn(of, state),
})

function hashAlg(cra_name: string, { openssl: name, digestsize, statesize }: Digest): shash_alg {
  const plain = beginning(cra_name, statesize, openssl().createHash(name), (digest) => digest)
  return { cra_name, digestsize, statesize, plain, setkey: null }
}

/** crypto/hmac.c: OpenSSL's own can't be copied, so its two hashes are taken. */
function hmacAlg(of: string, { openssl: name, digestsize, blocksize, statesize }: Digest): shash_alg {
  const cra_name = `hmac(${of})`
  const { createHash } = openssl()
  const setkey = (key: Uint8Array) => {
    const block = Buffer.alloc(blocksize)
    block.set(key.length > blocksize ? createHash(name).update(key).digest() : key)
    const inner = createHash(name).update(block.map((byte) => byte ^ 0x36))
    const outer = createHash(name).update(block.map((byte) => byte ^ 0x5c))
    return beginning(cra_name, statesize, inner, (digest) => outer.copy().update(digest).digest())
  }
  return { cra_name, digestsize, statesize, plain: null, setkey }
}

/** The hash of OpenSSL's that has a name; null where there is none. */
function findDigest(name: string): { readonly plain: string; readonly digest: Digest } | null {
  const plain = crypto_plain(name)
  const digest = digests.get(plain)
  if (digest === undefined || !openssl().getHashes().includes(digest.openssl)) return null
  return { plain, digest }
}

function findAlg(name: string): shash_alg | null {
  const template = crypto_template(name)
  if (template?.tmpl === 'hmac') {
    const found = findDigest(template.of)
    return found === null ? null : hmacAlg(found.plain, found.digest)
  }
  if (template !== null) return crypto_find_mac(template.tmpl, template.of)
  const found = findDigest(name)
  if (found !== null) return hashAlg(found.plain, found.digest)
  const plain = crypto_plain(name)
  return plain === crypto_xxhash64.cra_name ? crypto_xxhash64 : (crypto_find_crc(plain) ?? crypto_find_blake2b(plain))
}

const algs = new Map<string, shash_alg>()

/** A transform of the algorithm of a name; null where there is none (ENOENT). */
export function crypto_alloc_shash(name: string): crypto_shash | null {
  const alg = algs.get(name) ?? findAlg(name)
  if (alg === null) return null
  algs.set(name, alg)
  return { alg, keyed: alg.plain }
}

/** Sets the key. Returns 0; -ENOSYS for an algorithm without keys, -EINVAL for a key that is none. */
export function crypto_shash_setkey(tfm: crypto_shash, key: Uint8Array): number {
  if (tfm.alg.setkey === null) return -ENOSYS
  const keyed = tfm.alg.setkey(key)
  tfm.keyed = keyed ?? tfm.alg.plain
  return keyed === null ? -EINVAL : 0
}

/** Begins a digest: -ENOKEY without the key that is needed. */
export const crypto_shash_init = ({ keyed }: crypto_shash): shash_desc | number => keyed?.init() ?? -ENOKEY

/** Goes on from a state: -ENOKEY without the key that is needed, -EINVAL for what is no state. */
export function crypto_shash_import({ keyed }: crypto_shash, state: Uint8Array): shash_desc | number {
  return keyed === null ? -ENOKEY : (keyed.import(state) ?? -EINVAL)
}
