// Ends its process as soon as that has another parent than the one that is given: that one has been killed.
import { workerData } from 'node:worker_threads'

/** How often is looked, in milliseconds. */
const lookMs = 500

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL')
}, lookMs)
