// luacrypto_shash.c: message digests, HMACs and checksums.
//
// An object begins as `init` leaves it, and so it is after `final`, `finup` and `digest`; a kernel's has what is left
// of the last digest then. A state that `export` gives names what this server keeps of the digest, the last 4096 of
// them, as OpenSSL gives no state away; those of checksums and of CMACs are whole.
import { EINVAL, ENOENT } from '../errno.js'
import { luaL_checklstring, luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_pushlstring, type lua_State } from '../lua/lua.js'
import { lunatik_throw, lunatik_try } from '../lunatik/lunatik_aux.js'
import { LUNATIK_OPT_NONE } from '../lunatik/lunatik_obj.js'
import { LUNATIK_PRIVATECHECKER, lunatik_newobject } from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import { crypto_walk } from './crypto_api.js'
import type { shash_desc } from './crypto_hash.js'
import {
  crypto_alloc_shash,
  type crypto_shash,
  crypto_shash_import,
  crypto_shash_init,
  crypto_shash_setkey,
} from './crypto_shash.js'
import { luacrypto_class, type luacrypto_ctx_t, luacrypto_getter, luacrypto_initctx } from './luacrypto.js'

/** The private data. */
interface luacrypto_shash_t extends luacrypto_ctx_t<crypto_shash> {
  /** The digest on its way; null until something is done with it. */
  desc: shash_desc | null
}

const luacrypto_shash_check = LUNATIK_PRIVATECHECKER<luacrypto_shash_t>(
  'luacrypto_shash_check',
  class_check(() => luacrypto_shash_class),
)

/** A digest that has begun; raises the errno in its place. */
const checkDesc = (L: lua_State, desc: shash_desc | number): shash_desc =>
  typeof desc === 'number' ? lunatik_throw(L, desc) : desc

/** The digest on its way, which begins here if it hasn't. */
function descOf(L: lua_State, shash: luacrypto_shash_t): shash_desc {
  shash.desc ??= checkDesc(L, crypto_shash_init(shash.tfm))
  return shash.desc
}

const update = (L: lua_State, desc: shash_desc, data: Uint8Array) => crypto_walk(L, data, (part) => desc.update(part))

/** Ends the digest on its way and pushes it. */
function pushDigest(L: lua_State, shash: luacrypto_shash_t, desc: shash_desc): number {
  shash.desc = null
  lua_pushlstring(L, desc.final())
  return 1
}

/** shash:setkey(key). Raises `EINVAL` for a key that is none, `ENOSYS` where the algorithm has no keys. */
function luacrypto_shash_setkey(L: lua_State): number {
  const { tfm } = luacrypto_shash_check(L, 1)
  lunatik_try(L, crypto_shash_setkey, tfm, luaL_checklstring(L, 2))
  return 0
}

/** shash:digest(data): the digest of data. What was on its way is over. Raises `ENOKEY`. */
function luacrypto_shash_digest(L: lua_State): number {
  const shash = luacrypto_shash_check(L, 1)
  const data = luaL_checklstring(L, 2)
  shash.desc = null
  const desc = checkDesc(L, crypto_shash_init(shash.tfm))
  update(L, desc, data)
  return pushDigest(L, shash, desc)
}

/** shash:init(): begins anew. Raises `ENOKEY`. */
function luacrypto_shash_init_mt(L: lua_State): number {
  const shash = luacrypto_shash_check(L, 1)
  shash.desc = checkDesc(L, crypto_shash_init(shash.tfm))
  return 0
}

/** shash:update(data). Raises `ENOKEY`. */
function luacrypto_shash_update(L: lua_State): number {
  const shash = luacrypto_shash_check(L, 1)
  const data = luaL_checklstring(L, 2)
  update(L, descOf(L, shash), data)
  return 0
}

/** shash:final(): the digest of all since init. Raises `ENOKEY`. */
function luacrypto_shash_final(L: lua_State): number {
  const shash = luacrypto_shash_check(L, 1)
  return pushDigest(L, shash, descOf(L, shash))
}

/** shash:finup(data): update and final in one. */
function luacrypto_shash_finup(L: lua_State): number {
  const shash = luacrypto_shash_check(L, 1)
  const data = luaL_checklstring(L, 2)
  const desc = descOf(L, shash)
  update(L, desc, data)
  return pushDigest(L, shash, desc)
}

/** shash:export(): the state of the digest on its way, which goes on. Raises `ENOKEY`. */
function luacrypto_shash_export(L: lua_State): number {
  lua_pushlstring(L, descOf(L, luacrypto_shash_check(L, 1)).export())
  return 1
}

/** shash:import(state): goes on from there. Raises `EINVAL` for no state of this algorithm, `ENOKEY`. */
function luacrypto_shash_import(L: lua_State): number {
  const shash = luacrypto_shash_check(L, 1)
  const state = luaL_checklstring(L, 2)
  if (state.length !== shash.tfm.alg.statesize) return lunatik_throw(L, -EINVAL)
  shash.desc = checkDesc(L, crypto_shash_import(shash.tfm, state))
  return 0
}

const luacrypto_shash_mt: luaL_Reg[] = [
  { name: 'algname', func: luacrypto_getter(luacrypto_shash_check, ({ alg }) => alg.cra_name) },
  { name: 'digestsize', func: luacrypto_getter(luacrypto_shash_check, ({ alg }) => alg.digestsize) },
  { name: 'setkey', func: luacrypto_shash_setkey },
  { name: 'digest', func: luacrypto_shash_digest },
  { name: 'init', func: luacrypto_shash_init_mt },
  { name: 'update', func: luacrypto_shash_update },
  { name: 'final', func: luacrypto_shash_final },
  { name: 'finup', func: luacrypto_shash_finup },
  { name: 'export', func: luacrypto_shash_export },
  { name: 'import', func: luacrypto_shash_import },
]

export const luacrypto_shash_class = luacrypto_class<luacrypto_shash_t>('crypto_shash', luacrypto_shash_mt)

/** crypto.shash(algname): a transform. Raises `ENOENT` for an algorithm that isn't there. */
export function luacrypto_shash_new(L: lua_State): number {
  const tfm = crypto_alloc_shash(luaL_checkstring(L, 1))
  if (tfm === null) return lunatik_throw(L, -ENOENT)
  const object = lunatik_newobject<luacrypto_shash_t>(L, luacrypto_shash_class, 0, LUNATIK_OPT_NONE)
  object.private = { ...luacrypto_initctx(L, tfm), desc: null }
  return 1 /* object */
}
