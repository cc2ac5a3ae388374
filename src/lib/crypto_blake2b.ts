// crypto/blake2b_generic.c: BLAKE2b of RFC 7693. OpenSSL's has digests of 64 bytes alone, and no key.
import type { shash_alg, shash_desc, shash_keyed } from './crypto_hash.js'

const blocksize = 128
const keysMax = 64
/** struct blake2b_state: eight words, the counter, the flags, the block, its length and the digest's. */
const statesize = 64 + 16 + 16 + blocksize + 4 + 4

// Words of 64 bits are pairs of 32, the lower half first.
const iv = Uint32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
)

/** Which word of the message each step of each round takes. */
const sigma = Uint8Array.of(
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ...[14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  ...[11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  ...[7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  ...[9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  ...[2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  ...[12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  ...[13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  ...[6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  ...[10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
)
const rounds = 12
const steps = 16

/** The four words, a column or a diagonal, that each mix takes. */
const quarters = Uint8Array.of(
  ...[0, 4, 8, 12],
  ...[1, 5, 9, 13],
  ...[2, 6, 10, 14],
  ...[3, 7, 11, 15],
  ...[0, 5, 10, 15],
  ...[1, 6, 11, 12],
  ...[2, 7, 8, 13],
  ...[3, 4, 9, 14],
)

const v = new Uint32Array(32)
const m = new Uint32Array(32)

const two32 = 2 ** 32
const twice32 = 2 * two32

/** v[a] += v[b] + what is added. */
function add(a: number, b: number, low: number, high: number): void {
  const sum = (v[2 * a] as number) + (v[2 * b] as number) + low
  v[2 * a + 1] =
    (v[2 * a + 1] as number) + (v[2 * b + 1] as number) + high + (sum >= twice32 ? 2 : sum >= two32 ? 1 : 0)
  v[2 * a] = sum
}

/** v[a] = (v[a] ^ v[b]) rotated to the right by n, below 32. */
function rotate(a: number, b: number, n: number): void {
  const low = (v[2 * a] as number) ^ (v[2 * b] as number)
  const high = (v[2 * a + 1] as number) ^ (v[2 * b + 1] as number)
  v[2 * a] = (low >>> n) | (high << (32 - n))
  v[2 * a + 1] = (high >>> n) | (low << (32 - n))
}

/** The same by 32, and by 63. */
function swap(a: number, b: number): void {
  const low = (v[2 * a] as number) ^ (v[2 * b] as number)
  v[2 * a] = (v[2 * a + 1] as number) ^ (v[2 * b + 1] as number)
  v[2 * a + 1] = low
}

function rotate63(a: number, b: number): void {
  const low = (v[2 * a] as number) ^ (v[2 * b] as number)
  const high = (v[2 * a + 1] as number) ^ (v[2 * b + 1] as number)
  v[2 * a] = (low << 1) | (high >>> 31)
  v[2 * a + 1] = (high << 1) | (low >>> 31)
}

/** @param order where the round's words are in {@link sigma} */
function round(order: number): void {
  for (let i = 0; i < 8; i++) {
    const a = quarters[4 * i] as number
    const b = quarters[4 * i + 1] as number
    const c = quarters[4 * i + 2] as number
    const d = quarters[4 * i + 3] as number
    const x = 2 * (sigma[order + 2 * i] as number)
    const y = 2 * (sigma[order + 2 * i + 1] as number)
    add(a, b, m[x] as number, m[x + 1] as number)
    swap(d, a)
    add(c, d, 0, 0)
    rotate(b, c, 24)
    add(a, b, m[y] as number, m[y + 1] as number)
    rotate(d, a, 16)
    add(c, d, 0, 0)
    rotate63(b, c)
  }
}

/** Works a block into `h`. `count` is how many bytes there were, this block's included. */
function compress(h: Uint32Array, block: Buffer, at: number, count: number, last: boolean): void {
  v.set(h)
  v.set(iv, 16)
  v[24] = (v[24] as number) ^ count
  v[25] = (v[25] as number) ^ Math.floor(count / 2 ** 32)
  if (last) {
    v[28] = ~(v[28] as number)
    v[29] = ~(v[29] as number)
  }
  for (let i = 0; i < 32; i++) m[i] = block.readUInt32LE(at + 4 * i)
  for (let i = 0; i < rounds; i++) round(steps * (i % 10))
  for (let i = 0; i < 16; i++) h[i] = (h[i] as number) ^ (v[i] as number) ^ (v[i + 16] as number)
}

/** A digest on its way: `len` bytes of `block` are not in `h`, and `count` are. The last block waits for its end. */
function running(outlen: number, h: Uint32Array, block: Buffer, length: number, before: number): shash_desc {
  let [len, count] = [length, before]
  const words = () => Buffer.from(Uint32Array.from(h).buffer)
  return {
    update(given) {
      const data = Buffer.from(given.buffer, given.byteOffset, given.length)
      let at = 0
      while (at < data.length) {
        if (len === blocksize) {
          count += blocksize
          compress(h, block, 0, count, false)
          len = 0
        }
        if (len === 0) {
          for (; data.length - at > blocksize; at += blocksize) {
            count += blocksize
            compress(h, data, at, count, false)
          }
        }
        const n = Math.min(blocksize - len, data.length - at)
        data.copy(block, len, at, at + n)
        len += n
        at += n
      }
    },
    final() {
      block.fill(0, len)
      compress(h, block, 0, count + len, true)
      return words().subarray(0, outlen)
    },
    export() {
      const state = Buffer.alloc(statesize)
      state.set(words())
      state.writeBigUInt64LE(BigInt(count), 64)
      state.set(block, 96)
      state.writeUInt32LE(len, 96 + blocksize)
      state.writeUInt32LE(outlen, 100 + blocksize)
      return state
    },
  }
}

/** What begins digests of `outlen` bytes with a key, which may be of no bytes. */
function keyed(outlen: number, key: Uint8Array): shash_keyed {
  return {
    init() {
      const h = Uint32Array.from(iv)
      h[0] = (h[0] as number) ^ 0x0101_0000 ^ (key.length << 8) ^ outlen
      const block = Buffer.alloc(blocksize)
      block.set(key)
      return running(outlen, h, block, key.length > 0 ? blocksize : 0, 0)
    },
    import(given) {
      const state = Buffer.from(given)
      const len = state.readUInt32LE(96 + blocksize)
      const count = state.readBigUInt64LE(64)
      const ours = state.readUInt32LE(100 + blocksize) === outlen && len <= blocksize
      if (!ours || count > BigInt(Number.MAX_SAFE_INTEGER)) return null
      const h = Uint32Array.from({ length: 16 }, (_, i) => state.readUInt32LE(4 * i))
      return running(outlen, h, state.subarray(96, 96 + blocksize), len, Number(count))
    },
  }
}

/** BLAKE2b of a name, `blake2b-256`; null where there is none. */
export function crypto_find_blake2b(name: string): shash_alg | null {
  const bits = Number(/^blake2b-(160|256|384|512)$/.exec(name)?.[1])
  if (Number.isNaN(bits)) return null
  const outlen = bits / 8
  return {
    cra_name: name,
    digestsize: outlen,
    statesize,
    plain: keyed(outlen, new Uint8Array()),
    setkey: (key) => (key.length > keysMax ? null : keyed(outlen, Uint8Array.from(key))),
  }
}
