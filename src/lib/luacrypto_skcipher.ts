// luacrypto_skcipher.c: ciphers.
import { ENOENT } from '../errno.js'
import { luaL_checklstring, luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import { type lua_CFunction, lua_pushinteger, lua_pushstring, type lua_State } from '../lua/lua.js'
import { lunatik_throw, lunatik_try } from '../lunatik/lunatik_aux.js'
import {
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  type lunatik_class_t,
} from '../lunatik/lunatik_obj.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import {
  crypto_alloc_skcipher,
  type crypto_skcipher,
  crypto_skcipher_crypt,
  crypto_skcipher_setkey,
} from './crypto_skcipher.js'
import {
  luacrypto_checkiv,
  type luacrypto_ctx_t,
  luacrypto_initctx,
  luacrypto_pushresult,
  luacrypto_release,
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

/** cipher:ivsize(): in bytes. */
function luacrypto_skcipher_ivsize(L: lua_State): number {
  lua_pushinteger(L, luacrypto_skcipher_check(L, 1).tfm.alg.ivsize)
  return 1
}

/** cipher:blocksize(): in bytes, 1 for a cipher that takes any number of them. */
function luacrypto_skcipher_blocksize(L: lua_State): number {
  lua_pushinteger(L, luacrypto_skcipher_check(L, 1).tfm.alg.blocksize)
  return 1
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

/** cipher:algname(): for example `cbc(aes)`. */
function luacrypto_skcipher_algname(L: lua_State): number {
  lua_pushstring(L, luacrypto_skcipher_check(L, 1).tfm.alg.cra_name)
  return 1
}

const luacrypto_skcipher_mt: luaL_Reg[] = [
  { name: 'algname', func: luacrypto_skcipher_algname },
  { name: 'setkey', func: luacrypto_skcipher_setkey },
  { name: 'ivsize', func: luacrypto_skcipher_ivsize },
  { name: 'blocksize', func: luacrypto_skcipher_blocksize },
  { name: 'encrypt', func: luacrypto_skcipher_crypt(true) },
  { name: 'decrypt', func: luacrypto_skcipher_crypt(false) },
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_closeobject },
]

export const luacrypto_skcipher_class: lunatik_class_t<luacrypto_ctx_t<crypto_skcipher>> = {
  name: 'crypto_skcipher',
  methods: luacrypto_skcipher_mt,
  release: luacrypto_release,
  opt: LUNATIK_OPT_MONITOR | LUNATIK_OPT_EXTERNAL,
}

/** crypto.skcipher(algname): a transform. Raises `ENOENT` for an algorithm that isn't there. */
export function luacrypto_skcipher_new(L: lua_State): number {
  const algname = luaL_checkstring(L, 1)
  const object = lunatik_newobject<luacrypto_ctx_t<crypto_skcipher>>(L, luacrypto_skcipher_class, 0, LUNATIK_OPT_NONE)
  const tfm = crypto_alloc_skcipher(algname)
  if (tfm === null) return lunatik_throw(L, -ENOENT)
  object.private = luacrypto_initctx(L, tfm)
  return 1 /* object */
}
