// What looks at the clock while a function of the libraries works for long: no hook reaches into one call of C.
import type { lua_CFunction, lua_State } from './api.js'

let look: (L: lua_State) => void = () => {}

/** Has `f` called now and then while a library's function works for long. It may raise. */
export function lua_atticks(f: (L: lua_State) => void): void {
  look = f
}

/** How many steps of a loop pass between two looks. */
const stepsPerTick = 4096

/** Counts the steps of one loop, and looks at the clock now and then. */
export class Ticks {
  #left = stepsPerTick

  /** One step. May raise. */
  step(L: lua_State): void {
    if (--this.#left > 0) return
    this.#left = stepsPerTick
    look(L)
  }
}

/** Looks at the clock. May raise. */
export const lua_tick = (L: lua_State): void => look(L)

/** What is longer than this, in bytes or elements, takes a function of the libraries long. */
const longMin = 1 << 16

/** Looks at the clock where a function has worked on as much. May raise. */
export function lua_ticklong(L: lua_State, length: number): void {
  if (length >= longMin) look(L)
}

/** A function that looks at the clock when the engine's own one has worked. */
export const tickAfter =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    const n = original(L)
    look(L)
    return n
  }
