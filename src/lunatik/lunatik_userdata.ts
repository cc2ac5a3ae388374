// lunatik_obj.c, the half with a Lua state: objects as userdata, their metatables and their checks.
import { luaL_argcheck, luaL_argerror, luaL_error, luaL_requiref } from '../lua/lauxlib.js'
import {
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  LUA_TUSERDATA,
  lua_getfield,
  lua_getinfo,
  lua_getstack,
  lua_newtable,
  lua_newuserdatauv,
  lua_pop,
  lua_pushcclosure,
  lua_pushstring,
  lua_pushvalue,
  lua_rawgetp,
  lua_rawsetp,
  type lua_State,
  lua_setfield,
  lua_setmetatable,
  lua_tostring,
  lua_touserdata,
  lua_type,
  type lua_Udata,
  lua_upvalueindex,
} from '../lua/lua.js'
import { lua_pushfast, lua_setwindow } from '../lua/lua_windows.js'
import { lunatik_enomem } from './lunatik_enomem.js'
import { lunatik_chargeprivate } from './lunatik_mem.js'
import { lunatik_locked, lunatik_monitor } from './lunatik_monitor.js'
import {
  LUNATIK_OPT_CONTEXT,
  type lunatik_anyclass_t,
  lunatik_checkexternal,
  type lunatik_class_t,
  lunatik_getobject,
  lunatik_inherit,
  lunatik_initobject,
  lunatik_isexternal,
  lunatik_isirq,
  lunatik_ismonitor,
  lunatik_issingle,
  type lunatik_newobject_t,
  lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
  lunatik_releaseprivate,
  type lunatik_size_t,
} from './lunatik_obj.js'
import { lunatik_isdeclared, lunatik_opener } from './lunatik_openers.js'
import { lunatik_toruntime } from './lunatik_private.js'

/** In a userdata whose object has been put back by its finalizer. */
const gone = Symbol('released')

/** The registry's keys of a class's two metatables: with the lock around each method, and without. */
interface Keys {
  readonly plain: object
  readonly monitored: object
}

const keys = new WeakMap<lunatik_anyclass_t, Keys>()

function keysOf(cls: lunatik_anyclass_t): Keys {
  let found = keys.get(cls)
  if (found === undefined) {
    found = { plain: {}, monitored: {} }
    keys.set(cls, found)
  }
  return found
}

/** A method of a class with MONITOR. Upvalues: the method, its name. */
const monitor = (L: lua_State) => lunatik_monitor(L, lunatik_testobject(L, 1) ?? badSelf(L))

/**
 * Raises what is wrong with a method's object. One that was put back has the method's name where C calls it as well.
 */
function badSelf(L: lua_State): never {
  const ar = lua_getstack(L, 0)
  if (ar !== null) lua_getinfo(L, 'n', ar)
  const why = whyNone(L, 1)
  if (ar === null || ar.namewhat !== '' || why === 'invalid object') return luaL_argerror(L, 1, why)
  return luaL_error(L, `bad argument #1 to '${lua_tostring(L, lua_upvalueindex(2))}' (${why})`)
}

/** Makes one metatable of a class and puts it into the registry. */
function newMetatable(L: lua_State, cls: lunatik_anyclass_t, key: object, monitored: boolean): void {
  lua_newtable(L)
  for (const reg of cls.methods ?? []) {
    const { name, func } = reg
    if (name === null) break
    if (func === null) continue
    if (monitored && !name.startsWith('__')) {
      lua_pushcclosure(L, func, 0)
      lua_pushstring(L, name)
      lua_pushcclosure(L, monitor, 2)
    } else if (reg.fast !== undefined) lua_pushfast(L, func, reg.fast)
    else lua_pushcclosure(L, func, 0)
    lua_setfield(L, -2, name)
  }
  if (lua_getfield(L, -1, '__index') === LUA_TNIL) {
    lua_pushvalue(L, -2)
    lua_setfield(L, -3, '__index')
  }
  lua_pop(L, 1)
  lua_rawsetp(L, LUA_REGISTRYINDEX, key)
}

/** Registers the metatables of a class in L's runtime, once. Works in every context. */
export function lunatik_newclass(L: lua_State, cls: lunatik_anyclass_t): void {
  const { plain, monitored } = keysOf(cls)
  const type = lua_rawgetp(L, LUA_REGISTRYINDEX, plain)
  lua_pop(L, 1)
  if (type !== LUA_TNIL) return
  newMetatable(L, cls, plain, false)
  if (lunatik_ismonitor(cls.opt)) newMetatable(L, cls, monitored, true)
}

/**
 * Opens the module of a class in L's runtime, once: by the class's opener, or that which LUNATIK_NEWLIB has defined
 * under its name. Does nothing where there is none. Upstream: `lunatik_require`. [-0, +0, e]
 * @param cls a class, or as in the document its name
 */
export function lunatik_require(L: lua_State, cls: lunatik_anyclass_t | string): void {
  const name = typeof cls === 'string' ? cls : cls.name
  const open = (typeof cls === 'string' ? null : cls.opener) ?? lunatik_opener(name)
  if (open === undefined) return
  luaL_requiref(L, name, open, false)
  lua_pop(L, 1)
}

/** Raises where an object with these options can't live in L's runtime. */
function checkContext(L: lua_State, cls: lunatik_anyclass_t, opt: lunatik_opt_t): void {
  if (!lunatik_isirq(opt) && lunatik_isirq(lunatik_toruntime(L).opt)) {
    luaL_error(L, `'${cls.name}': process-context class in interrupt-context runtime`)
  }
}

/** Pushes a userdata whose block is empty, with the metatable for an object of these options. */
function newUserdata(L: lua_State, cls: lunatik_anyclass_t, opt: lunatik_opt_t): lua_Udata {
  const { plain, monitored } = keysOf(cls)
  const block = lua_newuserdatauv(L, 1)
  const key = lunatik_ismonitor(opt) ? monitored : plain
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) === LUA_TNIL) luaL_error(L, `'${cls.name}': metatable not found`)
  lua_setmetatable(L, -2)
  return block
}

/** `file:line` of the script that called the running C function, or null. [-0, +0, -] */
export function lunatik_callingline(L: lua_State): string | null {
  const ar = lua_getstack(L, 1)
  if (ar === null) return null
  lua_getinfo(L, 'Sl', ar)
  return ar.currentline > 0 ? `${ar.short_src}:${ar.currentline}` : null
}

/**
 * Allocates a new object and pushes a userdata with a pointer to it. [-0, +1, v]
 *
 * Document: "lunatik_newobject".
 * @param cls its class, whose flags it inherits; C's argument `class`
 * @param size how many bytes of private data, which are a zeroed ArrayBuffer; or for a class of JavaScript values the
 *   value; 0 for an EXTERNAL class, whose creator sets `private`
 * @param opt further LUNATIK_OPT flags: MONITOR wraps method calls with the object's lock, SINGLE makes a private
 *   instance and cancels MONITOR. SOFTIRQ and HARDIRQ make an instance that may not sleep, also of a process-context
 *   class: here the document is followed, where later kernel code looks at the class alone
 * @returns the object; its one reference is the userdata's. Raises `'name': process-context class in interrupt-context
 *   runtime`; `'name': metatable not found` for a class that the runtime hasn't, or without a monitored metatable for
 *   MONITOR; `not enough memory`, with the place. Throws a TypeError for a value in the place of `size` where the class
 *   is EXTERNAL
 */
export function lunatik_newobject<T = ArrayBuffer>(
  L: lua_State,
  cls: lunatik_class_t<T>,
  size: lunatik_size_t<T>,
  opt: lunatik_opt_t,
): lunatik_newobject_t<T>
export function lunatik_newobject<T>(
  L: lua_State,
  cls: lunatik_class_t<T>,
  size: 0,
  opt: lunatik_opt_t,
): lunatik_object_t<T>
export function lunatik_newobject<T>(
  L: lua_State,
  cls: lunatik_class_t<T>,
  size: number | T,
  opt: lunatik_opt_t,
): lunatik_object_t<T> {
  lunatik_checkexternal(cls, size, opt)
  const flags = lunatik_inherit(cls, opt)
  checkContext(L, cls, flags)
  // Also where SINGLE cancels it.
  if (lunatik_ismonitor(opt) && !lunatik_ismonitor(cls.opt)) luaL_error(L, `'${cls.name}': metatable not found`)
  const block = newUserdata(L, cls, flags)
  const made = lunatik_isexternal(cls.opt)
    ? { priv: null, charge: null }
    : lunatik_chargeprivate<T>(lunatik_toruntime(L), size)
  if (made === null) lunatik_enomem(L)
  const object = lunatik_initobject<T>(cls, made.priv, opt, lunatik_callingline(L))
  object.charge = made.charge
  block.value = object
  return object
}

/**
 * Pushes `object` as a userdata with the right metatable, requiring its class first. It doesn't count a reference:
 * call `lunatik_getobject` after it. [-0, +1, v]
 *
 * Document: "lunatik_cloneobject".
 * @throws raises `'name': cannot share SINGLE object`, `'name': process-context class in interrupt-context runtime`,
 *   `'name': metatable not found`
 */
export function lunatik_cloneobject(L: lua_State, object: lunatik_object_t): void {
  const { class: cls, opt } = object
  if (lunatik_issingle(opt)) luaL_error(L, `'${cls.name}': cannot share SINGLE object`)
  checkContext(L, cls, opt)
  lunatik_require(L, cls)
  // The name may be another module's, or set in package.loaded by the script.
  if (lunatik_isdeclared(cls)) lunatik_newclass(L, cls)
  newUserdata(L, cls, opt).value = object
}

/** Clones `object` onto the stack and counts the reference. Upstream: `lunatik_pushobject`. [-0, +1, v] */
export function lunatik_pushobject(L: lua_State, object: lunatik_object_t): void {
  lunatik_cloneobject(L, object)
  lunatik_getobject(object)
}

/**
 * The object at `i`, or null for what is no Lunatik object, or none any more. Upstream: `lunatik_testobject`.
 * [-0, +0, -]
 */
export function lunatik_testobject(L: lua_State, i: number): lunatik_object_t | null {
  if (lua_type(L, i) !== LUA_TUSERDATA) return null
  const block = lua_touserdata(L, i) as lua_Udata | null
  return block?.value instanceof lunatik_object_t ? block.value : null
}

/**
 * The object at stack position `i`. [-0, +0, v]
 *
 * Document: "lunatik_checkobject".
 * @typeParam T the private data, which nothing checks
 * @throws raises `bad argument #i to 'function' (invalid object)` for a value that is no Lunatik object, and `(null
 *   pointer dereference)` for a userdata whose object has been put back
 */
export function lunatik_checkobject<T = unknown>(L: lua_State, i: number): lunatik_object_t<T> {
  const object = lunatik_testobject(L, i)
  if (object !== null) return object as lunatik_object_t<T>
  return luaL_argerror(L, i, whyNone(L, i))
}

/** Why the value at `i` is no object. */
function whyNone(L: lua_State, i: number): string {
  const block = lua_type(L, i) === LUA_TUSERDATA ? (lua_touserdata(L, i) as lua_Udata | null) : null
  return block?.value === gone ? 'null pointer dereference' : 'invalid object'
}

/**
 * The object at stack position `i`, without type checking. [-0, +0, -]
 *
 * Document: "lunatik_toobject".
 * @returns the object; null if the value is no userdata
 */
export function lunatik_toobject<T = unknown>(L: lua_State, i: number): lunatik_object_t<T> | null {
  return lunatik_testobject(L, i) as lunatik_object_t<T> | null
}

/**
 * Makes a function that returns `object->private` after a full object check. [-0, +0, v]
 *
 * Document: "LUNATIK_OBJECTCHECKER".
 * @typeParam T the private data
 * @param checker the function's name
 * @returns a function of L and a stack position, which raises as {@link lunatik_checkobject}; null for a closed object
 */
export function LUNATIK_OBJECTCHECKER<T>(checker: string): (L: lua_State, ix: number) => T | null {
  const check = (L: lua_State, ix: number) => lunatik_checkobject(L, ix).private as T | null
  return Object.defineProperty(check, 'name', { value: checker })
}

/**
 * Like {@link LUNATIK_OBJECTCHECKER}, but guards against use after free. [-0, +0, v]
 *
 * Document: "LUNATIK_PRIVATECHECKER".
 * @typeParam T the private data
 * @param checker the function's name
 * @param checks further validation, run in order before the private data is returned; each may raise
 * @returns a function of L and a stack position, which raises `null pointer dereference` for a closed object as well
 */
export function LUNATIK_PRIVATECHECKER<T>(
  checker: string,
  ...checks: ((L: lua_State, ix: number, priv: T) => void)[]
): (L: lua_State, ix: number) => T {
  const check = (L: lua_State, ix: number): T => {
    const priv = lunatik_checkobject(L, ix).private as T | null
    luaL_argcheck(L, priv !== null, ix, 'null pointer dereference')
    for (const validate of checks) validate(L, ix, priv as T)
    return priv as T
  }
  return Object.defineProperty(check, 'name', { value: checker })
}

/**
 * The ready-made `__gc`: puts the userdata's reference back, once. [-0, +0, -]
 */
export function lunatik_deleteobject(L: lua_State): number {
  const object = lunatik_testobject(L, 1)
  if (object === null) return 0
  const block = lua_touserdata(L, 1) as lua_Udata
  block.value = gone
  lua_setwindow(L, 1, null)
  lunatik_putobject(object)
  return 0
}

/**
 * The ready-made `__close` and `close`: releases the private data, whatever references there are, with the object's
 * lock held; waits for that first. What uses the object afterwards finds null. [-0, +0, v]
 */
export function lunatik_closeobject(L: lua_State): number {
  const object = lunatik_checkobject(L, 1)
  const release = () => {
    lunatik_releaseprivate(object)
    return 0
  }
  // A method of a class with MONITOR holds it already.
  if (object.lock.running) return release()
  return lunatik_locked(L, object.lock, () => {
    try {
      return release()
    } finally {
      object.lock.unlock()
    }
  })
}

/**
 * The runtime associated with L, which must match a class's context. [-0, +0, v]
 *
 * Document: "lunatik_checkruntime".
 * @param opt the class's LUNATIK_OPT flags; only SOFTIRQ and HARDIRQ matter
 * @throws raises `runtime context mismatch`
 */
export function lunatik_checkruntime(L: lua_State, opt: lunatik_opt_t): lunatik_object_t {
  const runtime = lunatik_toruntime(L)
  if ((runtime.opt & LUNATIK_OPT_CONTEXT) !== (opt & LUNATIK_OPT_CONTEXT)) luaL_error(L, 'runtime context mismatch')
  return runtime
}

/**
 * Keeps the runtime of L in `priv.runtime`, which must match a class's context. Upstream: `lunatik_setruntime`, which
 * takes the class by its library's name. [-0, +0, v]
 * @throws raises `runtime context mismatch`
 */
export function lunatik_setruntime(
  L: lua_State,
  cls: lunatik_anyclass_t,
  priv: { runtime: lunatik_object_t | null },
): void {
  priv.runtime = lunatik_checkruntime(L, cls.opt)
}
