// How the engine wasm leaves what Lua's own yield can't: a message handler, below which a call sleeps, and the values
// of a coroutine that are to be closed.
//
// Lua calls a handler where the error is raised, on top of all that runs, and then throws the error. So a handler may
// yield if what it returns to afterwards throws it: the call that has raised the error never goes on, and its record
// becomes that of a C function whose continuation does.
import type { lua_State } from './api.js'
import { loopSlots, rethrowSlot } from './wasm-calls.js'
import { LAYOUT } from './wasm-layout.js'
import { callOf, lastToClose, lua, u8, u16, u32 } from './wasm-load.js'
import { ptrOf } from './wasm-state.js'

const { BASE_CI, CI_CALLSTATUS, CI_FUNC, CI_K, CI_NRESULTS, CI_PREVIOUS, ERRFUNC, NCCALLS, STACK, TBCLIST, TOP } =
  LAYOUT

/** A slot's size, and where its type and, of one that is to be closed, the distance to the one before are. */
const SLOT = 16
const TYPE = 8
const DELTA = 10
/** The greatest distance; further on are slots that are none, with a distance of 0. */
const deltaMax = 0xffff

// lstate.h's, of a call's record.
const CIST_C = 1 << 1
const CIST_YPCALL = 1 << 4
const CIST_RECST = 10
const recordMask = 7 << CIST_RECST
const LUA_ERRRUN = 2

const word = (at: number) => u32[at >> 2] as number
/** How many calls of C that can't be left run in a coroutine: the upper half of what counts calls of C. */
const closedCalls = (L: number) => word(L + NCCALLS) >>> 16

/** The calls of the message handler that runs in L, by their records. */
function handlerCalls(L: number): number[] {
  const errfunc = word(L + ERRFUNC)
  if (errfunc === 0) return []
  const handler = word(L + STACK) + errfunc
  const calls = []
  for (let ci = callOf(L); ci !== L + BASE_CI; ci = word(ci + CI_PREVIOUS)) {
    const func = word(ci + CI_FUNC)
    const same = word(func) === word(handler) && u8[func + TYPE] === u8[handler + TYPE]
    if (same && u16[(ci + CI_NRESULTS) >> 1] === 1) calls.push(ci)
  }
  return calls
}

/** lua_mayleave of api.ts. */
export function lua_mayleave(L: lua_State): boolean {
  const ptr = ptrOf(L)
  const closed = closedCalls(ptr)
  return closed === 0 || closed === handlerCalls(ptr).length
}

/** lua_inloop of api.ts. A record that is used again may still have a continuation of before. */
export function lua_inloop(L: lua_State): boolean {
  const ptr = ptrOf(L)
  const [sort, gsub] = loopSlots
  for (let ci = callOf(ptr); ci !== ptr + BASE_CI; ci = word(ci + CI_PREVIOUS)) {
    const k = word(ci + CI_K)
    if (k === sort || k === gsub) return true
  }
  return false
}

/** lua_leave of api.ts. */
export function lua_leave(L: lua_State): void {
  const ptr = ptrOf(L)
  const closed = closedCalls(ptr)
  if (closed === 0) return
  for (const call of handlerCalls(ptr)) {
    const raised = word(call + CI_PREVIOUS)
    const status = (raised + CI_CALLSTATUS) >> 1
    if (((u16[status] as number) & CIST_YPCALL) !== 0) {
      // The protected call's own function couldn't be called: it goes on as after an error.
      u16[status] = ((u16[status] as number) & ~recordMask) | (LUA_ERRRUN << CIST_RECST)
    } else {
      u16[status] = (u16[status] as number) | CIST_C
      u32[(raised + CI_K) >> 2] = rethrowSlot
    }
  }
  u32[(ptr + NCCALLS) >> 2] = word(ptr + NCCALLS) - closed * 0x1_0000
}

/** lua_takeclose of api.ts. */
export function lua_takeclose(L: lua_State, co: lua_State): boolean {
  const from = ptrOf(co)
  const to = ptrOf(L)
  const bottom = word(from + STACK)
  const slot = lastToClose(from)
  if (slot === bottom || lua.lua_checkstack(to, 1) === 0) return false
  const top = word(to + TOP)
  u32[top >> 2] = word(slot)
  u32[(top + 4) >> 2] = word(slot + 4)
  u8[top + TYPE] = u8[slot + TYPE] as number
  u32[(to + TOP) >> 2] = top + SLOT
  const delta = (at: number) => u16[(at + DELTA) >> 1] as number
  let before = slot - delta(slot) * SLOT
  while (before > bottom && delta(before) === 0) before -= deltaMax * SLOT
  u32[(from + TBCLIST) >> 2] = before
  return true
}

/** lua_hasclose of api.ts. */
export const lua_hasclose = (co: lua_State): boolean => lastToClose(ptrOf(co)) !== word(ptrOf(co) + STACK)
