// The waker thread's entry.
import { workerData } from 'node:worker_threads'
import { runWaker, type WakerData } from './dev-fuse-wake.js'

runWaker(workerData as WakerData)
