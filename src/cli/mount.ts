// `lunatik mount`: serves a mount in the foreground until a signal or an unmount ends it.
import { existsSync } from 'node:fs'
import { Server } from '../kernel/server.js'
import { kstrdup_quotable } from '../string_helpers.js'
import { exitCode, removeFolder } from './ending.js'
import { sd_notify_ready } from './notify.js'
import type { MountOptions } from './program.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Calls `end` when standard input ends: whoever holds its other end has gone. */
function untilEof(end: () => void): void {
  process.stdin.on('error', end).on('close', end).resume()
}

/** Runs the command. Resolves with its exit code. */
export async function mount(dir: string, options: MountOptions): Promise<number> {
  const server = new Server(dir, options)
  // A signal may come at any time, also while the mount is being made.
  for (const signal of signals) process.on(signal, () => void server.stop())
  const made = options.untilEof && !existsSync(dir)
  if (options.untilEof) untilEof(() => void server.stop())
  if (made) process.on('exit', () => removeFolder(dir))
  if (await server.start()) {
    console.log(
      kstrdup_quotable(`lunatik: mounted on ${server.mountpoint} (${[...options.device, ...options.run].join(', ')})`),
    )
    sd_notify_ready()
  }
  return exitCode(await server.ended)
}
