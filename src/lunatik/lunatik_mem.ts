// Memory through the allocator of a runtime: what is allocated counts against the runtime's limit, together with what
// its Lua uses, where the engine knows that.
//
// JavaScript frees memory by itself, so lunatik_free only takes it off the count and off the pointer's owner.
import {
  LUA_COLLECTS,
  LUA_GCCOLLECT,
  lua_gc,
  lua_pushlstring,
  type lua_State,
  lua_setlimit,
  lua_used,
} from '../lua/lua.js'
import { pr_fmt } from '../printk.js'
import { lunatik_conf } from './lunatik_conf.js'
import { lunatik_enomem } from './lunatik_enomem.js'
import { lunatik_allocprivate, type lunatik_object_t, lunatik_onrelease } from './lunatik_obj.js'
import { lunatik_getstate, lunatik_toruntime } from './lunatik_private.js'
import { collectHeap } from './lunatik_v8gc.js'

const { pr_err } = pr_fmt('lunatik')

/** How many bytes count against each runtime. */
const allocated = new WeakMap<lunatik_object_t, number>()

/** What lunatik_malloc gave and lunatik_free has not had back. */
const blocks = new WeakMap<Uint8Array, { readonly runtime: lunatik_object_t; readonly bytes: number }>()

/** The least that has counted for a runtime since its garbage was last collected. */
const floors = new WeakMap<lunatik_object_t, number>()
let collecting = false

/**
 * For an engine without a collector: has JavaScript collect its garbage before the next request, so that objects that
 * nobody uses stop counting: by itself it would wait for a shortage of its own. That is each time when an eighth of the
 * limit has come since the last.
 */
function collectSoon(runtime: lunatik_object_t): void {
  if (collecting) return
  collecting = true
  setImmediate(() => {
    collecting = false
    collectHeap()
    // The finalizers run in tasks of their own, and lower this.
    floors.set(runtime, allocated.get(runtime) ?? 0)
  })
}

/** Whether a runtime may hold `total` bytes beside those of its Lua. */
const fits = (runtime: lunatik_object_t, total: number) => {
  const L = lunatik_getstate(runtime)
  return total + (L === null ? 0 : lua_used(L)) <= lunatik_conf.memory
}

/** Counts so many bytes in all: what they leave is Lua's. */
function setAllocated(runtime: lunatik_object_t, total: number): void {
  allocated.set(runtime, total)
  const L = lunatik_getstate(runtime)
  if (L !== null) lua_setlimit(L, lunatik_conf.memory - total)
}

/** Has Lua collect the objects that nobody uses, which stop counting at once. */
function collectNow(runtime: lunatik_object_t): void {
  const L = lunatik_getstate(runtime)
  if (L !== null) lua_gc(L, LUA_GCCOLLECT)
}

/**
 * Counts `bytes` against a runtime. Returns false, and counts nothing, where they would pass its limit or are no count.
 */
function charge(runtime: lunatik_object_t, bytes: number): boolean {
  if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > lunatik_conf.memory) return false
  if (LUA_COLLECTS) {
    if (!fits(runtime, lunatik_allocated(runtime) + bytes)) collectNow(runtime)
  } else if (lunatik_allocated(runtime) + bytes > (floors.get(runtime) ?? 0) + lunatik_conf.memory / 8) {
    collectSoon(runtime)
  }
  const total = lunatik_allocated(runtime) + bytes
  if (!fits(runtime, total)) return false
  setAllocated(runtime, total)
  return true
}

function uncharge(runtime: lunatik_object_t, bytes: number): void {
  const total = lunatik_allocated(runtime) - bytes
  setAllocated(runtime, total)
  if (total < (floors.get(runtime) ?? 0)) floors.set(runtime, total)
}

/** How many bytes of lunatik_malloc and of objects' private data count against a runtime. */
export const lunatik_allocated = (runtime: lunatik_object_t) => allocated.get(runtime) ?? 0

/**
 * Makes the private data of an object and counts them against the runtime that makes it, until they are released.
 * @returns the data, and what to note on the object; null if memory is insufficient
 */
export function lunatik_chargeprivate<T>(
  runtime: lunatik_object_t,
  size: number | T,
): { readonly priv: T; readonly charge: lunatik_object_t['charge'] } | null {
  if (typeof size !== 'number') return { priv: size, charge: null }
  if (!charge(runtime, size)) return null
  const priv = lunatik_allocprivate<T>(size)
  if (priv !== null) return { priv, charge: { runtime, bytes: size } }
  uncharge(runtime, size)
  return null
}

lunatik_onrelease.push((object) => {
  if (object.charge === null) return
  uncharge(object.charge.runtime, object.charge.bytes)
  object.charge = null
})

/** Raises `not enough memory` for null, which C's `lunatik_checknull` takes for a failed allocation. [-0, +0, v] */
export function lunatik_checknull<T>(L: lua_State, ptr: T | null): asserts ptr is T {
  if (ptr === null) lunatik_enomem(L)
}

function allocate(runtime: lunatik_object_t, size: number): Uint8Array | null {
  if (!charge(runtime, size)) return null
  try {
    const ptr = new Uint8Array(size)
    blocks.set(ptr, { runtime, bytes: size })
    return ptr
  } catch {
    uncharge(runtime, size)
    return null
  }
}

/**
 * Allocates `size` bytes using the allocator of L's runtime. They are zeroed. [-0, +0, -]
 *
 * Document: "lunatik_malloc".
 * @param size in bytes
 * @returns the memory; null on failure, also where the runtime would pass lunatik_conf.memory
 */
export const lunatik_malloc = (L: lua_State, size: number): Uint8Array | null => allocate(lunatik_toruntime(L), size)

/**
 * As {@link lunatik_malloc}; raises `not enough memory` where that fails. Upstream: `lunatik_checkalloc`. [-0, +0, m]
 */
export function lunatik_checkalloc(L: lua_State, size: number): Uint8Array {
  const ptr = lunatik_malloc(L, size)
  lunatik_checknull(L, ptr)
  return ptr
}

/** lunatik_checkalloc with zeroed bytes, as all are here. Upstream: `lunatik_checkzalloc`. [-0, +0, m] */
export const lunatik_checkzalloc = (L: lua_State, size: number): Uint8Array => lunatik_checkalloc(L, size)

/**
 * Pushes the first `len` bytes of `ptr` as a string, which takes the memory over: it must not be used or freed
 * afterwards. Upstream: `lunatik_pushstring`. [-0, +1, m]
 * @param ptr what lunatik_malloc gave; C needs one byte more than `len` for a zero, this doesn't
 */
export function lunatik_pushstring(L: lua_State, ptr: Uint8Array, len: number): void {
  lua_pushlstring(L, ptr, len)
  lunatik_free(ptr)
}

/**
 * Reallocates `ptr` to `size` bytes. What fits of the content is kept; `ptr` must not be used afterwards. [-0, +0, -]
 *
 * Document: "lunatik_realloc".
 * @param ptr what lunatik_malloc or lunatik_realloc gave; null allocates
 * @param size in bytes; 0 frees
 * @returns the memory; null for a size of 0 and on failure, and then, unless the size is 0, `ptr` is still valid
 */
export function lunatik_realloc(L: lua_State, ptr: Uint8Array | null, size: number): Uint8Array | null {
  if (ptr === null) return lunatik_malloc(L, size)
  const block = blocks.get(ptr)
  if (block === undefined) {
    pr_err(`lunatik_realloc of memory that is not lunatik_malloc's, or was freed:${caller()}`)
    return null
  }
  if (size === 0) {
    lunatik_free(ptr)
    return null
  }
  // The old block makes room for the new one.
  uncharge(block.runtime, block.bytes)
  const grown = allocate(block.runtime, size)
  if (grown === null) {
    charge(block.runtime, block.bytes)
    return null
  }
  blocks.delete(ptr)
  grown.set(ptr.length <= size ? ptr : ptr.subarray(0, size))
  return grown
}

const caller = () => new Error().stack?.split('\n')[3] ?? ''

/**
 * Frees memory allocated by {@link lunatik_malloc} or {@link lunatik_realloc}. Freeing twice is logged with its place.
 *
 * Document: "lunatik_free".
 * @param ptr null does nothing
 */
export function lunatik_free(ptr: Uint8Array | null): void {
  if (ptr === null) return
  const block = blocks.get(ptr)
  if (block === undefined) {
    pr_err(`lunatik_free of memory that is not lunatik_malloc's, or was freed:${caller()}`)
    return
  }
  blocks.delete(ptr)
  uncharge(block.runtime, block.bytes)
}
