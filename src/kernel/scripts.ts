// `--run`: the scripts that a server starts with.

import { UserError } from '../errors.js'
import { runner_run, runner_spawn } from '../lib/lunatik_runner.js'
import { resume_console, suspend_console } from '../printk.js'
import type { StartedScript } from './options.js'

/** Starts a script. When it fails, its error is the one line of ours; what else was logged as one is for --verbose. */
export async function startScript({ name, context, spawned }: StartedScript): Promise<void> {
  suspend_console()
  let result: Awaited<ReturnType<typeof runner_run>> = { ok: false, error: '' }
  try {
    result = await (spawned ? runner_spawn : runner_run)(name, context)
  } finally {
    resume_console((record) => (result.ok || record.level !== 'err' ? record : { ...record, level: 'debug' }))
  }
  if (!result.ok) throw new UserError(`--run ${name}: ${result.error.trim().replace(/\s*\n\s*/g, ' ')}`)
}
