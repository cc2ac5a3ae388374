// `lunatik mount`: serves a mount in the foreground until a signal or an unmount ends it.
import { Server, type ServerOptions } from '../kernel/server.js'
import { kstrdup_quotable } from '../string_helpers.js'
import { exitCode } from './ending.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Runs the command. Resolves with its exit code. */
export async function mount(dir: string, options: ServerOptions): Promise<number> {
  const server = new Server(dir, options)
  // A signal may come at any time, also while the mount is being made.
  for (const signal of signals) process.on(signal, () => void server.stop())
  if (await server.start())
    console.log(
      kstrdup_quotable(`lunatik: mounted on ${server.mountpoint} (${[...options.device, ...options.run].join(', ')})`),
    )
  return exitCode(await server.ended)
}
