// The registry pattern of lunatik.h: objects that live across calls without the garbage collector seeing them.
import {
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  lua_absindex,
  lua_gettop,
  lua_pop,
  lua_pushnil,
  lua_pushvalue,
  lua_rawgetp,
  lua_rawsetp,
  type lua_State,
} from '../lua/lua.js'
import { lunatik_handle } from './lunatik_core.js'
import type { lunatik_object_t } from './lunatik_obj.js'
import { lunatik_pushobject, lunatik_testobject } from './lunatik_userdata.js'

/** Stores the value at `ix` in the registry at `key`. Upstream: `lunatik_register`. [-0, +0, m] */
export function lunatik_register(L: lua_State, ix: number, key: unknown): void {
  lua_pushvalue(L, ix)
  lua_rawsetp(L, LUA_REGISTRYINDEX, key)
}

/** Removes what is stored in the registry at `key`. Upstream: `lunatik_unregister`. [-0, +0, -] */
export function lunatik_unregister(L: lua_State, key: unknown): void {
  lua_pushnil(L)
  lua_rawsetp(L, LUA_REGISTRYINDEX, key)
}

/**
 * Pins `object` and its private pointer in the registry, preventing garbage collection: the value at `ix` at the
 * private pointer, the object's userdata at the object. The stack is left as it was. [-0, +0, m]
 *
 * Document: "lunatik_registerobject".
 * @param ix typically the index of the opts table passed to the registration function
 * @param object its userdata is anywhere on the stack or pinned already, or a new one is made
 * @throws raises as lunatik_cloneobject where a new one is needed and can't be made
 */
export function lunatik_registerobject(L: lua_State, ix: number, object: lunatik_object_t): void {
  const index = lua_absindex(L, ix)
  let at = lua_gettop(L)
  while (at > 0 && lunatik_testobject(L, at) !== object) at--
  if (at > 0) lunatik_register(L, at, object)
  else if (!isPinned(L, object)) {
    lunatik_pushobject(L, object)
    lua_rawsetp(L, LUA_REGISTRYINDEX, object)
  }
  lunatik_register(L, index, object.private)
  pinned.set(object, object.private)
}

/** Whether the object's userdata is in the registry. */
function isPinned(L: lua_State, object: lunatik_object_t): boolean {
  const type = lua_rawgetp(L, LUA_REGISTRYINDEX, object)
  lua_pop(L, 1)
  return type !== LUA_TNIL
}

/** The private pointers under which objects are pinned: an object that is closed has none any more. */
const pinned = new WeakMap<lunatik_object_t, unknown>()

/**
 * Removes `object` and its private pointer from the registry, allowing garbage collection to collect them. [-0, +0, -]
 *
 * Document: "lunatik_unregisterobject".
 */
export function lunatik_unregisterobject(L: lua_State, object: lunatik_object_t): void {
  lunatik_unregister(L, pinned.get(object) ?? object.private)
  lunatik_unregister(L, object)
}

/**
 * Pushes the value stored in the registry at `key`. [-0, +1, -]
 *
 * Document: "lunatik_getregistry".
 * @param key any JavaScript value: equal only to itself, as a pointer
 * @returns its type, LUA_TNIL for none
 */
export const lunatik_getregistry = (L: lua_State, key: unknown): number => lua_rawgetp(L, LUA_REGISTRYINDEX, key)

/** The names of the fields of O that hold a V. */
type FieldOf<O, V> = { [K in keyof O]: V extends O[K] ? K : never }[keyof O]

/**
 * Creates an object by calling `new_fn(L, ...args)`, which leaves its userdata on the top of the stack; stores that in
 * the registry keyed by the object, sets `obj[field]` to the object, and pops the userdata. [-0, +0, e]
 *
 * Document: "lunatik_attach".
 * @param field the name of a field of `obj`
 */
export function lunatik_attach<
  O extends object,
  K extends FieldOf<O, null>,
  A extends unknown[],
  V extends O[K] & lunatik_object_t,
>(L: lua_State, obj: O, field: K, new_fn: (L: lua_State, ...args: A) => V, ...args: A): void {
  const object = new_fn(L, ...args)
  lunatik_register(L, -1, object)
  obj[field] = object
  lua_pop(L, 1)
}

/**
 * Unregisters `obj[field]` from the registry and sets `obj[field]` to null. Safe to call when the Lua state may
 * already be closed. [-0, +0, -]
 *
 * Document: "lunatik_detach".
 * @param field the name of a field of `obj`, which may be null already
 */
export function lunatik_detach<O extends object, K extends FieldOf<O, null>>(
  runtime: lunatik_object_t,
  obj: O,
  field: K,
): void {
  const object = obj[field]
  obj[field] = null as O[K]
  if (object === null) return
  lunatik_handle(runtime as lunatik_object_t, (L) => {
    lunatik_unregister(L, object)
    return 0
  })
}
