// linux/uaccess.h: copying between a driver and the memory of the program that called it.
//
// A request's buffer goes away when the request is answered. A driver that comes too late finds it detached, with a
// length of 0, and gets what a bad pointer would give.

/**
 * Copies the first `n` bytes of `from` into `to`.
 * @returns how many bytes could not be copied: 0 on success, else the caller returns -EFAULT
 */
export function copy_to_user(to: Uint8Array, from: Uint8Array, n: number): number {
  // A detached buffer refuses even a copy of nothing.
  if (n === 0) return 0
  if (!(n > 0 && n <= to.length && n <= from.length)) return n
  to.set(n === from.length ? from : from.subarray(0, n))
  return 0
}

/**
 * Copies the first `n` bytes of `from` into `to`.
 * @returns how many bytes could not be copied: 0 on success, else the caller returns -EFAULT
 */
export const copy_from_user = copy_to_user
