// luacrypto_skcipher.c: ciphers.
import { luaL_checklstring, luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import type { lua_CFunction, lua_State } from '../lua/lua.js'
import { lunatik_try } from '../lunatik/lunatik_aux.js'
import { LUNATIK_PRIVATECHECKER } from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import {
  crypto_alloc_skcipher,
  type crypto_skcipher,
  crypto_skcipher_crypt,
  crypto_skcipher_setkey,
} from './crypto_skcipher.js'
import {
  luacrypto_checkiv,
  luacrypto_class,
  type luacrypto_ctx_t,
  luacrypto_getter,
  luacrypto_newctx,
  luacrypto_pushresult,
} from './luacrypto.js'

const luacrypto_skcipher_check = LUNATIK_PRIVATECHECKER<luacrypto_ctx_t<crypto_skcipher>>(
  'luacrypto_skcipher_check',
  class_check(() => luacrypto_skcipher_class),
)

/** cipher:setkey(key). Raises `EINVAL` for a key that is none. */
function luacrypto_skcipher_setkey(L: lua_State): number {
  const { tfm } = luacrypto_skcipher_check(L, 1)
  lunatik_try(L, crypto_skcipher_setkey, tfm, luaL_checklstring(L, 2))
  return 0
}

/** cipher:encrypt(iv, data) and decrypt: as many bytes. Raise `EINVAL` for an IV or data of a wrong length, `ENOKEY`. */
const luacrypto_skcipher_crypt =
  (encrypts: boolean): lua_CFunction =>
  (L) => {
    const { tfm } = luacrypto_skcipher_check(L, 1)
    const iv = luacrypto_checkiv(L, 2, tfm.alg.ivsize)
    const data = luaL_checklstring(L, 3)
    return luacrypto_pushresult(L, data.length, (buffer) => {
      const ret = crypto_skcipher_crypt(L, tfm, iv, data, buffer, encrypts)
      return ret < 0 ? ret : data.length
    })
  }

const luacrypto_skcipher_mt: luaL_Reg[] = [
  { name: 'algname', func: luacrypto_getter(luacrypto_skcipher_check, ({ alg }) => alg.cra_name) },
  { name: 'setkey', func: luacrypto_skcipher_setkey },
  { name: 'ivsize', func: luacrypto_getter(luacrypto_skcipher_check, ({ alg }) => alg.ivsize) },
  { name: 'blocksize', func: luacrypto_getter(luacrypto_skcipher_check, ({ alg }) => alg.blocksize) },
  { name: 'encrypt', func: luacrypto_skcipher_crypt(true) },
  { name: 'decrypt', func: luacrypto_skcipher_crypt(false) },
]

export const luacrypto_skcipher_class = luacrypto_class<luacrypto_ctx_t<crypto_skcipher>>(
  'crypto_skcipher',
  luacrypto_skcipher_mt,
)

/** crypto.skcipher(algname): a transform. Raises `ENOENT` for an algorithm that isn't there. */
export const luacrypto_skcipher_new = (L: lua_State): number =>
  luacrypto_newctx(L, luacrypto_skcipher_class, luaL_checkstring(L, 1), crypto_alloc_skcipher)
