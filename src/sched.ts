// linux/sched.h: the task on whose behalf the code runs, which is the program that made the system call.

/** What a task can wait for with others: a lock. */
export interface blocker {
  /** Who holds it; null for nobody. */
  readonly owner: task_struct | null
}

/** One system call's task. */
export class task_struct {
  /** Set when nobody waits for the call's answer any more: what has not begun yet must not begin. */
  aborted = false
  /** The lock that it waits for; null while it runs. */
  blocked_on: blocker | null = null
  /**
   * What ends its sleep early; null while it doesn't sleep.
   * @param force whether also a sleep that signals don't end
   * @returns whether it was ended
   */
  wake: ((force: boolean) => boolean) | null = null
  /** Who made the system call; -1 where the transport doesn't say. */
  uid = -1
  gid = -1
  pid = -1
  /** The flags of the open file that the call is on: open(2)'s, as far as the transport tells of fcntl(2)'s changes. */
  flags = -1
  /** The signals that it blocks, bit n - 1 for signal n, where a script has changed that; null: its program's. */
  blocked: bigint | null = null
  /** The signals that wait for it, of a thread of here: a program's are its own. */
  pending = 0n
  /** Told of the answer of a call that has slept, before the program has it; null where nobody traces. */
  answered: ((ret: number) => void) | null = null
  /**
   * Wakes it from its sleep whatever the state, as wake_up_process does; null while it doesn't sleep.
   * @param now whether it goes on in this call stack, to its next sleep or the end of its slice, and not in its turn
   */
  wake_up: ((now: boolean) => void) | null = null
  /** Whether it could go on, and waits for its turn. */
  on_rq = false
  /** How many slices it has used up. */
  slices = 0
}

/** A system call whose answer is waited for. */
export interface blocked_call {
  readonly op: string
  /** The node that it is about; 0 for none. */
  readonly ino: number
  /** Since when, on performance.now(). */
  readonly since: number
}

/** The system calls that sleep. */
export const blocked_calls = new Map<task_struct, blocked_call>()

/** The task of what no system call asked for: loading modules, timers, a signal's handling. */
export const init_task = new task_struct()

/** The task of the system call being served; after a callback has slept, read what was kept before. */
export let current: task_struct = init_task

/** Makes `task` the current one: for transports, before each request, and after it with init_task. */
export function set_current(task: task_struct): void {
  current = task
}

/** Nobody waits for the task's answer any more: its sleep ends at once, and what has not begun never begins. */
export function abort_task(task: task_struct): void {
  task.aborted = true
  task.wake?.(true)
}

/**
 * A signal has come for the task: its sleep ends if signals end it, or if `force` has every wait end.
 * @returns whether the task's wait is over
 */
export function interrupt_task(task: task_struct, force: boolean): boolean {
  if (!force && (task.wake === null || task.blocked_on !== null)) return false
  if (!force) return task.wake?.(false) ?? false
  abort_task(task)
  return true
}
