// The kernel process: VFS, Lunatik, Lua and libfuse behind the addon, all in its main thread. It ends with the process
// that has started it.
import { Worker } from 'node:worker_threads'
import { close_consoles, stdio_streams } from '../console.js'
import { FuseNativeTransport } from '../fuse/fuse-native.js'
import { moduleUrl } from '../package.js'
import { describe } from '../printk.js'
import { Inside } from './inside.js'
import { FOLDER } from './lifeline.js'
import type { FromKernel, ToKernel } from './messages.js'
import { LogOutbox } from './outbox.js'
import type { KernelProcessData } from './process.js'

stdio_streams()

const outbox = new LogOutbox((message, sent) => {
  process.send?.(message, undefined, undefined, sent)
})

const say = (message: FromKernel) => {
  outbox.flush()
  if (process.connected) process.send?.(message)
}

// A terminal sends these to both processes: the other one says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const) process.on(signal, () => {})

process.once('message', async ({ tag, ...data }: KernelProcessData) => {
  const { mountpoint } = data.options
  new Worker(moduleUrl('kernel/kernel_guard.js'), { workerData: tag }).unref()
  const transport = new FuseNativeTransport({ mountpoint, tag, folder: { parent: FOLDER }, slice: data.options.slice })
  let closing = false
  const close = async () => {
    if (closing) return
    closing = true
    // Whatever fails, for example for want of descriptors, the other process takes the mount away.
    try {
      await transport.unmount()
      await inside.stop()
    } finally {
      await close_consoles()
      process.exit(0)
    }
  }
  const inside = new Inside(data, {
    say,
    log: (message) => outbox.post(message),
    die: () => process.exit(1),
    serve: () => {
      transport.mount().then(
        () => say({ type: 'mounted', error: null }),
        (e) => say({ type: 'mounted', error: e instanceof Error ? e.message : describe(e) }),
      )
    },
    close,
  })
  process.on('message', (message: ToKernel) => inside.heard(message))
  process.on('disconnect', close)
  if (await inside.start()) return
  await close_consoles()
  process.exit(1)
})
