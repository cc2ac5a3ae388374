// crypto/aes.h and its like: ciphers of one block, which templates make modes of.
import type { CipherKey, Decipher, Cipher as Encipher } from 'node:crypto'
import { crypto_plain, openssl } from './crypto_api.js'

/** A cipher of one block. */
export interface crypto_cipher {
  readonly cra_name: string
  /** In bytes. */
  readonly blocksize: number
  /** How long a key may be, in bytes. */
  readonly keysizes: readonly number[]
  /** OpenSSL's name of a mode of it. */
  readonly mode: (mode: string, keysize: number) => string
}

const bits = (name: string) => (mode: string, keysize: number) => `${name}-${keysize * 8}-${mode}`

const ciphers: readonly crypto_cipher[] = [
  { cra_name: 'aes', blocksize: 16, keysizes: [16, 24, 32], mode: bits('aes') },
  { cra_name: 'aria', blocksize: 16, keysizes: [16, 24, 32], mode: bits('aria') },
  { cra_name: 'camellia', blocksize: 16, keysizes: [16, 24, 32], mode: bits('camellia') },
  { cra_name: 'des3_ede', blocksize: 8, keysizes: [24], mode: (mode) => `des-ede3-${mode}` },
  { cra_name: 'sm4', blocksize: 16, keysizes: [16], mode: (mode) => `sm4-${mode}` },
]

let known: ReadonlySet<string> | null = null

/** Whether OpenSSL has a cipher. */
export function crypto_has_mode(name: string): boolean {
  known ??= new Set(openssl().getCiphers())
  return known.has(name)
}

/** The cipher of a name of which OpenSSL has a mode; null where there is none. */
export function crypto_find_cipher(name: string, mode: string): crypto_cipher | null {
  const plain = crypto_plain(name)
  const cipher = ciphers.find(({ cra_name }) => cra_name === plain)
  if (cipher === undefined) return null
  return cipher.keysizes.every((size) => crypto_has_mode(cipher.mode(mode, size))) ? cipher : null
}

/** What encrypts, or decrypts, whole blocks. */
export function crypto_begin(
  name: string,
  key: CipherKey,
  iv: Uint8Array | null,
  encrypts: boolean,
): Encipher | Decipher {
  const { createCipheriv, createDecipheriv } = openssl()
  return (encrypts ? createCipheriv(name, key, iv) : createDecipheriv(name, key, iv)).setAutoPadding(false)
}

/** Encrypts whole blocks. */
export const crypto_encrypt = (name: string, key: CipherKey, iv: Uint8Array | null, blocks: Uint8Array): Buffer =>
  crypto_begin(name, key, iv, true).update(blocks)
