// What looks at the clock while a function of the libraries works for long: no hook reaches into one call of C.
import type { lua_State } from './api.js'

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
