// What all states of the engine wasm may take together of the one memory that they share. A part is kept for those that
// have little, so that a script can still be started and stopped when others have taken all the rest.
//
// Memory of wasm never shrinks: what Lua has freed is there for all states. So what counts is what they use, which the
// allocator adds up (wasm-shim.ts); and as free pieces may be too small, the last part of the memory is made for those
// that have little, and for JavaScript.
import type { lua_State } from './api.js'
import { UNLIMITED } from './wasm-assembler.js'
import { poolWords } from './wasm-calls.js'
import { heapMax, onGrowth, u32 } from './wasm-load.js'
import { native } from './wasm-state.js'

/** A state that uses no more, in bytes, may use the reserve: that is forty times a runtime with a small script. */
export const smallShare = 1 << 20
/** What is left of the reserve for the states that may use all of it: a quarter. */
const keptShare = 4
/** What is kept of the memory's end, in bytes. */
const heapReserve = 64 << 20

const limitOf = (memory: number) => u32[(memory >> 2) + 1] as number

/** Whether the state with these words may use the reserve now. */
function small(memory: number): boolean {
  return (u32[memory >> 2] as number) <= (u32[(memory >> 2) + 2] as number)
}

onGrowth(() => {
  const memory = poolWords.asking.value
  const reserved = memory !== 0 && limitOf(memory) !== UNLIMITED && !small(memory)
  return reserved ? heapMax - heapReserve : heapMax
})

/** lua_setpool of api.ts. */
export function setPool(bytes: number, reserve: number): void {
  const pool = Math.max(0, Math.min(bytes, heapMax - heapReserve))
  poolWords.pool.value = pool
  poolWords.most.value = pool + Math.min(reserve, heapReserve) * (1 - 1 / keptShare)
}

/** lua_setreserved of api.ts. */
export function setReserved(L: lua_State): void {
  u32[(native(L).G.memory >> 2) + 2] = UNLIMITED
}

/** lua_total of api.ts. */
export const total = () => poolWords.total.value
