// crypto/xxhash_generic.c: XXH64, whose key is the seed.
import type { shash_alg, shash_desc, shash_keyed } from './crypto_hash.js'

const p1 = 0x9e3779b185ebca87n
const p2 = 0xc2b2ae3d27d4eb4fn
const p3 = 0x165667b19e3779f9n
const p4 = 0x85ebca77c2b2ae63n
const p5 = 0x27d4eb2f165667c5n

const stripe = 32
/** struct xxh64_state: the length, four words, a stripe, its length, four bytes of none. */
const statesize = 8 + 32 + stripe + 8

const word = (n: bigint) => BigInt.asUintN(64, n)
const rotl = (n: bigint, by: bigint) => word((n << by) | (n >> (64n - by)))
const round = (sum: bigint, input: bigint) => word(rotl(word(sum + word(input * p2)), 31n) * p1)
const merge = (sum: bigint, v: bigint) => word(word((sum ^ round(0n, v)) * p1) + p4)

/** Ends a sum with fewer bytes than a stripe. */
function finish(start: bigint, rest: Buffer): bigint {
  let sum = start
  let at = 0
  for (; at + 8 <= rest.length; at += 8)
    sum = word(word(rotl(sum ^ round(0n, rest.readBigUInt64LE(at)), 27n) * p1) + p4)
  if (at + 4 <= rest.length) {
    sum = word(word(rotl(sum ^ word(BigInt(rest.readUInt32LE(at)) * p1), 23n) * p2) + p3)
    at += 4
  }
  for (; at < rest.length; at++) sum = word(rotl(sum ^ word(BigInt(rest[at] as number) * p5), 11n) * p1)
  sum = word((sum ^ (sum >> 33n)) * p2)
  sum = word((sum ^ (sum >> 29n)) * p3)
  return sum ^ (sum >> 32n)
}

/** A digest on its way: the words of the stripes so far, how many bytes there were, and those of no whole stripe. */
function running(seed: bigint, words: readonly bigint[], length: bigint, rest: Buffer): shash_desc {
  const v = [...words] as [bigint, bigint, bigint, bigint]
  let [total, kept] = [length, rest]
  return {
    update(data) {
      total += BigInt(data.length)
      const all = Buffer.concat([kept, data])
      const whole = all.length - (all.length % stripe)
      let [a, b, c, d] = v
      for (let at = 0; at < whole; at += stripe) {
        a = round(a, all.readBigUInt64LE(at))
        b = round(b, all.readBigUInt64LE(at + 8))
        c = round(c, all.readBigUInt64LE(at + 16))
        d = round(d, all.readBigUInt64LE(at + 24))
      }
      v.splice(0, 4, a, b, c, d)
      kept = all.subarray(whole)
    },
    final() {
      const [a, b, c, d] = v
      const joined = () => v.reduce(merge, word(rotl(a, 1n) + rotl(b, 7n) + rotl(c, 12n) + rotl(d, 18n)))
      const start = total >= BigInt(stripe) ? joined() : word(seed + p5)
      const digest = Buffer.alloc(8)
      digest.writeBigUInt64LE(finish(word(start + total), kept))
      return digest
    },
    export() {
      const state = Buffer.alloc(statesize)
      state.writeBigUInt64LE(word(total))
      for (const [i, n] of v.entries()) state.writeBigUInt64LE(n, 8 + 8 * i)
      state.set(kept, 40)
      state.writeUInt32LE(kept.length, 40 + stripe)
      return state
    },
  }
}

const seeded = (seed: bigint): shash_keyed => ({
  init: () => running(seed, [word(seed + p1 + p2), word(seed + p2), seed, word(seed - p1)], 0n, Buffer.alloc(0)),
  import(given) {
    const state = Buffer.from(given)
    const length = state.readUInt32LE(40 + stripe)
    if (length >= stripe) return null
    const words = [8, 16, 24, 32].map((at) => state.readBigUInt64LE(at))
    return running(seed, words, state.readBigUInt64LE(), state.subarray(40, 40 + length))
  },
})

export const crypto_xxhash64: shash_alg = {
  cra_name: 'xxhash64',
  digestsize: 8,
  statesize,
  plain: seeded(0n),
  setkey: (key) => (key.length === 8 ? seeded(Buffer.from(key).readBigUInt64LE()) : null),
}
