// linux/sched/signal.h: which signals a task blocks and which wait for it. A program's own are read from the proc
// filesystem; what a script changes of its mask is kept on the task of the call, and ends with that.
import { readFileSync } from 'node:fs'
import type { task_struct } from './sched.js'

/** sigset_t: bit n - 1 is signal n. */
export type sigset_t = bigint

export const SIGKILL = 9
/** How many signals there are: _NSIG. */
export const NSIG = 64

/** The set that has one signal; the empty one for what is none. */
export const sigmask = (sig: number): sigset_t => (sig >= 1 && sig <= NSIG ? 1n << BigInt(sig - 1) : 0n)

/** A task's signals. */
export interface task_signals {
  readonly blocked: sigset_t
  /** Those that wait for it alone. */
  readonly pending: sigset_t
  /** Those that wait for any thread of its program. */
  readonly shared: sigset_t
}

/** A line of /proc/PID/status. */
const field = (status: string, name: string): sigset_t => {
  const [, digits] = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status) ?? []
  return digits === undefined ? 0n : BigInt(`0x${digits}`)
}

/** The signals of a thread of any program; none of one that has gone, or that the transport doesn't tell. */
function readSignals(pid: number): task_signals {
  let status = ''
  try {
    if (pid > 0) status = readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {}
  return {
    blocked: field(status, 'SigBlk'),
    pending: field(status, 'SigPnd'),
    shared: field(status, 'ShdPnd'),
  }
}

/** A task's signals, as they are now. */
export function task_signals(task: task_struct): task_signals {
  const { blocked, pending, shared } = readSignals(task.pid)
  return { blocked: task.blocked ?? blocked, pending: pending | task.pending, shared }
}

/** Whether a signal waits for a task that it doesn't block. */
export function signal_pending(task: task_struct): boolean {
  const { blocked, pending, shared } = task_signals(task)
  return ((pending | shared) & ~blocked) !== 0n
}

/**
 * Whether a script has blocked all signals that wait for a task: then they don't end its sleep. SIGKILL does, whatever
 * is blocked: its program is gone.
 */
export function signal_held(task: task_struct): boolean {
  if (task.blocked === null) return false
  const { pending, shared } = task_signals(task)
  return ((pending | shared) & sigmask(SIGKILL)) === 0n && !signal_pending(task)
}
