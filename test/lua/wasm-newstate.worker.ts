// Loads the engine wasm with a part of the layout of Lua's memory in another place, and tells what a new state is then.
import { parentPort, workerData } from 'node:worker_threads'
import { LAYOUT } from '../../src/lua/wasm-layout.js'

const { part, by } = workerData as { readonly part: keyof typeof LAYOUT; readonly by: number }
;(LAYOUT as Record<string, number>)[part] = LAYOUT[part] + by
try {
  const { lua_newstate } = await import('../../src/lua/wasm-newstate.js')
  parentPort?.postMessage(lua_newstate() === null ? 'none' : 'a state')
} catch (e) {
  parentPort?.postMessage(e instanceof Error ? e.message : e)
}
