// The kernel thread: all of the VFS, Lunatik and Lua, and the loop that serves /dev/fuse.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { DevFuseThread } from '../fuse/dev-fuse-thread.js'
import { noteTimers } from '../fuse/dev-fuse-timers.js'
import { describe } from '../printk.js'
import { LogFlight } from './flight.js'
import { Inside } from './inside.js'
import type { ToKernel } from './messages.js'
import type { FromThread, KernelThreadData } from './thread.js'

const port = parentPort as NonNullable<typeof parentPort>
const { state, flight: memory, uninterruptible, ...data } = workerData as KernelThreadData

const flight = new LogFlight(memory)
/** How many records are nowhere. */
let lost = 0

noteTimers()

let thread: DevFuseThread | null = null

const inside = new Inside(data, {
  say: (message) => port.postMessage(message),
  log: (message) => {
    if (flight.depart(message.record.text.length)) {
      port.postMessage({ ...message, lost })
      lost = 0
    } else if (message.printed !== 'all') lost++
  },
  die: () => process.exit(1),
  serve: (fd) => {
    thread = new DevFuseThread({
      fd,
      state,
      uninterruptible,
      slice: data.options.slice,
      messages: () => {
        let any = false
        for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port)) {
          inside.heard(m.message as ToKernel)
          any = true
        }
        return any
      },
      ask: (message) => port.postMessage(message satisfies FromThread),
    })
    void thread.run().then(
      async () => {
        inside.over('the connection was aborted')
        await inside.stop()
        port.close()
      },
      (e) => inside.die('loop', `the loop that serves has failed: ${describe(e)}`),
    )
  },
  close: () => {
    if (thread === null) void inside.stop().then(() => port.close())
    else thread.close()
  },
})

port.on('message', (message: ToKernel) => inside.heard(message))
if (!(await inside.start())) port.close()
