// biome.json's rules of imports, tried on files that break them. An override of one rule takes the place of another one
// for the same file, without a word, so each layer is tried with each import.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t, { type Test } from 'tap'

interface Diagnostic {
  readonly category: string
  readonly location: { readonly path: string; readonly start: { readonly line: number } }
}

/** Lints these files in a folder with the project's biome.json. */
function lint(t: Test, files: Readonly<Record<string, string>>): Diagnostic[] {
  const dir = t.testdir({ 'biome.json': readFileSync('biome.json', 'utf8') })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, dirname(name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  const biome = join(process.cwd(), 'node_modules/.bin/biome')
  const args = ['lint', '--reporter=json', '--max-diagnostics=none']
  const { stdout, stderr } = spawnSync(biome, args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 60_000 })
  if (!stdout.startsWith('{')) throw new Error(`biome says: ${stderr}`)
  return JSON.parse(stdout).diagnostics
}

const headers = ['src/errno.ts', 'src/printk.ts', 'src/sched.ts', 'src/errors.ts']
const engines = ['src/lua/wasm.ts', 'src/lua/wasm-load.ts', 'src/lua/fengari.ts', 'src/lua/fengari-load.ts']
const node = ['node:fs', 'node:fs/promises']
const lua = ['src/lua/lua.ts', 'src/lua/dialect/lparser.ts']
/** All that the command line may import, but what only it may. */
const below = [
  ...headers,
  ...node,
  ...lua,
  'src/lunatik/lunatik_core.ts',
  'src/lib/libs.ts',
  'src/lib/linux/errno.ts',
  'src/check/check.ts',
  'src/vfs/fs.ts',
  'src/fuse/dev-fuse.ts',
  'src/index.ts',
  'src/kernel/kernel.ts',
]
const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  'dependencies' | 'optionalDependencies',
  Record<string, string>
>

/** All that is tried in each file. */
const imports = new Set([
  ...below,
  ...engines,
  'src/cli/run.ts',
  'src/main.ts',
  'devices/mydevice.ts',
  'test/engine.ts',
  'bench/main.ts',
  'lunatik',
  ...Object.keys(dependencies),
  ...Object.keys(optionalDependencies),
])

/** A file of each layer, and what of `imports` it may import. */
const layers: Record<string, readonly string[]> = {
  'src/printk.ts': [...headers, ...node],
  'src/libc.ts': [...headers, ...node, 'koffi'],
  'src/lua/dialect/llex.ts': ['src/lua/dialect/lparser.ts'],
  'src/lua/lauxlib.ts': [...lua, ...node, 'src/errno.ts'],
  'src/lua/engine.ts': [...lua, ...engines, ...node, 'src/errno.ts'],
  'src/lua/wasm-state.ts': [...lua, ...engines, ...node, 'src/errno.ts'],
  'src/lua/fengari-lib.ts': [...lua, ...engines, ...node, 'src/errno.ts'],
  'src/lua/fengari-load.ts': [...lua, ...engines, ...node, 'fengari'],
  'src/lunatik/lunatik_obj.ts': [...lua, ...headers, ...node, 'src/lunatik/lunatik_core.ts', 'p-queue'],
  'src/lib/luadevice.ts': [
    ...lua,
    ...headers,
    ...node,
    'src/lunatik/lunatik_core.ts',
    'src/lib/libs.ts',
    'src/lib/linux/errno.ts',
    'src/vfs/fs.ts',
  ],
  'src/lib/linux/ioctl.ts': [
    ...lua,
    ...headers,
    'src/lunatik/lunatik_core.ts',
    'src/lib/libs.ts',
    'src/lib/linux/errno.ts',
  ],
  'src/check/walk.ts': ['src/lua/dialect/lparser.ts', 'src/check/check.ts'],
  'src/vfs/open.ts': [...headers, ...node, 'src/vfs/fs.ts'],
  'src/fuse/answers.ts': [...headers, ...node, 'src/vfs/fs.ts', 'src/fuse/dev-fuse.ts'],
  'src/fuse/fuse-native.ts': [
    ...headers,
    ...node,
    'src/vfs/fs.ts',
    'src/fuse/dev-fuse.ts',
    'fuse-native',
    'fuse-shared-library-linux',
  ],
  'src/index.ts': [
    ...lua,
    ...headers,
    'src/lunatik/lunatik_core.ts',
    'src/lib/libs.ts',
    'src/lib/linux/errno.ts',
    'src/vfs/fs.ts',
  ],
  'src/kernel/server.ts': below,
  'src/cli/program.ts': [...below, 'src/cli/run.ts', 'commander', 'fastest-levenshtein', '@bomb.sh/tab'],
  'src/testing/server.ts': [...headers, ...node, 'src/vfs/fs.ts', 'src/fuse/dev-fuse.ts', 'src/cli/run.ts'],
  'src/main.ts': [...below, 'src/cli/run.ts'],
  'devices/mybuffer.ts': [...node, 'lunatik', 'devices/mydevice.ts'],
  'devices/common/runtime_device.ts': [...node, 'lunatik', 'devices/mydevice.ts'],
}

/** What `from` writes to import `target`, a file or a package. */
function specifier(from: string, target: string): string {
  if (!target.endsWith('.ts')) return target
  const path = relative(dirname(from), target).replace(/\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}

t.test('each layer may import what is below it, and nothing else', async (t) => {
  const targets = [...imports]
  const lines = (file: string) => targets.map((target) => `import '${specifier(file, target)}'\n`).join('')
  const found = lint(t, Object.fromEntries(Object.keys(layers).map((file) => [file, lines(file)])))
  for (const [file, allowed] of Object.entries(layers)) {
    const refused = found
      .filter(({ category, location }) => category === 'lint/style/noRestrictedImports' && location.path === file)
      .map(({ location }) => targets[location.start.line - 1])
    const passed = targets.filter((target) => target !== file && !refused.includes(target))
    t.same(passed.sort(), allowed.filter((target) => target !== file).sort(), file)
  }
})

t.test('no source is without a layer', async (t) => {
  const known = new Set(Object.keys(layers).map(dirname))
  const folders = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath }) => parentPath)
  for (const folder of new Set(folders)) t.ok(known.has(folder), folder)
})

t.test('an import has many forms', async (t) => {
  const forms = [
    "import { x } from 'wasmoon'",
    "import type { X } from 'wasmoon'",
    "export { x } from 'wasmoon'",
    "export * from 'wasmoon'",
    "export const x = await import('wasmoon')",
    "import 'wasmoon/dist/glue.js'",
  ]
  const files = Object.fromEntries(forms.map((form, i) => [`src/vfs/x${i}.ts`, `${form}\n`]))
  const found = lint(t, files).map(({ location }) => location.path)
  forms.forEach((form, i) => {
    t.ok(found.includes(`src/vfs/x${i}.ts`), form)
  })
})

t.test('no circle passes, be it of types or of three', async (t) => {
  const files: Record<string, string> = {}
  for (const dir of ['src', 'src/vfs', 'src/kernel', 'devices', 'test', 'bench']) {
    files[`${dir}/a.ts`] = "import './b.js'\n"
    files[`${dir}/b.ts`] = "import './a.js'\n"
    files[`${dir}/types.ts`] = "import type { X } from './named.js'\nexport type Y = X\n"
    files[`${dir}/named.ts`] = "import { type Y } from './types.js'\nexport type X = Y | null\n"
    files[`${dir}/one.ts`] = "import './two.js'\n"
    files[`${dir}/two.ts`] = "export * from './three.js'\n"
    files[`${dir}/three.ts`] = "export const x = await import('./one.js')\n"
    files[`${dir}/none.ts`] = "import './a.js'\n"
  }
  const found = lint(t, files)
    .filter(({ category }) => category === 'lint/suspicious/noImportCycles')
    .map(({ location }) => location.path)
  t.same(
    [...new Set(found)].sort(),
    Object.keys(files)
      .filter((file) => !file.endsWith('none.ts'))
      .sort(),
  )
})
