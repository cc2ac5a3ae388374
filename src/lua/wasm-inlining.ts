// V8's compiler of WebAssembly, which is to inline Lua's small functions: from version 13 on, Node 24's, it does so by
// itself. What a function of Lua's library costs is calls above all: string.byte makes seven.
import { setFlagsFromString } from 'node:v8'

const version = Number.parseInt(process.versions.v8, 10)

// A flag that a version doesn't know is an error on the terminal.
if (version <= 11) setFlagsFromString('--wasm-inlining')
else if (version === 12) setFlagsFromString('--experimental-wasm-inlining')
