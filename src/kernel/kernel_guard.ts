// Ends a kernel process whose parent is gone: its own main thread may be in a callback that never comes back. It waits
// in an event loop of its own.
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { Mount } from '../fuse/mount.js'
import { FOLDER, LIFELINE } from './lifeline.js'

/** How long the main thread may take to end by itself, in milliseconds. */
const graceMs = 2000

new Socket({ fd: LIFELINE }).resume().on('close', () => {
  setTimeout(async () => {
    await Mount.find(workerData as string, { parent: FOLDER })?.unmount()
    process.kill(process.pid, 'SIGKILL')
  }, graceMs)
})
