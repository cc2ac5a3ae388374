// `lunatik test`: runs the tests of drivers, shell scripts, each in a process of its own.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EXIT_FAILURE, UserError } from '../errors.js'
import { kstrdup_quotable } from '../string_helpers.js'

/** `x.test.sh`, and `test.sh` itself, as `lunatik init` names it. */
const isTest = /(^|[/.])test\.sh$/

/** The files in a folder and below that are named so, in the order of their names. */
function testsBelow(dir: string): string[] {
  try {
    if (statSync(dir).isFile()) return [dir]
    return readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => isTest.test(name) && !name.includes('node_modules/'))
      .sort()
      .map((name) => join(dir, name))
  } catch (e) {
    throw new UserError(`${dir} can't be read (${(e as NodeJS.ErrnoException).code})`)
  }
}

/** Runs the tests, each in its own folder. Returns 1 where one has failed. Throws a UserError where there are none. */
export function test(dir: string): number {
  const tests = testsBelow(dir)
  if (tests.length === 0)
    throw new UserError(`no *.test.sh below ${dir}: give their folder; 'lunatik init' makes a driver with a test.sh`)
  let failed = 0
  for (const path of tests) {
    const { status } = spawnSync('sh', [resolve(path)], { stdio: 'inherit', cwd: dirname(path) })
    if (status !== 0) failed++
    process.stdout.write(`${status === 0 ? 'ok' : 'not ok'} - ${kstrdup_quotable(path)}\n`)
  }
  return failed === 0 ? 0 : EXIT_FAILURE
}
