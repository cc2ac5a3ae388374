// luacrypto.h: what the classes of `crypto` share.
import { EINVAL, ENOENT } from '../errno.js'
import { luaL_checklstring, type luaL_Reg } from '../lua/lauxlib.js'
import { type lua_CFunction, lua_pushinteger, lua_pushstring, type lua_State } from '../lua/lua.js'
import { lunatik_throw } from '../lunatik/lunatik_aux.js'
import { lunatik_checkalloc, lunatik_free, lunatik_pushstring } from '../lunatik/lunatik_mem.js'
import {
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  type lunatik_class_t,
} from '../lunatik/lunatik_obj.js'
import { lunatik_closeobject, lunatik_deleteobject, lunatik_newobject } from '../lunatik/lunatik_userdata.js'

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

/** A class of transforms, with these methods and those that every one has. */
export const luacrypto_class = <T extends { readonly charge: Uint8Array }>(
  name: string,
  methods: readonly luaL_Reg[],
): lunatik_class_t<T> => ({
  name,
  methods: [...methods, { name: '__gc', func: lunatik_deleteobject }, { name: '__close', func: lunatik_closeobject }],
  release: ({ charge }) => lunatik_free(charge),
  opt: LUNATIK_OPT_MONITOR | LUNATIK_OPT_EXTERNAL,
})

/** Makes an object whose transform `alloc` gives: null, `ENOENT`, for an algorithm that isn't there. */
export function luacrypto_newctx<T>(
  L: lua_State,
  cls: lunatik_class_t<luacrypto_ctx_t<T>>,
  algname: string,
  alloc: (name: string) => T | null,
): number {
  const object = lunatik_newobject<luacrypto_ctx_t<T>>(L, cls, 0, LUNATIK_OPT_NONE)
  const tfm = alloc(algname)
  if (tfm === null) return lunatik_throw(L, -ENOENT)
  object.private = luacrypto_initctx(L, tfm)
  return 1 /* object */
}

/** A method that gives what `of` says of its transform, a number or a name. */
export const luacrypto_getter =
  <T>(check: (L: lua_State, ix: number) => luacrypto_ctx_t<T>, of: (tfm: T) => number | string): lua_CFunction =>
  (L) => {
    const value = of(check(L, 1).tfm)
    if (typeof value === 'number') lua_pushinteger(L, value)
    else lua_pushstring(L, value)
    return 1
  }

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
