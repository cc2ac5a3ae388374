// linux/jiffies.h and kernel/time/timer.c: timeouts of those who sleep. A jiffy is a millisecond.
import { ktime_get, mod_timer } from './timekeeping.js'

/** The timeout of who waits without one, and of a negative number of milliseconds. */
export const MAX_JIFFY_OFFSET = 2n ** 62n

/**
 * A number of milliseconds as a timeout. As on a kernel it is an unsigned int: the bits above 32 are dropped, and what
 * is negative as an int waits without end.
 * @returns milliseconds below 2^31, or null for no end
 */
export function msecs_to_jiffies(ms: bigint): number | null {
  if (ms === MAX_JIFFY_OFFSET) return null
  const m = Number(BigInt.asIntN(32, ms))
  return m < 0 ? null : m
}

/**
 * Calls `wake(0)` once `timeout` is over, in the scripts' time.
 * @param timeout in milliseconds, as {@link msecs_to_jiffies} gives it
 * @param wake is given the milliseconds that remained
 * @returns ends the wait without a call of `wake`, and gives the milliseconds that remained: 1 at the least
 */
export function schedule_timeout(timeout: number | null, wake: (remaining: number) => void): () => number {
  if (timeout === null) return () => 1
  const end = ktime_get() + timeout
  const del_timer = mod_timer(timeout, () => wake(0))
  return () => {
    del_timer()
    return Math.max(1, Math.round(end - ktime_get()))
  }
}

/**
 * Calls `late` once `timeout` milliseconds of the machine's time are over, whatever the scripts' clock says: for
 * deadlines.
 * @param timeout null for no end
 * @returns ends that
 */
export function real_timeout(timeout: number | null, late: () => void): () => void {
  const timer = timeout === null ? undefined : setTimeout(late, timeout)
  return () => clearTimeout(timer)
}
