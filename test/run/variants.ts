// With what a test file is run: with the default engine and transport; with fengari as well where what it imports
// reaches the engine, and on fuse-native as well where it is one of test/mount; unless a line of it names others:
//
//   // variants: default fengari (fuse-native)
//
// `make test` runs those outside of the parentheses, by itself the default alone; `make test-all` runs all of them. Files
// whose line is in parentheses altogether are long: random input, many of something, each command of a page.
//
// Tests that start processes import nothing of the engine, so they have such a line where it matters to them.
//
// Those of a folder share a process, where several wait for what they have started a few do; but for those with this
// line:
//
//   // process: its own
//
// and those with a teardown at the root, as tap ends the root with the first pause behind one, or with a beforeEach
// there: it would make its things for the files that follow as well.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

const built = join(root, 'build')
const engine = join(built, 'src/lua/engine.js')

/** The environment that tells a test process its variant. */
const environments = {
  default: {},
  fengari: { LUNATIK_ENGINE: 'fengari' },
  'fuse-native': { TRANSPORT: 'fuse-native' },
  'fuse-native+fengari': { TRANSPORT: 'fuse-native', LUNATIK_ENGINE: 'fengari' },
} as const satisfies Record<string, NodeJS.ProcessEnv>

/** The name of a variant. */
export type Variant = keyof typeof environments

/** What is in a test process's environment for a variant. */
export const environmentOf = (variant: Variant): NodeJS.ProcessEnv => environments[variant]

/** All test files, as paths below the package's folder. */
export const testFiles = (): string[] =>
  readdirSync(join(built, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => `build/test/${name}`)
    .sort()

const own = /^(\/\/ process: its own$|t\.(teardown|beforeEach)\()/m
/** What is imported by the tests that start processes. */
const guard = join(built, 'test/run/guard.js')

/** The files that a compiled file imports, the package's own exports included. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)].flatMap(([, name = '']) => {
    if (name === 'lunatik') return [join(built, 'src/index.js')]
    const path = resolve(dirname(file), name)
    return name.startsWith('.') && existsSync(path) ? [path] : []
  })
}

/** Whether a compiled file imports `target`, itself or through others. */
function reaches(file: string, target: string): boolean {
  const seen = new Set([file])
  for (const path of seen) {
    if (path === target) return true
    for (const imported of importsOf(path)) seen.add(imported)
  }
  return false
}

/** The variants of a file. */
interface Variants {
  /** Those of `make test`. */
  readonly usual: readonly Variant[]
  /** Those that `make test-all` has beside them. */
  readonly more: readonly Variant[]
}

/** The variants that a file's own line names; null where it has none. Throws for one that there isn't. */
function named(file: string): Variants | null {
  const line = /^\/\/ variants: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (line === undefined) return null
  const variants = (names = '') =>
    names
      .split(' ')
      .filter(Boolean)
      .map((name) => {
        if (!Object.hasOwn(environments, name)) throw new Error(`${file}: no variant '${name}'`)
        return name as Variant
      })
  const [usual, more] = line.replace(/\)$/, '').split('(')
  return { usual: variants(usual), more: variants(more) }
}

/** Whether a test file may share a process with others of its folder. */
export const sharesProcess = (file: string): boolean => !own.test(readFileSync(resolve(root, file), 'utf8'))

/** Whether a test file starts processes, for which it waits most of its time. */
export const startsProcesses = (file: string): boolean => reaches(resolve(root, file), guard)

/**
 * The variants that a test file is run in.
 * @param file compiled, as {@link testFiles} gives it
 * @param all by `make test-all`; else by `make test`
 */
export function variantsOf(file: string, all: boolean): Variant[] {
  const path = resolve(root, file)
  const { usual, more } = named(path) ?? {
    usual: ['default'],
    more: [
      ...(reaches(path, engine) ? (['fengari'] as const) : []),
      ...(file.startsWith('build/test/mount/') ? (['fuse-native'] as const) : []),
    ],
  }
  return all ? [...usual, ...more] : [...usual]
}
