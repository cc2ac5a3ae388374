// lunatik_obj.c: objects, which hold private data, a reference counter and a lock, and may be shared by runtimes.
// This file is the half that needs no Lua state; lunatik_userdata.ts has the other.
import { describeError, outsideFrame } from '../lua/describe.js'
import type { luaL_Reg } from '../lua/lauxlib.js'
import type { lua_CFunction } from '../lua/lua.js'
import { pr_fmt } from '../printk.js'
import { lunatik_locker } from './lunatik_lock.js'

const { pr_err } = pr_fmt('lunatik')

/** A bitmask of the LUNATIK_OPT flags. Document: "lunatik_class_t". */
export type lunatik_opt_t = number

/** No flags of its own: an instance inherits those of its class. */
export const LUNATIK_OPT_NONE: lunatik_opt_t = 0
/** Set in SOFTIRQ and HARDIRQ: the owner may not sleep. */
const LUNATIK_OPT_IRQ: lunatik_opt_t = 1 << 0
/** Constraint: a spinlock with bottom halves disabled, for handlers in softirq context. Nothing may sleep. */
export const LUNATIK_OPT_SOFTIRQ: lunatik_opt_t = LUNATIK_OPT_IRQ | (1 << 1)
/**
 * Constraint: a spinlock with interrupts disabled, for handlers in hardirq context. Nothing may sleep. It shares a bit
 * with SOFTIRQ: {@link lunatik_ishardirq} tells them apart.
 */
export const LUNATIK_OPT_HARDIRQ: lunatik_opt_t = LUNATIK_OPT_IRQ | (1 << 2)
/** Capability: methods called from Lua take the object's lock. Cancelled by SINGLE. */
export const LUNATIK_OPT_MONITOR: lunatik_opt_t = 1 << 3
/** Constraint: private to one runtime; can't be cloned or passed to another. */
export const LUNATIK_OPT_SINGLE: lunatik_opt_t = 1 << 4
/** Constraint: `private` is the creator's; Lunatik neither makes nor frees it. */
export const LUNATIK_OPT_EXTERNAL: lunatik_opt_t = 1 << 5

/** The bits that say in which context a runtime or an object lives. */
export const LUNATIK_OPT_CONTEXT = LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_HARDIRQ

/** What is no promise: nobody would wait for it. */
// biome-ignore lint/suspicious/noConfusingVoidType: a release without a result is the usual one
type Settled = void | undefined | null | boolean | number | bigint | string | symbol | (object & { then?: never })

/** A function of the private data. A method's type, so that a class of any T is a class. */
interface Release<T> {
  call(priv: T): Settled
}

/**
 * A class of objects. Document: "lunatik_class_t".
 * @typeParam T the private data of its objects: an ArrayBuffer, or any JavaScript value that their creator sets
 */
export interface lunatik_class_t<T = ArrayBuffer> {
  /** Identifies the class; the argument of `require`. */
  readonly name: string
  /** The methods of its metatable. A terminating `{NULL, NULL}` isn't needed. */
  readonly methods?: readonly luaL_Reg[]
  /**
   * Called with the private data, once, when the reference counter reaches zero or the object is closed. It can't be
   * async: nobody waits for it.
   */
  readonly release?: Release<T>['call'] | null
  /**
   * Opens the class's module, often LUNATIK_OPENER's, for lunatik_cloneobject; by default that which LUNATIK_NEWLIB has
   * defined with the class. Upstream's, not in the document.
   */
  readonly opener?: lua_CFunction | null
  /** LUNATIK_OPT flags, which every instance inherits. */
  readonly opt: lunatik_opt_t
}

/** A class, whatever its objects' private data. */
export type lunatik_anyclass_t = lunatik_class_t<unknown>

/**
 * A Lunatik object. The fields are the C struct's.
 * @typeParam T the private data
 */
export class lunatik_object_t<T = unknown> {
  /** The reference counter, a plain number. */
  kref = 1
  readonly class: lunatik_class_t<T>
  /** The private data; null once it is released. */
  private: T | null
  /** The flags of the instance and of its class. */
  readonly opt: lunatik_opt_t
  readonly lock: lunatik_locker
  /** What is counted against a runtime's memory for it, and which runtime; lunatik_mem.ts. */
  charge: { readonly runtime: lunatik_object_t; readonly bytes: number } | null = null

  constructor(cls: lunatik_class_t<T>, priv: T | null, opt: lunatik_opt_t) {
    this.class = cls
    this.private = priv
    this.opt = lunatik_inherit(cls, opt)
    this.lock = new lunatik_locker(!lunatik_isirq(this.opt))
  }
}

/** An object that has just been made: its private data are there. */
export type lunatik_newobject_t<T> = lunatik_object_t<T> & { private: T }

/**
 * What the argument `size` of a class with private data of type T is: C's size in bytes where they are bytes, else the
 * data themselves.
 */
export type lunatik_size_t<T> = [T] extends [ArrayBuffer] ? number | T : T

/** An instance's flags: its own and its class's. SINGLE cancels MONITOR, whichever of the two each is from. */
export function lunatik_inherit(cls: lunatik_anyclass_t, opt: lunatik_opt_t): lunatik_opt_t {
  const flags = opt | cls.opt
  return lunatik_issingle(flags) ? flags & ~LUNATIK_OPT_MONITOR : flags
}

/** Whether what has these flags may not sleep. */
export const lunatik_isirq = (opt: lunatik_opt_t): boolean => (opt & LUNATIK_OPT_IRQ) !== 0
/** Whether what has these flags lives in softirq context. */
export const lunatik_issoftirq = (opt: lunatik_opt_t): boolean => (opt & LUNATIK_OPT_SOFTIRQ) === LUNATIK_OPT_SOFTIRQ
/** Whether all of LUNATIK_OPT_HARDIRQ is set, which shares a bit with SOFTIRQ. */
export const lunatik_ishardirq = (opt: lunatik_opt_t): boolean => (opt & LUNATIK_OPT_HARDIRQ) === LUNATIK_OPT_HARDIRQ
/** Whether methods called from Lua take the object's lock. */
export const lunatik_ismonitor = (opt: lunatik_opt_t): boolean => (opt & LUNATIK_OPT_MONITOR) !== 0
/** Whether the object is private to one runtime. */
export const lunatik_issingle = (opt: lunatik_opt_t): boolean => (opt & LUNATIK_OPT_SINGLE) !== 0
/** Whether LUNATIK_OPT_EXTERNAL is set. */
export const lunatik_isexternal = (opt: lunatik_opt_t): boolean => (opt & LUNATIK_OPT_EXTERNAL) !== 0

/** A living object's line in the ledger. */
export interface lunatik_ledger_t {
  /** The name of its class. */
  readonly class: string
  readonly kref: number
  readonly opt: lunatik_opt_t
  /** Where it was made: the line of the script that called, or the function of the module, with file and line. */
  readonly place: string
}

/** What the ledger keeps of an object. */
interface Entry {
  readonly script: string | null
  /** Its stack names the place; it is written out only when somebody asks. */
  readonly made: { readonly stack?: string }
}

const ledger = new Map<lunatik_object_t, Entry>()

/** Where the code outside of the C API is that has called. */
export const lunatik_place = (): string => outsideFrame(new Error().stack ?? '')

/**
 * Every living object of the process: those whose counter isn't zero. The kernel has no such list.
 * @returns in the order of their making
 */
export function lunatik_ledger(): lunatik_ledger_t[] {
  return [...ledger].map(([object, { script, made }]) => ({
    class: object.class.name,
    kref: object.kref,
    opt: object.opt,
    place: script ?? outsideFrame(made.stack ?? ''),
  }))
}

/** Frames of the stack that the ledger keeps: enough to leave this layer. */
const ledgerFrames = 8

/**
 * Makes an object with one reference and enters it in the ledger.
 * @param script the line of the script that makes it, if one does
 */
export function lunatik_initobject<T>(
  cls: lunatik_class_t<T>,
  priv: T | null,
  opt: lunatik_opt_t,
  script: string | null = null,
): lunatik_object_t<T> {
  const object = new lunatik_object_t(cls, priv, opt)
  const made: { stack?: string } = {}
  if (script === null) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = ledgerFrames
    Error.captureStackTrace(made, lunatik_initobject)
    Error.stackTraceLimit = stackTraceLimit
  }
  ledger.set(object, { script, made })
  return object
}

/** Throws where an EXTERNAL class, whose private data the caller sets, is given a value in the place of `size`. */
export function lunatik_checkexternal(cls: lunatik_anyclass_t, size: unknown, opt: lunatik_opt_t): void {
  if (typeof cls?.name !== 'string' || !Number.isInteger(cls.opt))
    throw new TypeError('this is no class: it has name and opt')
  if ((opt | 0) !== opt) throw new TypeError(`${String(opt)} are no LUNATIK_OPT flags`)
  if (!lunatik_isexternal(cls.opt) || typeof size === 'number') return
  throw new TypeError(`'${cls.name}': size is no number, and EXTERNAL leaves it to you to set object.private`)
}

/**
 * The private data for an argument `size`: that many zeroed bytes, or the value itself. Null if memory is insufficient.
 */
export function lunatik_allocprivate<T>(size: number | T): T | null {
  if (typeof size !== 'number') return size
  if (!Number.isSafeInteger(size) || size < 0) return null
  try {
    return new ArrayBuffer(size) as T
  } catch {
    return null
  }
}

/**
 * Creates an object independently of any Lua state, to be shared with runtimes later via `lunatik_cloneobject`.
 *
 * Document: "lunatik_createobject".
 * @param cls its class; C's argument `class`
 * @param size how many bytes of private data, which are a zeroed ArrayBuffer; or for a class of JavaScript values the
 *   value; 0 for an EXTERNAL class, whose creator sets `private`
 * @param opt further LUNATIK_OPT flags
 * @returns the object, with one reference; null if memory allocation fails
 * @throws a TypeError for a value in the place of `size` where the class is EXTERNAL
 */
export function lunatik_createobject<T = ArrayBuffer>(
  cls: lunatik_class_t<T>,
  size: lunatik_size_t<T>,
  opt: lunatik_opt_t,
): lunatik_newobject_t<T> | null
export function lunatik_createobject<T>(
  cls: lunatik_class_t<T>,
  size: 0,
  opt: lunatik_opt_t,
): lunatik_object_t<T> | null
export function lunatik_createobject<T>(
  cls: lunatik_class_t<T>,
  size: number | T,
  opt: lunatik_opt_t,
): lunatik_object_t<T> | null {
  lunatik_checkexternal(cls, size, opt)
  if (lunatik_isexternal(cls.opt)) return lunatik_initobject(cls, null, opt)
  const priv = lunatik_allocprivate<T>(size)
  return priv === null ? null : lunatik_initobject<T>(cls, priv, opt)
}

/**
 * Increments the reference counter of `object`.
 *
 * Document: "lunatik_getobject".
 */
export function lunatik_getobject(object: lunatik_object_t): void {
  if (object.kref === 0) {
    pr_err(`a reference to a released '${object.class.name}' object: ${lunatik_place()}`)
    return
  }
  object.kref++
}

/** What else is to be done when private data are released. */
export const lunatik_onrelease: ((object: lunatik_object_t) => void)[] = []

const releaseThrew = (name: string, e: unknown) => pr_err(`the release of a '${name}' object threw ${describeError(e)}`)

/** How deep releases that put other objects may be in each other; those below wait until one of them is over. */
const releasesMax = 100
let releases = 0
const releasesLeft: lunatik_object_t[] = []

/** Releases the private data of `object`, if it has not been: its class's release sees it once. */
export function lunatik_releaseprivate(object: lunatik_object_t): void {
  if (releases === releasesMax) {
    releasesLeft.push(object)
    return
  }
  releases++
  releaseNow(object)
  if (releases === releasesMax)
    for (let next = releasesLeft.pop(); next !== undefined; next = releasesLeft.pop()) releaseNow(next)
  releases--
}

function releaseNow(object: lunatik_object_t): void {
  const { private: priv, class: cls } = object
  object.private = null
  try {
    const result: unknown = priv === null ? undefined : cls.release?.(priv)
    if (result instanceof Promise) {
      pr_err(`the release of a '${cls.name}' object is async: whoever put the object doesn't wait for it`)
      result.catch((e) => releaseThrew(cls.name, e))
    }
  } catch (e) {
    releaseThrew(cls.name, e)
  }
  for (const release of lunatik_onrelease) release(object)
}

/**
 * Decrements the reference counter of `object`, releasing it at zero. One put too many is logged with its place, and
 * does nothing.
 *
 * Document: "lunatik_putobject".
 * @returns 1 if the object has been released, otherwise 0
 */
export function lunatik_putobject(object: lunatik_object_t): number {
  if (object.kref === 0) {
    pr_err(`refcount underflow of a '${object.class.name}' object: ${lunatik_place()}`)
    return 0
  }
  if (--object.kref > 0) return 0
  ledger.delete(object)
  lunatik_releaseprivate(object)
  return 1
}
