// A state of the engine wasm from its making to its end.
import type { lua_State } from './api.js'
import { STOPPED } from './describe.js'
import { UNLIMITED } from './wasm-assembler.js'
import { allocSlot, hookSlot, panicSlot, warnSlot } from './wasm-calls.js'
import { hasHooks, lua_gethookmask } from './wasm-hooks.js'
import { LAYOUT, LUA_MASKCOUNT } from './wasm-layout.js'
import { hasLayout, hasThreads, lua, resetCalls, u32 } from './wasm-load.js'
import { smallShare } from './wasm-pool.js'
import { hasBlocks, hasSlots, lua_trysettop } from './wasm-slots.js'
import { forget, Global, givePointers, native, opaque, State, takePointers } from './wasm-state.js'
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
  checked ||= hasLayout(ptr) && hasThreads(ptr, memory) && hasSlots(G.main) && hasBlocks(G.main) && hasHooks(ptr)
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

/** lua_kill of api.ts. No protected call goes on below the hook, and no message handler is asked. */
export function lua_kill(L: lua_State): void {
  const { G } = L as unknown as State
  const ptr = [...G.threads].find(([, thread]) => thread === G.main)?.[0] as number
  G.killed = { hook: G.main.hook, mask: lua_gethookmask(ptr), count: lua.lua_gethookcount(ptr) }
  for (const [at, thread] of G.threads) {
    thread.hook = (_L) => {
      u32[(at + LAYOUT.ERRFUNC) >> 2] = 0
      throw new Error(STOPPED)
    }
    lua.lua_sethook(at, hookSlot, LUA_MASKCOUNT, 1)
  }
  takePointers(G)
}

/** Makes a state that was killed usable for its finalizers. */
function revive(G: Global): void {
  if (G.killed === null) return
  givePointers(G)
  const { hook, mask, count } = G.killed
  G.main.hook = hook
  lua.lua_sethook(G.main.ptr, mask === 0 ? 0 : hookSlot, mask, count)
  G.killed = null
}

export function lua_close(L: lua_State): void {
  const { G } = L as unknown as State
  revive(G)
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
