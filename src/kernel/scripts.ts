// `--run`: the scripts that a server starts with.

import { UserError } from '../errors.js'
import { runner_run } from '../lib/lunatik_runner.js'
import { resume_console, suspend_console } from '../printk.js'

/** Starts a script. When it fails, its error is the one line of ours; what else was logged as one is for --verbose. */
export async function startScript({
  name,
  context,
}: {
  readonly name: string
  readonly context: string
}): Promise<void> {
  suspend_console()
  let result: Awaited<ReturnType<typeof runner_run>> = { ok: false, error: '' }
  try {
    result = await runner_run(name, context)
  } finally {
    resume_console((record) => (result.ok || record.level !== 'err' ? record : { ...record, level: 'debug' }))
  }
  if (!result.ok) throw new UserError(`--run ${name}: ${result.error.trim().replace(/\s*\n\s*/g, ' ')}`)
}
