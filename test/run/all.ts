// What `make test` gives to tap: all test files in all their variants, side by side, each in a process of its own.
//
// tap itself would put loaders for its coverage into each of them, which takes longer than most tests do.
//   TESTS=mount/w   only those whose path has this in it
//   JOBS=1          how many at once
import { availableParallelism } from 'node:os'
import t from 'tap'
import { environmentOf, root, testFiles, variantsOf } from './variants.js'

/** How long one file may take, in milliseconds, on a machine that has much else to do. What hangs, its own test ends. */
const timeout = 900_000

/** Those that wait long, for devices that sleep and processes that start, begin first: the shortest fill the gaps. */
const order = [/\/conformance/, /\/mount\//, /\/(cli|kernel|devices|capi)\//, /./]
const rank = (file: string) => order.findIndex((pattern) => pattern.test(file))

// Tests on mounts mostly wait for other processes.
t.jobs = Number(process.env.JOBS || availableParallelism() + 2)
t.setTimeout(0)

const files = testFiles().filter((file) => file.includes(process.env.TESTS ?? ''))
for (const file of files.sort((a, b) => rank(a) - rank(b))) {
  for (const variant of variantsOf(file)) {
    void t.spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, '--enable-source-maps', file], {
      name: variant === 'default' ? file : `${file} (${variant})`,
      cwd: root,
      env: { ...process.env, ...environmentOf(variant), TAP_TIMEOUT: String(timeout / 1000) },
      buffered: true,
      timeout,
    })
  }
}
