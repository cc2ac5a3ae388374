// crypto/essiv.c: IVs that nobody can tell beforehand, as disks have them: the IV is encrypted with a hash of the key.
import { crypto_plain, crypto_template, openssl } from './crypto_api.js'
import { crypto_encrypt, crypto_find_cipher } from './crypto_cipher.js'
import type { skcipher_alg } from './crypto_internal.js'

/**
 * ESSIV over a cipher's CBC, `cbc(aes),sha256`; null where there is none.
 * @param find finds what is inside
 */
export function crypto_find_essiv(of: string, find: (name: string) => skcipher_alg | null): skcipher_alg | null {
  const [, inside, given] = /^(.+\)),([\w-]+)$/.exec(of) ?? []
  if (inside === undefined || given === undefined) return null
  const hash = crypto_plain(given)
  const template = crypto_template(inside)
  const cipher = template?.tmpl === 'cbc' ? crypto_find_cipher(template.of, 'ecb') : null
  const inner = cipher === null ? null : find(inside)
  if (cipher === null || inner === null || !openssl().getHashes().includes(hash)) return null
  return {
    ...inner,
    cra_name: `essiv(${inner.cra_name},${hash})`,
    setkey(key) {
      const crypt = inner.setkey(key)
      const salt = openssl().createHash(hash).update(key).digest()
      if (crypt === null || !cipher.keysizes.includes(salt.length)) return null
      const ecb = cipher.mode('ecb', salt.length)
      return (L, iv, data, out, encrypts) => crypt(L, crypto_encrypt(ecb, salt, null, iv), data, out, encrypts)
    },
  }
}
