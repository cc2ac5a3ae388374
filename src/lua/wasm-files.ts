// Where the modules of WebAssembly are that wasm-build.ts makes.
import { packageRoot } from '../package.js'

export const luaWasm = `${packageRoot}build/wasm/lua.wasm`
export const shimWasm = `${packageRoot}build/wasm/shim.wasm`
