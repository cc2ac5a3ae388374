// `--run`: the scripts that a server starts with.

import { UserError } from '../errors.js'
import { runner_run, runner_spawn } from '../lib/lunatik_runner.js'
import type { StartedScript } from './options.js'

/** Starts a script. When it fails, its error is the one line of ours. */
export async function startScript({ name, context, spawned, percpu }: StartedScript): Promise<void> {
  const result = await (spawned ? runner_spawn(name, context) : runner_run(name, context, percpu))
  if (!result.ok) throw new UserError(`--run ${name}: ${result.error.trim().replace(/\s*\n\s*/g, ' ')}`)
}
