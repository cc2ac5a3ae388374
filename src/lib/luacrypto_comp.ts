// luacrypto_comp.c: compression. Long data are deflated in parts, between which others have their turns.
import { ENOENT } from '../errno.js'
import { luaL_checklstring, luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_pushlstring, type lua_State } from '../lua/lua.js'
import { lua_tick } from '../lua/lua_ticks.js'
import { lunatik_checkbounds, lunatik_checkinteger, lunatik_throw } from '../lunatik/lunatik_aux.js'
import { lunatik_checkalloc, lunatik_free } from '../lunatik/lunatik_mem.js'
import { LUNATIK_OPT_NONE } from '../lunatik/lunatik_obj.js'
import { LUNATIK_PRIVATECHECKER, lunatik_newobject } from '../lunatik/lunatik_userdata.js'
import { lunatik_maywait, lunatik_waitk } from '../lunatik/lunatik_wait.js'
import { enqueue_task } from '../runqueue.js'
import { class_check } from './class.js'
import { COMP_PART, type comp_result, crypto_alloc_comp, type crypto_comp } from './crypto_comp.js'
import { luacrypto_class, type luacrypto_ctx_t, luacrypto_initctx, UINT_MAX } from './luacrypto.js'

const luacrypto_comp_check = LUNATIK_PRIVATECHECKER<luacrypto_ctx_t<crypto_comp>>(
  'luacrypto_comp_check',
  class_check(() => luacrypto_comp_class),
)

/** The arguments of an operation: transform, data, and the most bytes that may come of them. */
function checkArguments(L: lua_State) {
  const { tfm } = luacrypto_comp_check(L, 1)
  const data = luaL_checklstring(L, 2)
  lunatik_checkbounds(L, 2, data.length, 1, UINT_MAX)
  return { tfm, data, max: lunatik_checkinteger(L, 3, 1, UINT_MAX) }
}

function pushResult(L: lua_State, result: comp_result): number {
  if (typeof result === 'number') return lunatik_throw(L, result)
  lua_pushlstring(L, result)
  return 1
}

/** Pushes what `work` makes in a buffer of `max` bytes, which counts for the runtime meanwhile. */
function operate(L: lua_State, max: number, work: (buffer: Uint8Array) => comp_result): number {
  const buffer = lunatik_checkalloc(L, max)
  try {
    return pushResult(L, work(buffer))
  } finally {
    lunatik_free(buffer)
  }
}

/** Ends a C function with what parts of argument 2 give together. Others have their turns between two of them. */
function operateInParts(L: lua_State, max: number, work: (data: Uint8Array, at: number, max: number) => comp_result) {
  lunatik_free(lunatik_checkalloc(L, max))
  const parts: Uint8Array[] = []
  let [at, size] = [0, 0]
  const next = (L: lua_State): number => {
    // Lua's memory may have moved.
    const data = luaL_checklstring(L, 2)
    const part = work(data, at, max - size)
    if (typeof part === 'number') return pushResult(L, part)
    parts.push(part)
    size += part.length
    at += COMP_PART
    if (at >= data.length) return pushResult(L, Buffer.concat(parts))
    if (lunatik_maywait(L)) return lunatik_waitk<void>(L, turn, next, false)
    lua_tick(L)
    return next(L)
  }
  return next(L)
}

/** Waits for the next turn, behind all others. */
const turn = (wake: () => void) => enqueue_task(wake, true)

/** comp:compress(data, max_len). Raises `EINVAL` for more than max_len bytes, `out of bounds`. */
function luacrypto_comp_compress(L: lua_State): number {
  const { tfm, data, max } = checkArguments(L)
  const { compress, compressPart } = tfm
  return compressPart !== null && data.length > COMP_PART
    ? operateInParts(L, max, compressPart)
    : operate(L, max, (buffer) => compress(L, data, buffer))
}

/** comp:decompress(data, max_len). Raises `EINVAL` also for what was never compressed. */
function luacrypto_comp_decompress(L: lua_State): number {
  const { tfm, data, max } = checkArguments(L)
  return operate(L, max, (buffer) => tfm.decompress(L, data, buffer))
}

const luacrypto_comp_mt: luaL_Reg[] = [
  { name: 'compress', func: luacrypto_comp_compress },
  { name: 'decompress', func: luacrypto_comp_decompress },
]

export const luacrypto_comp_class = luacrypto_class<luacrypto_ctx_t<crypto_comp>>('crypto_comp', luacrypto_comp_mt)

/** crypto.comp(algname): a transform. Raises `ENOENT` for an algorithm that isn't there. */
export function luacrypto_comp_new(L: lua_State): number {
  const tfm = crypto_alloc_comp(luaL_checkstring(L, 1))
  if (tfm === null) return lunatik_throw(L, -ENOENT)
  const object = lunatik_newobject<luacrypto_ctx_t<crypto_comp>>(L, luacrypto_comp_class, 0, LUNATIK_OPT_NONE)
  object.private = luacrypto_initctx(L, tfm)
  return 1 /* object */
}
