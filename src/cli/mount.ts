// `lunatik mount`: serves a mount in the foreground until a signal or an unmount ends it.
import { Server, type ServerOptions } from '../kernel/server.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Runs the command. Resolves with its exit code. */
export async function mount(dir: string, options: ServerOptions): Promise<number> {
  // A signal that comes while the mount is being made must not leave it behind.
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  for (const signal of signals) process.on(signal, end)
  const server = await Server.start(dir, options)
  server.watch(end)
  console.log(`lunatik: mounted on ${server.mountpoint} (${[...options.device, ...options.run].join(', ')})`)
  await ended
  await server.stop()
  return 0
}
