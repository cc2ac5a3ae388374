// crypto/crc32_generic.c and crc32c_generic.c: checksums, whose key is the sum that they begin with. And T10's.
import type { shash_alg, shash_desc, shash_keyed } from './crypto_hash.js'

/** What each byte does to a sum, by a polynomial with its bits reversed. */
const tableOf = (poly: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ poly : sum >>> 1
    return sum >>> 0
  })

function word(n: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(n >>> 0)
  return bytes
}

const read = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32LE()

/** @param invert what the sum is XORed with in the end */
function crc(cra_name: string, poly: number, seed: number, invert: number): shash_alg {
  const table = tableOf(poly)
  const running = (start: number): shash_desc => {
    let sum = start
    return {
      update(data) {
        for (const byte of data) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] as number)
      },
      final: () => word(sum ^ invert),
      export: () => word(sum),
    }
  }
  const from = (start: number): shash_keyed => ({ init: () => running(start), import: (state) => running(read(state)) })
  const setkey = (key: Uint8Array) => (key.length === 4 ? from(read(key)) : null)
  return { cra_name, digestsize: 4, statesize: 4, plain: from(seed), setkey }
}

/** crypto/crct10dif_generic.c: 16 bits, the highest first, and no key. */
function crct10dif(): shash_alg {
  const table = Uint16Array.from({ length: 256 }, (_, byte) => {
    let sum = byte << 8
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? (sum << 1) ^ 0x8bb7 : sum << 1
    return sum
  })
  const running = (start: number): shash_desc => {
    let sum = start
    const bytes = () => word(sum).subarray(0, 2)
    return {
      update(data) {
        for (const byte of data) sum = ((sum << 8) & 0xffff) ^ (table[(sum >> 8) ^ byte] as number)
      },
      final: bytes,
      export: bytes,
    }
  }
  const plain: shash_keyed = {
    init: () => running(0),
    import: (state) => running(Buffer.from(state).readUInt16LE()),
  }
  return { cra_name: 'crct10dif', digestsize: 2, statesize: 2, plain, setkey: null }
}

const crcs: ReadonlyMap<string, () => shash_alg> = new Map([
  ['crc32', () => crc('crc32', 0xedb88320, 0, 0)],
  ['crct10dif', crct10dif],
  ['crc32c', () => crc('crc32c', 0x82f63b78, -1, -1)],
])

/** The checksum of a name; null where there is none. */
export const crypto_find_crc = (name: string): shash_alg | null => crcs.get(name)?.() ?? null
