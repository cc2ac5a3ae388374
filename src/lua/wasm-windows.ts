// Windows: two words of Lua's memory, which say where there are bytes that a userdata stands for, and how many; or of a
// value in the registry the pointer that is its key, and 0 while it is open. The functions of wasm-fast.ts look at them. They are no
// state's, and are used again.
import type { lua_Window } from './api.js'
import { isLuas } from './wasm-errors.js'
import { lua, u32 } from './wasm-load.js'

const unused: lua_Window[] = []

/** Has the window at `at` be one on nothing. */
function shut(at: number): void {
  u32[at >> 2] = 0
  u32[(at >> 2) + 1] = 0
}

/** lua_newwindow of api.ts. */
export function lua_newwindow(): lua_Window | null {
  const at = unused.pop()?.at ?? lua.malloc(8)
  if (at === 0) return null
  shut(at)
  return { at }
}

/** lua_freewindow of api.ts. */
export function lua_freewindow(window: lua_Window): void {
  shut(window.at)
  unused.push(window)
}

/** lua_openwindow of api.ts. */
export function lua_openwindow({ at }: lua_Window, isOpen: boolean): void {
  u32[(at >> 2) + 1] = isOpen ? 0 : 1
}

/** Has a window be one on the value at a key, C's pointer; 0 for none. */
export function lookFor({ at }: lua_Window, key: number): void {
  u32[at >> 2] = key
  u32[(at >> 2) + 1] = 0
}

/** The memory that was looked at last, and whether it is Lua's: that of packets is used again and again. */
let known: ArrayBufferLike | null = null
let isKnown = false

/** lua_lookat of api.ts. */
export function lua_lookat({ at }: lua_Window, bytes: Uint8Array, begin: number, length: number): void {
  if (length === 0) {
    shut(at)
    return
  }
  if (bytes.buffer !== known) {
    known = bytes.buffer
    isKnown = isLuas(bytes)
  }
  u32[at >> 2] = isKnown ? bytes.byteOffset + begin : 0
  u32[(at >> 2) + 1] = isKnown ? length : 0
}
