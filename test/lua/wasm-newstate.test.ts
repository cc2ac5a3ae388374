// variants: (default)
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { LAYOUT } from '../../src/lua/wasm-layout.js'

/** What comes of a new state where one part of the layout is not where it should be. */
async function newstate(part: string, by: number): Promise<unknown> {
  const worker = new Worker(new URL('./wasm-newstate.worker.js', import.meta.url), { workerData: { part, by } })
  const [message] = await once(worker, 'message')
  await worker.terminate()
  return message
}

t.test('a state is made where the parts of a lua_State are as they should be', async (t) => {
  t.equal(await newstate('TOP', 0), 'a state')
})
t.test('another Lua is refused', async (t) => {
  const bytes = ['STATUS', 'ALLOWHOOK']
  // What a call wants, and who has called it, is told while it runs.
  const parts = Object.keys(LAYOUT).filter((part) => !['CI_NRESULTS', 'CI_PREVIOUS'].includes(part))
  const made = await Promise.all(parts.map((part) => newstate(part, bytes.includes(part) ? 1 : 4)))
  for (const [i, part] of parts.entries()) t.match(made[i], /^this is not the Lua 5\.4 of wasmoon 1\.16/, part)
})
