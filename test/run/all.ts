// What `make test` and `make test-all` give to tap: test files in their variants. A process and what it loads take longer
// than most tests do, so those of a folder share one, or a few where they wait for what they start: these run side by
// side.
//
// USUAL is set for those of `make test`.
//
// tap itself would put loaders for its coverage into each of them, which takes longer than most tests do.
//   ALL=1           in all variants, the long ones too
//   TESTS=mount/w   only those whose path has this in it, in all variants
//   JOBS=1          how many at once
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { environmentOf, root, sharesProcess, startsProcesses, testFiles, type Variant, variantsOf } from './variants.js'

const group = fileURLToPath(new URL('group.js', import.meta.url))

/**
 * How long one process may take, in milliseconds, on a machine that has much else to do. What hangs, its own test ends.
 */
const timeout = 900_000

/** The longest begin first: the shortest fill the gaps. */
const order = [/conformance|random/, /\/mount\b/, /\/(testing|capi|cli|kernel|devices)\b/, /./]
const rank = (file: string) => order.findIndex((pattern) => pattern.test(file))

// Tests on mounts mostly wait for other processes.
t.jobs = Number(process.env.JOBS || availableParallelism() + 2)
t.setTimeout(0)

/** How many files that start processes share one at the most. */
const lotMax = 6

/** What is run in one process: a test file, or the ones of a folder that share it. */
interface Run {
  readonly name: string
  readonly variant: Variant
  readonly files: readonly string[]
}

/** The runs of the files that `name` stands for: one, or several of about the same size. */
function runsOf(name: string, variant: Variant, files: readonly string[]): Run[] {
  const lots = startsProcesses(files[0] as string) ? Math.ceil(files.length / lotMax) : 1
  return Array.from({ length: lots }, (_, lot) => {
    const some = files.filter((_, i) => i % lots === lot)
    const names = [some.length > 1 ? name : some[0], ...(lots > 1 ? [`${lot + 1} of ${lots}`] : [])]
    return { name: names.join(', ') + (variant === 'default' ? '' : ` (${variant})`), variant, files: some }
  })
}

const all = Boolean(process.env.ALL || process.env.TESTS)
const shared = new Map<string, { name: string; variant: Variant; files: string[] }>()
for (const file of testFiles().filter((file) => file.includes(process.env.TESTS ?? ''))) {
  const folder = startsProcesses(file) ? `${dirname(file)}, with processes` : dirname(file)
  const name = sharesProcess(file) ? folder : file
  for (const variant of variantsOf(file, all)) {
    const key = `${name} (${variant})`
    const run = shared.get(key) ?? { name, variant, files: [] }
    shared.set(key, run)
    run.files.push(file)
  }
}
const runs = [...shared.values()].flatMap(({ name, variant, files }) => runsOf(name, variant, files))

/** What has failed: the names of the run, of the tests in it and of the assertion. */
const failed: string[] = []

type Parser = NonNullable<ReturnType<typeof t.spawn>['subtest']>['parser']

/** Notes what fails in a run, at whatever depth. */
function note(parser: Parser, path: string): void {
  parser.on('child', (child) => note(child, `${path} > ${child.name}`))
  parser.on('assert', ({ ok, skip, todo, name, diag }) => {
    // A test that has a failed one within fails as well.
    if (ok || skip || todo || failed.some((other) => other.startsWith(`${path} > ${name}`))) return
    failed.push(`${path} > ${name}${diag?.at?.lineNumber === undefined ? '' : `, line ${diag.at.lineNumber}`}`)
  })
}

for (const { name, variant, files } of runs.sort((a, b) => rank(a.name) - rank(b.name))) {
  const program = files.length > 1 ? group : (files[0] as string)
  const args = ['--enable-source-maps', '--conditions=lunatik-modules', program]
  const run = t.spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...args], {
    name,
    cwd: root,
    env: {
      ...process.env,
      ...environmentOf(variant),
      ...(all ? {} : { USUAL: '1' }),
      GROUP: files.join(' '),
      TAP_TIMEOUT: String(timeout / 1000),
    },
    buffered: true,
    timeout,
  })
  if (run.subtest) note(run.subtest.parser, name)
  void run.then((results) => {
    // By a signal, or without a plan.
    if (!results?.ok && !failed.some((failure) => failure.startsWith(name))) failed.push(`${name} has ended early`)
  })
}
// The last lines of a long output.
process.on('exit', () => {
  for (const failure of failed) process.stdout.write(`# failed: ${failure}\n`)
})
