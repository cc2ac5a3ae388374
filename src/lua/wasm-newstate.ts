// A state of the engine wasm from its making to its end.
import type { lua_State } from './api.js'
import { UNLIMITED } from './wasm-assembler.js'
import { allocSlot, panicSlot, warnSlot } from './wasm-calls.js'
import { hasLayout, hasThreads, lua, resetCalls, u32 } from './wasm-load.js'
import { smallShare } from './wasm-pool.js'
import { hasBlocks, hasSlots, lua_trysettop } from './wasm-slots.js'
import { forget, Global, native, opaque, State } from './wasm-state.js'
import { openRegistry } from './wasm-values.js'

/** Whether Lua's memory is laid out as it is expected to be. */
let checked = false

export function lua_newstate(): lua_State | null {
  const memory = lua.malloc(12)
  if (memory === 0) return null
  u32.set([0, UNLIMITED, smallShare], memory >> 2)
  const ptr = lua.lua_newstate(allocSlot, memory)
  if (ptr === 0) {
    lua.free(memory)
    return null
  }
  const G = new Global(memory)
  G.main = new State(ptr, G)
  checked ||= hasLayout(ptr) && hasThreads(ptr, memory) && hasSlots(G.main) && hasBlocks(G.main)
  if (!checked) throw new Error('this is not the Lua 5.4 of wasmoon 1.16: install the version that package.json names')
  lua.lua_atpanic(ptr, panicSlot)
  lua.lua_setwarnf(ptr, warnSlot, ptr)

  openRegistry(ptr)
  return opaque(G.main)
}

export function lua_newthread(L: lua_State): lua_State {
  const { ptr, G, hook } = native(L)
  const thread = new State(lua.lua_newthread(ptr), G)
  thread.hook = hook
  return opaque(thread)
}

export function lua_close(L: lua_State): void {
  const { G } = native(L)
  const { ptr } = G.main
  lua_recover(opaque(G.main), 0)
  G.closing = true
  lua.lua_close(ptr)
  forget(G)
  lua.free(G.memory)
}

/** An error that nobody caught has reset its thread: Lua itself does that before it panics. */
export function lua_recover(L: lua_State, top: number): boolean {
  const { ptr, G } = native(L)
  const left = G.panicked
  G.panicked = false
  if (left) resetCalls(ptr, ptr === G.main.ptr)
  if (!lua_trysettop(L, top)) lua.lua_settop(ptr, top)
  return left
}
