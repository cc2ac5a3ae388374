// crypto/cmac.c, xcbc.c and the cbcmac of ccm.c: message authentication by a cipher's CBC.
import { type crypto_cipher, crypto_encrypt, crypto_find_cipher } from './crypto_cipher.js'
import type { shash_alg, shash_desc, shash_keyed } from './crypto_hash.js'

/** The doubling in GF(2^128), or GF(2^64): what CMAC makes its keys by. */
function doubled(block: Uint8Array): Buffer {
  const carry = (block[0] as number) >> 7
  const result = Buffer.from(block.map((byte, i) => (byte << 1) | ((block[i + 1] ?? 0) >> 7)))
  const last = result.length - 1
  result[last] = (result[last] as number) ^ (carry * (result.length === 16 ? 0x87 : 0x1b))
  return result
}

/** What a kind does with a key: the cipher's own key, and what the last block is XORed with. */
interface Keys {
  readonly key: Buffer
  /** For a last block that is whole. */
  readonly whole: Buffer
  /** For one that is not. */
  readonly part: Buffer
}

interface Kind {
  /** The byte behind the data in a last block that isn't whole. */
  readonly pad: number
  /** Whether no data are a block as well. */
  readonly empty: boolean
  readonly keys: (key: Buffer, blocksize: number, encrypt: (key: Buffer, block: Buffer) => Buffer) => Keys
  /** Where a state has the block that is kept, and how large it is besides. */
  readonly statesize: (blocksize: number) => number
}

const both = (blocksize: number) => 8 + 2 * blocksize

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    'cmac',
    {
      pad: 0x80,
      empty: true,
      statesize: both,
      keys(key, blocksize, encrypt) {
        const whole = doubled(encrypt(key, Buffer.alloc(blocksize)))
        return { key, whole, part: doubled(whole) }
      },
    },
  ],
  [
    'xcbc',
    {
      pad: 0x80,
      empty: true,
      statesize: both,
      keys(key, blocksize, encrypt) {
        const [own, whole, part] = [1, 2, 3].map((byte) => encrypt(key, Buffer.alloc(blocksize, byte)))
        return { key: own, whole, part } as Keys
      },
    },
  ],
  [
    'cbcmac',
    {
      pad: 0,
      empty: false,
      statesize: both,
      keys: (key, blocksize) => ({ key, whole: Buffer.alloc(blocksize), part: Buffer.alloc(blocksize) }),
    },
  ],
])

const xor = (block: Uint8Array, other: Uint8Array) => block.map((byte, i) => byte ^ (other[i] as number))

/** A cipher's mode for keys of a size. */
const modeOf = ({ mode }: crypto_cipher, name: string, key: Buffer) => mode(name, key.length)

/** Begins MACs with keys. A state is the length of the block that is kept, that block, and the sum before it. */
function keyed(cipher: crypto_cipher, kind: Kind, { key, whole, part }: Keys): shash_keyed {
  const { blocksize } = cipher
  const cbc = modeOf(cipher, 'cbc', key)
  const running = (start: Buffer, block: Buffer, held: number): shash_desc => {
    let sum = start
    let len = held
    const add = (blocks: Uint8Array) => {
      sum = Buffer.from(crypto_encrypt(cbc, key, sum, blocks).subarray(-blocksize))
    }
    return {
      update(data) {
        // The last block is kept, also where it is whole.
        const before = Math.max(0, Math.ceil((len + data.length) / blocksize) - 1) * blocksize
        if (before > 0) {
          add(Buffer.concat([block.subarray(0, len), data.subarray(0, before - len)]))
          block.set(data.subarray(before - len))
          len += data.length - before
        } else {
          block.set(data, len)
          len += data.length
        }
      },
      final() {
        if (len === 0 && !kind.empty) return sum
        block.fill(0, len)
        if (len < blocksize) block[len] = kind.pad
        add(xor(block, len === blocksize ? whole : part))
        return sum
      },
      export() {
        const state = Buffer.alloc(kind.statesize(blocksize))
        state.writeUInt32LE(len)
        state.set(block, 8)
        state.set(sum, 8 + blocksize)
        return state
      },
    }
  }
  return {
    init: () => running(Buffer.alloc(blocksize), Buffer.alloc(blocksize), 0),
    import(state) {
      const bytes = Buffer.from(state)
      const len = bytes.readUInt32LE()
      if (len > blocksize) return null
      return running(bytes.subarray(8 + blocksize), bytes.subarray(8, 8 + blocksize), len)
    },
  }
}

/** The MAC of a template and a cipher; null where there is none. */
export function crypto_find_mac(tmpl: string, of: string): shash_alg | null {
  const kind = kinds.get(tmpl)
  const cipher = kind === undefined ? null : crypto_find_cipher(of, 'cbc')
  if (kind === undefined || cipher === null || (tmpl === 'xcbc' && cipher.blocksize !== 16)) return null
  const { blocksize, keysizes } = cipher
  // With no IV, a block alone in CBC is the block encrypted.
  const encrypt = (key: Buffer, block: Buffer) =>
    crypto_encrypt(modeOf(cipher, 'cbc', key), key, Buffer.alloc(blocksize), block)
  return {
    cra_name: `${tmpl}(${cipher.cra_name})`,
    digestsize: blocksize,
    statesize: kind.statesize(blocksize),
    plain: null,
    setkey: (key) =>
      keysizes.includes(key.length) ? keyed(cipher, kind, kind.keys(Buffer.from(key), blocksize, encrypt)) : null,
  }
}
