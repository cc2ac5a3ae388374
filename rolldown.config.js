// The command and the exports, bundled from what tsc has compiled: see src/package.ts.
import { builtinModules } from 'node:module'

/** What is loaded by its name or its address, below build/src: exports, and what threads and processes begin with. */
const entries = [
  'main',
  'index',
  'package',
  'testing/testing',
  'testing/orphan',
  'kernel/kernel_thread',
  'kernel/kernel_process',
  'kernel/kernel_guard',
  'kernel/module_hooks',
  'cli/replay_calls',
]

// biome-ignore lint/style/noDefaultExport: rolldown asks for one
export default {
  input: Object.fromEntries(entries.map((name) => [name, `build/src/${name}.js`])),
  platform: 'node',
  external: [...builtinModules, /^node:/, /^[^./]/],
  output: {
    dir: 'build/dist',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    cleanDir: true,
  },
}
