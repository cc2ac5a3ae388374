// linux/sched.h: the task on whose behalf the code runs, which is the program that made the system call.

/** One system call's task. */
export interface task_struct {
  /** Set when nobody waits for the call's answer any more: what has not begun yet must not begin. */
  aborted: boolean
}

/** The task of the system call being served; after a callback has slept, read what was kept before. */
export let current: task_struct = { aborted: false }

/** Makes `task` the current one: for transports, before each request. */
export function set_current(task: task_struct): void {
  current = task
}
