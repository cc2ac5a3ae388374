// lauxlib.h: luaL_Buffer, bytes on their way to become a string.
//
// Unlike C's it has nothing on the stack: what a function's stack effect is, is all. It may be left as it is.
import { checkName, misuse, show } from './border.js'
import { luaL_error } from './lauxlib_errors.js'
import { LUAL_BUFFERSIZE, lua_pop, lua_pushlstring, type lua_State, lua_tolstring, lua_tostring } from './lua.js'
import { bytesOf } from './lua_stack.js'

const none = new Uint8Array()

/** Bytes on their way to become a string: C's struct. luaL_buffinit begins one. */
export class luaL_Buffer {
  /** The bytes, of which the first `n` are the string's. */
  b: Uint8Array = none
  /** How many there are. */
  n = 0
  /** The state in which it becomes a string; null before luaL_buffinit. */
  L: lua_State | null = null

  /** For how many bytes there is room. */
  get size(): number {
    return this.b.length
  }
}

/** The room of the last buffer, to be used again; null while one is being filled. */
let spare: Uint8Array | null = none
/** A larger one isn't kept, in bytes. */
const spareMax = 4 << 20
/** The longest string that a buffer makes, in bytes. */
const bufferMax = 0x7fff_ffff

function stateOf({ L }: luaL_Buffer): lua_State {
  return L ?? misuse('the buffer is not initialized: luaL_buffinit begins one')
}

function checkSize(sz: number): void {
  if (!Number.isInteger(sz) || sz < 0) misuse(`${show(sz)} is no size`)
}

function bytesFor(L: lua_State, size: number): Uint8Array {
  try {
    return new Uint8Array(size)
  } catch {
    return luaL_error(L, 'not enough memory')
  }
}

/** Room for `sz` more bytes. */
function grow(B: luaL_Buffer, sz: number): void {
  const L = stateOf(B)
  if (B.n + sz > bufferMax) luaL_error(L, 'buffer too large')
  const size = Math.min(bufferMax, Math.max(LUAL_BUFFERSIZE, Math.floor(B.b.length / 2) * 3, B.n + sz))
  const larger = bytesFor(L, size)
  larger.set(B.n === B.b.length ? B.b : B.b.subarray(0, B.n))
  B.b = larger
}

/** Begins a buffer, which is empty. [-0, +0, -] */
export function luaL_buffinit(L: lua_State, B: luaL_Buffer): void {
  B.L = L
  B.b = none
  B.n = 0
}

/**
 * Begins a buffer with room for `sz` bytes, and gives that, to be filled before Lua runs again. What it holds is
 * undefined. [-0, +0, m]
 */
export function luaL_buffinitsize(L: lua_State, B: luaL_Buffer, sz: number): Uint8Array {
  checkSize(sz)
  B.L = L
  B.n = 0
  B.b = spare !== null && spare.length >= sz ? spare : bytesFor(L, sz)
  spare = null
  return B.b.length === sz ? B.b : B.b.subarray(0, sz)
}

/** Room for `sz` more bytes, to be filled and then added by luaL_addsize. Raises `buffer too large`. [-0, +0, v] */
export function luaL_prepbuffsize(B: luaL_Buffer, sz: number): Uint8Array {
  checkSize(sz)
  stateOf(B)
  if (B.b.length - B.n < sz) grow(B, sz)
  return B.b.subarray(B.n, B.n + sz)
}

/** luaL_prepbuffsize for LUAL_BUFFERSIZE bytes. [-0, +0, v] */
export const luaL_prepbuffer = (B: luaL_Buffer): Uint8Array => luaL_prepbuffsize(B, LUAL_BUFFERSIZE)

/** Adds `sz` bytes that were written to what luaL_prepbuffsize gave. [-0, +0, -] */
export function luaL_addsize(B: luaL_Buffer, sz: number): void {
  checkSize(sz)
  if (B.n + sz > B.b.length) misuse(`the buffer has room for ${B.b.length - B.n} bytes, not ${sz}`)
  B.n += sz
}

/** Takes `sz` bytes away from the end. [-0, +0, -] */
export function luaL_buffsub(B: luaL_Buffer, sz: number): void {
  checkSize(sz)
  if (sz > B.n) misuse(`the buffer has ${B.n} bytes, not ${sz}`)
  B.n -= sz
}

/** How many bytes the buffer has. [-0, +0, -] */
export const luaL_bufflen = (B: luaL_Buffer): number => B.n

/** The buffer's bytes, which are others once it has grown. [-0, +0, -] */
export const luaL_buffaddr = (B: luaL_Buffer): Uint8Array => B.b.subarray(0, B.n)

/** Adds one byte, as a number from 0 to 255 or a character of ASCII. [-0, +0, v] */
export function luaL_addchar(B: luaL_Buffer, c: number | string): void {
  const byte = typeof c === 'string' && c.length === 1 ? c.charCodeAt(0) : c
  if (typeof byte !== 'number' || (byte & 0xff) !== byte || (typeof c === 'string' && byte > 0x7f))
    misuse(`${show(c)} is no byte`)
  if (B.n === B.b.length) grow(B, 1)
  B.b[B.n++] = byte
}

/**
 * Adds bytes. [-0, +0, v]
 * @param l how many of them; by default all
 */
export function luaL_addlstring(B: luaL_Buffer, s: Uint8Array | string, l?: number): void {
  stateOf(B)
  const bytes = bytesOf(s)
  const length = l ?? bytes.length
  checkSize(length)
  if (length > bytes.length) misuse(`${length} of ${bytes.length} bytes`)
  if (B.b.length - B.n < length) grow(B, length)
  B.b.set(length === bytes.length ? bytes : bytes.subarray(0, length), B.n)
  B.n += length
}

/** Adds text as UTF-8. [-0, +0, v] */
export const luaL_addstring = (B: luaL_Buffer, s: string): void => luaL_addlstring(B, s)

/** Pops a string or number and adds it. [-1, +0, v] */
export function luaL_addvalue(B: luaL_Buffer): void {
  const L = stateOf(B)
  luaL_addlstring(B, lua_tolstring(L, -1) ?? misuse('what is on the top is no string'))
  lua_pop(L, 1)
}

/** Pushes the bytes as a string: the buffer is over. [-0, +1, m] */
export function luaL_pushresult(B: luaL_Buffer): void {
  lua_pushlstring(stateOf(B), B.b.length === B.n ? B.b : B.b.subarray(0, B.n))
  if (B.b.length <= spareMax) spare = B.b
  B.b = none
  B.n = 0
  B.L = null
}

/** luaL_addsize and luaL_pushresult. [-0, +1, m] */
export function luaL_pushresultsize(B: luaL_Buffer, sz: number): void {
  luaL_addsize(B, sz)
  luaL_pushresult(B)
}

/** Adds `s` with `r` in the place of each `p`, which isn't empty. [-0, +0, v] */
export function luaL_addgsub(B: luaL_Buffer, s: string, p: string, r: string): void {
  for (const text of [s, p, r]) checkName(text)
  if (p === '') misuse('there is nothing to look for')
  luaL_addstring(
    B,
    s.replaceAll(p, () => r),
  )
}

/** Pushes `s` with `r` in the place of each `p`, which isn't empty, and returns it. [-0, +1, m] */
export function luaL_gsub(L: lua_State, s: string, p: string, r: string): string {
  const B = new luaL_Buffer()
  luaL_buffinit(L, B)
  luaL_addgsub(B, s, p, r)
  luaL_pushresult(B)
  return lua_tostring(L, -1) as string
}
