// How fengari leaves a message handler, below which a call sleeps: as wasm-leave.ts does.
import type { lua_State } from './api.js'
import { lua, native, type State, type TValue } from './fengari-load.js'

const LUA_ERRRUN = 2
// lstate.js's, of a call's record.
const CIST_LUA = 1 << 1
const CIST_YPCALL = 1 << 4

/** Throws what the handler has returned, which is on the top, without asking it again. */
function rethrow(L: State): number {
  L.errfunc = 0
  return lua.lua_error(L)
}

/** The calls of the message handler that runs in L. */
function handlerCalls(L: State): State['ci'][] {
  if (L.errfunc === 0) return []
  const handler = L.stack[L.errfunc] as TValue
  const calls = []
  for (let { ci } = L; ci !== L.base_ci; ci = ci.previous as State['ci']) {
    const func = L.stack[ci.funcOff] as TValue
    if (func.value === handler.value && func.type === handler.type && ci.nresults === 1) calls.push(ci)
  }
  return calls
}

/** lua_mayleave of api.ts. */
export function lua_mayleave(L: lua_State): boolean {
  const state = native(L)
  return state.nny === 0 || state.nny === handlerCalls(state).length
}

/** lua_leave of api.ts. */
export function lua_leave(L: lua_State): void {
  const state = native(L)
  if (state.nny === 0) return
  for (const { previous } of handlerCalls(state)) {
    if (previous === null) continue
    const { c_k } = previous
    if ((previous.callstatus & CIST_YPCALL) !== 0 && c_k !== null) {
      // The protected call's own function couldn't be called: it goes on as after an error.
      previous.c_k = (L, _, ctx) => c_k(L, LUA_ERRRUN, ctx)
    } else {
      previous.callstatus &= ~CIST_LUA
      previous.c_k = rethrow
    }
  }
  state.nny = 0
}
