// Not in C: what an engine does for a binding's functions by itself (FastKind and lua_Window of api.ts). An engine that
// can't calls the function each time.
import { engine } from './engine.js'

export type { FastKind, lua_Window } from './api.js'

export const { lua_newwindow, lua_freewindow, lua_lookat, lua_lookup, lua_openwindow, lua_setwindow, lua_pushfast } =
  engine
