// lunatik.h: an object's lock, for a binding that takes it by itself. Methods of a class with MONITOR and lunatik_run
// do.
import { EIO } from '../errno.js'
import { pr_fmt } from '../printk.js'
import { lunatik_reportatomic } from './lunatik_atomic.js'
import { lunatik_ismonitor, type lunatik_object_t } from './lunatik_obj.js'
import type { lunatik_result } from './lunatik_wait.js'

const { pr_err } = pr_fmt('lunatik')

/**
 * Once the call stack is empty, who holds the lock sleeps: others wait then, where they would find a deadlock before.
 */
function leaveStack({ lock }: lunatik_object_t): void {
  queueMicrotask(() => lock.sleeps())
}

/**
 * Takes the lock of `object`: a mutex, or a spinlock where its class or runtime may not sleep. lunatik_unlock gives it
 * back.
 *
 * Upstream: `lunatik_lock`, which waits. Here who waits must leave the call stack: `await lunatik_lock(object)`.
 * @returns 0 where the lock was free; else a promise of 0 once it is held, or of -EINTR where the program has gone
 *   before its turn came. -EDEADLK, logged, where waiting would never end; -EIO, logged, where nothing may wait
 */
export function lunatik_lock(object: lunatik_object_t): lunatik_result {
  const { lock } = object
  if (lock.trylock()) {
    leaveStack(object)
    return 0
  }
  if (!lock.running && lunatik_reportatomic()) return -EIO
  return lock.lock()
}

/**
 * Gives back the lock of `object`, to who has waited longest. One that nobody holds is logged, and nothing is done.
 *
 * Upstream: `lunatik_unlock`.
 */
export function lunatik_unlock(object: lunatik_object_t): void {
  if (object.lock.owner === null) pr_err(`unlock of a '${object.class.name}' object that nobody has locked`)
  else object.lock.unlock()
}

/**
 * Takes the lock of `object` if it is free. An object without MONITOR has none to be taken: it is as if it were.
 *
 * Upstream: `lunatik_trylock`.
 * @returns 1 if it is held now, or need not be; 0 if another holds it
 */
export function lunatik_trylock(object: lunatik_object_t): number {
  if (!lunatik_ismonitor(object.opt)) return 1
  if (!object.lock.trylock()) return 0
  leaveStack(object)
  return 1
}
