// lua.h: slots of the stack that are to be closed. The notation [-n, +n, e] is explained in lua_stack.ts.
import type { lua_State } from './api.js'
import { checkOnStack, misuse } from './border.js'
import { engine } from './engine.js'

/**
 * Marks the value at `idx` to be closed: its `__close` is called as `__close(value, error)`, with nil for no error,
 * where lua_settop or lua_pop drops it, where the C function returns or fails, or where its coroutine is closed. Nil
 * and false are closed without a word. [-0, +0, v]
 *
 * What is marked must be above all that is marked already; no function but these may take it off the stack.
 * @throws raises `variable '(C temporary)' got a non-closable value` for what has no `__close`
 */
export function lua_toclose(L: lua_State, idx: number): void {
  checkOnStack(L, idx)
  if (!engine.lua_maytoclose(L, idx)) misuse('what is marked later must be above what was marked')
  engine.lua_toclose(L, idx)
}

/** Closes the value at `idx`, which must be the last one that lua_toclose has marked, and makes it nil. [-0, +0, e] */
export function lua_closeslot(L: lua_State, idx: number): void {
  checkOnStack(L, idx)
  if (!engine.lua_istoclose(L, idx)) misuse('it is not the last value that was marked')
  engine.lua_closeslot(L, idx)
}
