// luacrypto.h: what the classes of `crypto` share.
import { EINVAL } from '../errno.js'
import { luaL_checklstring } from '../lua/lauxlib.js'
import type { lua_State } from '../lua/lua.js'
import { lunatik_throw } from '../lunatik/lunatik_aux.js'
import { lunatik_checkalloc, lunatik_free, lunatik_pushstring } from '../lunatik/lunatik_mem.js'

/** The largest unsigned int. */
export const UINT_MAX = 2 ** 32 - 1

/** What a transform takes of OpenSSL's and JavaScript's memory, about, in bytes. */
const ctxsize = 1024

/** The private data of a transform. */
export interface luacrypto_ctx_t<T> {
  readonly tfm: T
  /** What it counts of the runtime's memory. */
  readonly charge: Uint8Array
}

/** The private data for a transform. Raises `not enough memory`. */
export const luacrypto_initctx = <T>(L: lua_State, tfm: T): luacrypto_ctx_t<T> => ({
  tfm,
  charge: lunatik_checkalloc(L, ctxsize),
})

/** The release of a class of transforms. */
export const luacrypto_release = ({ charge }: { readonly charge: Uint8Array }): void => lunatik_free(charge)

/** The IV in argument `idx`. Raises `EINVAL` for any other length than `expected`. */
export function luacrypto_checkiv(L: lua_State, idx: number, expected: number): Uint8Array {
  const iv = luaL_checklstring(L, idx)
  return iv.length === expected ? iv : lunatik_throw(L, -EINVAL)
}

/**
 * Pushes what `fill` leaves in a buffer of `size` bytes, which counts for the runtime meanwhile.
 * @param fill returns how many bytes it has filled, or a negative errno, which is raised
 */
export function luacrypto_pushresult(L: lua_State, size: number, fill: (buffer: Uint8Array) => number): number {
  const buffer = lunatik_checkalloc(L, size)
  let ret = -EINVAL
  try {
    ret = fill(buffer)
  } finally {
    if (ret < 0) lunatik_free(buffer)
  }
  if (ret < 0) return lunatik_throw(L, ret)
  lunatik_pushstring(L, buffer, ret)
  return 1
}
