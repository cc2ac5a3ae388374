// luacrypto_aead.c: ciphers with authentication.
import { EBADMSG } from '../errno.js'
import { luaL_checklstring, luaL_checkstring, luaL_optlstring, type luaL_Reg } from '../lua/lauxlib.js'
import type { lua_State } from '../lua/lua.js'
import { lunatik_checkinteger, lunatik_throw, lunatik_try } from '../lunatik/lunatik_aux.js'
import { LUNATIK_PRIVATECHECKER } from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import {
  type crypto_aead,
  crypto_aead_decrypt,
  crypto_aead_encrypt,
  crypto_aead_setauthsize,
  crypto_aead_setkey,
  crypto_alloc_aead,
} from './crypto_aead.js'
import {
  luacrypto_checkiv,
  luacrypto_class,
  type luacrypto_ctx_t,
  luacrypto_getter,
  luacrypto_newctx,
  luacrypto_pushresult,
  UINT_MAX,
} from './luacrypto.js'

const luacrypto_aead_check = LUNATIK_PRIVATECHECKER<luacrypto_ctx_t<crypto_aead>>(
  'luacrypto_aead_check',
  class_check(() => luacrypto_aead_class),
)

/** aead:setkey(key). Raises `EINVAL` for a key that is none. */
function luacrypto_aead_setkey(L: lua_State): number {
  const { tfm } = luacrypto_aead_check(L, 1)
  lunatik_try(L, crypto_aead_setkey, tfm, luaL_checklstring(L, 2))
  return 0
}

/** aead:setauthsize(size): how long tags are. Raises `EINVAL` for a length that the algorithm hasn't. */
function luacrypto_aead_setauthsize(L: lua_State): number {
  const { tfm } = luacrypto_aead_check(L, 1)
  lunatik_try(L, crypto_aead_setauthsize, tfm, lunatik_checkinteger(L, 2, 1, UINT_MAX))
  return 0
}

/** The arguments of a request: transform, IV, data, and data that are authentic without being encrypted. */
function checkRequest(L: lua_State) {
  const { tfm } = luacrypto_aead_check(L, 1)
  const iv = luacrypto_checkiv(L, 2, tfm.alg.ivsize)
  const data = luaL_checklstring(L, 3)
  return { tfm, iv, data, aad: luaL_optlstring(L, 4, new Uint8Array()) }
}

/** aead:encrypt(iv, data[, aad]): the encrypted data and their tag. Raises `EINVAL`, `EOVERFLOW`, `ENOKEY`. */
function luacrypto_aead_encrypt(L: lua_State): number {
  const { tfm, iv, data, aad } = checkRequest(L)
  const size = data.length + tfm.authsize
  return luacrypto_pushresult(L, size, (buffer) => {
    const ret = crypto_aead_encrypt(L, tfm, iv, data, aad, buffer)
    return ret < 0 ? ret : size
  })
}

/** aead:decrypt(iv, data[, aad]): the data, which end in the tag. Raises `EBADMSG` where they aren't authentic. */
function luacrypto_aead_decrypt(L: lua_State): number {
  const { tfm, iv, data, aad } = checkRequest(L)
  const size = data.length - tfm.authsize
  if (size < 0) return lunatik_throw(L, -EBADMSG)
  return luacrypto_pushresult(L, size, (buffer) => {
    const ret = crypto_aead_decrypt(L, tfm, iv, data, aad, buffer)
    return ret < 0 ? ret : size
  })
}

const luacrypto_aead_mt: luaL_Reg[] = [
  { name: 'algname', func: luacrypto_getter(luacrypto_aead_check, ({ alg }) => alg.cra_name) },
  { name: 'setkey', func: luacrypto_aead_setkey },
  { name: 'setauthsize', func: luacrypto_aead_setauthsize },
  { name: 'ivsize', func: luacrypto_getter(luacrypto_aead_check, ({ alg }) => alg.ivsize) },
  { name: 'authsize', func: luacrypto_getter(luacrypto_aead_check, ({ authsize }) => authsize) },
  { name: 'encrypt', func: luacrypto_aead_encrypt },
  { name: 'decrypt', func: luacrypto_aead_decrypt },
]

export const luacrypto_aead_class = luacrypto_class<luacrypto_ctx_t<crypto_aead>>('crypto_aead', luacrypto_aead_mt)

/** crypto.aead(algname): a transform. Raises `ENOENT` for an algorithm that isn't there. */
export const luacrypto_aead_new = (L: lua_State): number =>
  luacrypto_newctx(L, luacrypto_aead_class, luaL_checkstring(L, 1), crypto_alloc_aead)
