// What a run leaves that is ended while it has a mount, programs and files: nothing.
// variants: (default)
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { isMounted, noFuse, temporary, until } from '../mount/mounted.js'

const hanging = fileURLToPath(new URL('hanging.js', import.meta.url))
const main = fileURLToPath(new URL('main.js', import.meta.url))

/** The processes that have `dir` in their environment or on their command lines. */
const processesOf = (dir: string) =>
  readdirSync('/proc').filter((pid) => {
    try {
      return ['environ', 'cmdline'].some((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1').includes(dir))
    } catch {
      return false
    }
  })

/** Starts it with a temporary folder of its own, and resolves once its mount is there. */
async function started(t: Test, args: readonly string[]): Promise<{ child: ChildProcess; dir: string; mnt: string }> {
  const dir = join(temporary(t), 'a b')
  mkdirSync(dir)
  const { NODE_OPTIONS: _, LUNATIK_TEST: __, TAP: ___, ...env } = process.env
  const child = spawn(process.execPath, args, {
    env: { ...env, TMPDIR: dir, HANGING: dir },
    stdio: 'ignore',
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ready = join(dir, 'ready')
  await until(() => existsSync(ready) || child.exitCode !== null)
  const mnt = readFileSync(ready, 'utf8')
  t.ok(isMounted(mnt))
  t.ok(processesOf(dir).length > 3)
  return { child, dir, mnt }
}

for (const [what, args, signal] of [
  ['a test', [hanging], 'SIGINT'],
  ['a test', [hanging], 'SIGKILL'],
  ['a run', [main, hanging], 'SIGTERM'],
  ['a run', [main, hanging], 'SIGKILL'],
] as const) {
  t.test(`${what} that ${signal} ends`, { skip: noFuse }, async (t) => {
    const { child, dir, mnt } = await started(t, args)
    child.kill(signal)
    await once(child, 'exit')
    await until(() => processesOf(dir).length === 0)
    t.notOk(isMounted(mnt))
    t.strictSame(readdirSync(dir), ['ready'])
  })
}
