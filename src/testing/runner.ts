// The program that runs the tests, where it has started this process for a file of them: once it is killed, nobody
// waits for the file, and nobody but this process itself could end it.
import { isMainThread, Worker } from 'node:worker_threads'
import { moduleUrl } from '../package.js'

/** What tells that this process's parent runs tests: node:test says so; vitest, jest and tap where they fork. */
function hasRunner(): boolean {
  const { NODE_TEST_CONTEXT, VITEST_POOL_ID, JEST_WORKER_ID, TAP_CHILD_ID } = process.env
  if (!isMainThread) return false
  if (NODE_TEST_CONTEXT?.startsWith('child') || TAP_CHILD_ID !== undefined) return true
  return process.send !== undefined && (VITEST_POOL_ID ?? JEST_WORKER_ID) !== undefined
}

let watched = false

/** Has this process end with the program that runs the tests, whatever it is at then; the server ends with it. */
export function endWithRunner(): void {
  if (watched || !hasRunner()) return
  watched = true
  // A thread of its own, as this one may wait for a device.
  new Worker(moduleUrl('testing/orphan.js'), { workerData: process.ppid, execArgv: [] }).unref()
}
