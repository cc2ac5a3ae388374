// The engine of this process, chosen once: by LUNATIK_ENGINE in the environment, which the command line's --engine
// sets.
import { ENGINES, type EngineName, type LuaEngine } from './api.js'

const isEngine = (name: string): name is EngineName => (ENGINES as readonly string[]).includes(name)

const chosen = process.env.LUNATIK_ENGINE || ENGINES[0]
if (!isEngine(chosen)) throw new Error(`LUNATIK_ENGINE=${chosen}: the engines are ${ENGINES.join(' and ')}`)

export const engine: LuaEngine = (chosen === 'wasm' ? await import('./wasm.js') : await import('./fengari.js')).engine
