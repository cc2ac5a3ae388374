// luacrypto_rng.c: generators of random bytes. Whichever is asked for, the bytes are OpenSSL's: its generator seeds
// itself from the machine, and a script's seeds have nothing to add.
import { luaL_optstring, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_createtable, lua_pushinteger, lua_pushstring, type lua_State, lua_setfield } from '../lua/lua.js'
import { lunatik_checkinteger } from '../lunatik/lunatik_aux.js'
import { LUNATIK_PRIVATECHECKER } from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import { crypto_walk, openssl } from './crypto_api.js'
import {
  luacrypto_class,
  type luacrypto_ctx_t,
  luacrypto_getter,
  luacrypto_newctx,
  luacrypto_pushresult,
  UINT_MAX,
} from './luacrypto.js'

/** An algorithm. */
interface rng_alg {
  readonly cra_name: string
  readonly driver_name: string
}

/** crypto/drbg.c: the default, and the mechanisms by their drivers' names. */
const stdrng = 'stdrng'
const standard = 'drbg_nopr_hmac_sha512'
const drbg = /^drbg_(pr|nopr)_((hmac_)?sha(1|256|384|512)|ctr_aes(128|192|256))$/

/** The algorithm of a name; null where there is none (ENOENT). */
function findAlg(name: string): rng_alg | null {
  if (name === stdrng) return { cra_name: stdrng, driver_name: standard }
  if (name === 'jitterentropy_rng') return { cra_name: name, driver_name: name }
  return drbg.test(name) ? { cra_name: stdrng, driver_name: name } : null
}

const luacrypto_rng_check = LUNATIK_PRIVATECHECKER<luacrypto_ctx_t<rng_alg>>(
  'luacrypto_rng_check',
  class_check(() => luacrypto_rng_class),
)

/** rng:getbytes(n), and generate(n[, seed]), whose seed has nothing to add. Raises `out of bounds`. */
function luacrypto_rng_getbytes(L: lua_State): number {
  luacrypto_rng_check(L, 1)
  const size = lunatik_checkinteger(L, 2, 1, UINT_MAX)
  return luacrypto_pushresult(L, size, (buffer) => {
    crypto_walk(L, buffer, (part) => openssl().randomFillSync(part))
    return size
  })
}

/** rng:reset([seed]): OpenSSL's generator needs none. */
function luacrypto_rng_reset(L: lua_State): number {
  luacrypto_rng_check(L, 1)
  return 0
}

/** rng:info(): a table with `driver_name` and `seedsize`, in bytes. */
function luacrypto_rng_info(L: lua_State): number {
  const { driver_name } = luacrypto_rng_check(L, 1).tfm
  lua_createtable(L, 0, 2)
  lua_pushstring(L, driver_name)
  lua_setfield(L, -2, 'driver_name')
  lua_pushinteger(L, 0)
  lua_setfield(L, -2, 'seedsize')
  return 1
}

const luacrypto_rng_mt: luaL_Reg[] = [
  { name: 'algname', func: luacrypto_getter(luacrypto_rng_check, ({ cra_name }) => cra_name) },
  { name: 'generate', func: luacrypto_rng_getbytes },
  { name: 'reset', func: luacrypto_rng_reset },
  { name: 'getbytes', func: luacrypto_rng_getbytes },
  { name: 'info', func: luacrypto_rng_info },
]

export const luacrypto_rng_class = luacrypto_class<luacrypto_ctx_t<rng_alg>>('crypto_rng', luacrypto_rng_mt)

/** crypto.rng([algname]): a generator, `stdrng` by default. Raises `ENOENT` for an algorithm that isn't there. */
export const luacrypto_rng_new = (L: lua_State): number =>
  luacrypto_newctx(L, luacrypto_rng_class, luaL_optstring(L, 1, stdrng), findAlg)
