// linux/uaccess.h: copying between a driver and the memory of the program that called it.
//
// A request's buffer goes away when the request is answered. A driver that comes too late finds it detached, with a
// length of 0, and gets what a bad pointer would give.
//
// What a kernel has no need of: programs are beyond the transport here, so each copy is one too many. A transport reads
// requests where the driver's language takes them from, and a driver may lend what it would copy.

/** So few bytes are copied before a function of V8's has begun. */
const few = 32

function set(to: Uint8Array, from: Uint8Array, n: number): void {
  if (n <= few) for (let i = 0; i < n; i++) to[i] = from[i] as number
  else to.set(n === from.length ? from : from.subarray(0, n))
}

/**
 * V8 copies memory that threads share, as an engine's may be, word by word, so as not to tear what another one writes
 * meanwhile: nobody does here. So many bytes Node fills in a quarter of the time, as it does so by memcpy(3).
 */
const fillMin = 1024
const { fill } = Buffer.prototype

const isShared = ({ buffer }: Uint8Array): boolean => buffer instanceof SharedArrayBuffer

/**
 * Copies the first `n` bytes of `from` into `to`.
 * @returns how many bytes could not be copied: 0 on success, else the caller returns -EFAULT
 */
export function copy_to_user(to: Uint8Array, from: Uint8Array, n: number): number {
  // A detached buffer refuses even a copy of nothing.
  if (n === 0) return 0
  if (!(n > 0 && n <= to.length && n <= from.length)) return n
  // Where both are in the same memory they may overlap.
  if (n >= fillMin && from.buffer !== to.buffer && (isShared(from) || isShared(to)))
    fill.call(to, from, 0, Math.floor(n))
  else set(to, from, n)
  return 0
}

/**
 * Copies the first `n` bytes of `from` into `to`.
 * @returns how many bytes could not be copied: 0 on success, else the caller returns -EFAULT
 */
export const copy_from_user = copy_to_user

/** The buffer whose transport takes bytes from elsewhere in its stead; null for none. */
let borrower: Uint8Array | null = null
let lent: Uint8Array | null = null

/** For a transport that is about to call a driver's read: it takes bytes from elsewhere, in the stead of `buf`'s. */
export function borrow(buf: Uint8Array): void {
  borrower = buf
  lent = null
}

/**
 * As {@link copy_to_user}, for what a driver does last in its read: the bytes may be taken where they are, once the
 * read has returned, before anything else runs. They have to stay as they are until then, and so does the memory.
 */
export function lend_to_user(to: Uint8Array, from: Uint8Array, n: number): number {
  if (to !== borrower || !(n > 0 && n <= to.length && n <= from.length)) return copy_to_user(to, from, n)
  lent = n === from.length ? from : from.subarray(0, n)
  return 0
}

/**
 * For who has called {@link borrow}, once the read has returned, or earlier for whoever looks at the buffer itself.
 * @returns what was lent; null where the bytes are in the buffer, or nothing has come yet: what comes is copied then
 */
export function take_lent(): Uint8Array | null {
  const taken = lent
  borrower = lent = null
  return taken
}

let allocate: (size: number) => Uint8Array | null = () => null

/**
 * Says where drivers want what programs write: memory for as long as the process lives, from which their language
 * copies fastest; null where there is none.
 */
export function set_user_memory(f: (size: number) => Uint8Array | null): void {
  allocate = f
}

/** Memory of a transport's own for what programs write, for as long as the process lives. It begins on a word. */
export const user_memory = (size: number): Uint8Array => allocate(size) ?? new Uint8Array(size)
