// Runs scripts with hooks, and injects events.
import type { Test } from 'tap'
import '../../src/lib/libs.js'
import { type Injected, lunatik_inject } from '../../src/lib/inject.js'
import { runner_run, runner_shutdown, runner_stop } from '../../src/lib/lunatik_runner.js'
import { task_struct } from '../../src/sched.js'
import { logged, scripts } from '../lunatik/states.js'

/** Scripts that run until the test ends. */
export interface Hooked {
  /** The log's texts. */
  readonly log: string[]
  /** Runs one; its error, or null. */
  run(name: string, context?: string): Promise<string | null>
  stop(name: string): void
  inject(event: object): Promise<Injected>
}

/** Writes scripts, for a test to run. */
export function hooked(t: Test, files: Record<string, string>): Hooked {
  const log = logged(t)
  scripts(t, files)
  t.teardown(runner_shutdown)
  return {
    log,
    run: async (name, context = 'process') => {
      const result = await runner_run(name, context)
      return result.ok ? null : result.error
    },
    stop: (name) => void runner_stop(name),
    inject: (event) => lunatik_inject(event, new task_struct()),
  }
}

/** What the hooks did, in short: `EVENT=VERDICT`, or the error. */
export const deeds = ({ calls }: Injected): string[] =>
  calls.map(({ what, verdict, result, error }) => `${what}=${error ?? verdict ?? result}`)
