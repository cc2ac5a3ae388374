// lunatik_obj.c: objects, which hold private data, a reference counter and a lock, and may be shared by runtimes.

import type { luaL_Reg } from '../lua/lauxlib.js'
import { pr_fmt } from '../printk.js'
import { lunatik_lock } from './lunatik_lock.js'

const { pr_err } = pr_fmt('lunatik')

/** A bitmask of the LUNATIK_OPT flags. */
export type lunatik_opt_t = number

export const LUNATIK_OPT_NONE: lunatik_opt_t = 0
/** Set in SOFTIRQ and HARDIRQ: the owner may not sleep. */
const LUNATIK_OPT_IRQ: lunatik_opt_t = 1 << 0
/** The object's lock is a spinlock; nothing that holds it may sleep. */
export const LUNATIK_OPT_SOFTIRQ: lunatik_opt_t = LUNATIK_OPT_IRQ | (1 << 1)

/**
 * A class of objects. See "lunatik_class_t" of the document.
 */
export interface lunatik_class_t {
  /** Identifies the class; the argument of `require`. */
  readonly name: string
  /** The methods of its metatable. */
  readonly methods?: readonly luaL_Reg[]
  /** Called with the private data when the reference counter reaches zero. */
  readonly release?: ((priv: unknown) => void) | null
  readonly opt: lunatik_opt_t
}

/** A Lunatik object. Fields are the C struct's, but `kref` is a plain number. */
export interface lunatik_object_t {
  kref: number
  readonly class: lunatik_class_t
  private: unknown
  readonly opt: lunatik_opt_t
  readonly lock: lunatik_lock
}

/** Whether what has these flags may not sleep. */
export const lunatik_isirq = (opt: lunatik_opt_t) => (opt & LUNATIK_OPT_IRQ) !== 0

/** Makes an object with one reference; its private data is `priv`. */
export function lunatik_initobject(cls: lunatik_class_t, priv: unknown, opt: lunatik_opt_t): lunatik_object_t {
  const inherited = opt | cls.opt
  return { kref: 1, class: cls, private: priv, opt: inherited, lock: new lunatik_lock(!lunatik_isirq(inherited)) }
}

/**
 * Increments the reference counter of `object`.
 */
export function lunatik_getobject(object: lunatik_object_t): void {
  object.kref++
}

/**
 * Decrements the reference counter of `object`, releasing it at zero. One put too many is logged and does nothing.
 * @returns 1 if the object has been released, otherwise 0
 */
export function lunatik_putobject(object: lunatik_object_t): number {
  if (object.kref === 0) {
    pr_err(`refcount underflow of a '${object.class.name}' object:${new Error().stack?.split('\n')[2] ?? ''}`)
    return 0
  }
  if (--object.kref > 0) return 0
  const priv = object.private
  object.private = null
  object.class.release?.(priv)
  return 1
}
