// Makes the modules of WebAssembly that the engine wasm loads, as a part of the package's build: Lua's, which is that of
// the package wasmoon with the changes of wasm-patches.ts, and the one of wasm-shim.ts. To make them anew at each start
// took a tenth of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageRoot } from '../package.js'
import { luaWasm, shimWasm } from './wasm-files.js'
import { patch } from './wasm-patches.js'
import { assemble } from './wasm-shim.js'

const wasmoon = createRequire(join(packageRoot, 'package.json')).resolve('wasmoon/dist/glue.wasm')
mkdirSync(join(luaWasm, '..'), { recursive: true })
writeFileSync(luaWasm, patch(readFileSync(wasmoon)))
writeFileSync(shimWasm, assemble())
