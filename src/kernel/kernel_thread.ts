// The kernel thread: all of the VFS, Lunatik and Lua, and the loop that serves /dev/fuse. The main thread starts it,
// talks to it by messages and ends it when it doesn't come back.
import { writeSync } from 'node:fs'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { UserError } from '../errors.js'
import { DevFuseThread } from '../fuse/dev-fuse-thread.js'
import { noteTimers } from '../fuse/dev-fuse-timers.js'
import { onChanged } from '../lib/lunatik_runner.js'
import {
  describe,
  log_resume,
  type log_state,
  log_store,
  printk,
  printk_line,
  type printk_record,
  register_console,
  stackOf,
} from '../printk.js'
import { onMade } from '../vfs/namei.js'
import { Kernel, type KernelOptions, type StartedScript } from './kernel.js'

/** What the thread is started with. */
export interface KernelThreadData {
  readonly options: KernelOptions
  readonly state: SharedArrayBuffer
  readonly log: log_state
  readonly uninterruptible: boolean
}

/** What the main thread says. */
export type ToThread =
  | { readonly type: 'log'; readonly record: printk_record }
  | { readonly type: 'serve'; readonly fd: number }
  | { readonly type: 'close' }
  | { readonly type: 'restart'; readonly id: number; readonly name: string; readonly force: boolean }

/** What the thread says. */
export type FromThread =
  | { readonly type: 'log'; readonly record: printk_record; readonly printed: boolean }
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly message: string; readonly exitCode: number }
  | { readonly type: 'running'; readonly scripts: readonly StartedScript[] }
  | { readonly type: 'node'; readonly ino: number; readonly name: string }
  | { readonly type: 'restarted'; readonly id: number; readonly result: Awaited<ReturnType<Kernel['restart']>> }
  | { readonly type: 'ended' }

const port = parentPort as NonNullable<typeof parentPort>
const { options, state, log, uninterruptible } = workerData as KernelThreadData
const say = (message: FromThread) => port.postMessage(message)

noteTimers()
log_resume(log)
/** Prints a record at once, so that it is there before its program has an answer. Returns whether that was possible. */
function print(record: printk_record): boolean {
  try {
    writeSync(2, `${printk_line(record)}\n`)
    return true
  } catch {
    return false // The terminal is busy: the main thread waits for it.
  }
}

register_console((record) => {
  if (record.level !== 'debug' || log.debug) say({ type: 'log', record, printed: print(record) })
})
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (e: unknown) => {
    printk('err', `${event}: ${describe(e)}`)
    printk('debug', stackOf(e) ?? '')
  })
}

let thread: DevFuseThread | null = null

function handle(kernel: Kernel, message: ToThread): void {
  switch (message.type) {
    case 'serve':
      thread = new DevFuseThread({
        fd: message.fd,
        mountpoint: options.mountpoint,
        state,
        uninterruptible,
        messages: () => {
          for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port)) {
            handle(kernel, m.message as ToThread)
          }
        },
      })
      void thread.run().then(async () => {
        await kernel.stop()
        say({ type: 'ended' })
        port.close()
      })
      return
    case 'log':
      log_store(message.record)
      return
    case 'close':
      if (thread === null) void kernel.stop().then(() => port.close())
      else thread.close()
      return
    case 'restart':
      void kernel
        .restart(message.name, message.force)
        .then((result) => say({ type: 'restarted', id: message.id, result }))
  }
}

// The names of devices, for the main thread's report on one that doesn't come back.
onMade((ino, name) => say({ type: 'node', ino, name }))

try {
  const kernel = await Kernel.start(options)
  const tell = () => say({ type: 'running', scripts: kernel.running() })
  onChanged(tell)
  tell()
  say({ type: 'started' })
  port.on('message', (message: ToThread) => handle(kernel, message))
} catch (e) {
  const exitCode = e instanceof UserError ? e.exitCode : 1
  say({ type: 'failed', message: e instanceof Error ? e.message : describe(e), exitCode })
  port.close()
}
