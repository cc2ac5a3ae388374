// kernel/kthread.c: tasks that no system call asked for, each with a function of its own.
//
// There is one thread: a task begins, and goes on when it was woken, when its turn comes.
import { EINTR } from '../errno.js'
import { enqueue_task } from '../runqueue.js'
import { type blocker, current, set_current, task_struct } from '../sched.js'

/** No process has an identifier beyond this: PID_MAX_LIMIT. The threads of here have those that follow. */
const pidMax = 1 << 22
let lastPid = pidMax

/** What a task's function gives, now or once it has slept. It never throws and never rejects. */
export type threadfn_t = () => number | Promise<number>

/**
 * Called when all of a thread is over, before who waits for it goes on.
 * @param result what its function gave; -EINTR where that never ran, because the thread was stopped before
 * @param stopped whether {@link kthread_stop} was called
 */
export type kthread_exit = (result: number, stopped: boolean) => void

/** A task's thread, for which others wait as for a lock that it holds until it has ended. */
class kthread implements blocker {
  readonly task = new task_struct()
  readonly pid = ++lastPid
  readonly comm: string
  readonly threadfn: threadfn_t
  readonly exit: kthread_exit
  /** Whether it never runs where it is stopped before it has begun. */
  later = false
  /** Takes its beginning back; null before that is due, and once it has begun. */
  cancel: (() => void) | null = null
  stopped = false
  shouldStop = false
  /** Whether it has seen that it should stop. */
  heard = false
  /** The slices that the task had used up when it was told to stop. */
  slicesAtStop = 0
  result: number | null = null
  readonly exited = new Set<(result: number) => void>()

  constructor(threadfn: threadfn_t, name: string, exit: kthread_exit) {
    this.threadfn = threadfn
    this.comm = name
    this.exit = exit
  }

  get owner(): task_struct | null {
    return this.result === null ? this.task : null
  }

  readonly start = (): void => {
    this.cancel = null
    if (this.stopped && this.later) {
      this.end(-EINTR)
      return
    }
    const outer = current
    set_current(this.task)
    const ret = this.threadfn()
    set_current(outer)
    if (!(ret instanceof Promise)) {
      this.end(ret)
      return
    }
    void ret.then((result) => this.end(result))
    if (this.stopped) this.stop(false)
  }

  stop(now: boolean): void {
    if (!this.shouldStop) this.slicesAtStop = this.task.slices
    this.shouldStop = true
    if (this.task.blocked_on === null) this.task.wake_up?.(now)
  }

  end(result: number): void {
    this.result = result
    living.delete(this.pid)
    this.exit(result, this.stopped)
    for (const wake of [...this.exited]) wake(result)
  }
}

const kthreads = new WeakMap<task_struct, kthread>()
/** Those that have not ended, by their identifiers. */
const living = new Map<number, task_struct>()

const to_kthread = (task: task_struct) => kthreads.get(task) as kthread

/**
 * Makes a task, which begins with {@link wake_up_process}.
 * @param threadfn runs as the task; its result is the thread's
 * @param name the task's command
 */
export function kthread_create(threadfn: threadfn_t, name: string, exit: kthread_exit): task_struct {
  const thread = new kthread(threadfn, name, exit)
  kthreads.set(thread.task, thread)
  living.set(thread.pid, thread.task)
  return thread.task
}

/**
 * Begins a task that {@link kthread_create} has made, when its turn comes.
 * @param later whether it waits for something that is held in this call stack: then it never runs if it is stopped
 *   before
 */
export function wake_up_process(task: task_struct, later: boolean): void {
  const thread = to_kthread(task)
  thread.later = later
  thread.cancel = enqueue_task(thread.start, false)
}

/** The command of a task that {@link kthread_create} has made; null for any other task. */
export const kthread_comm = (task: task_struct): string | null => kthreads.get(task)?.comm ?? null

/** The task with an identifier that {@link kthread_create} has given and that has not ended; null for none. */
export const kthread_find = (pid: number): task_struct | null => living.get(pid) ?? null

/** The identifier of a task that {@link kthread_create} has made; null for any other task. */
export const kthread_pid = (task: task_struct): number | null => kthreads.get(task)?.pid ?? null

/** Whether {@link kthread_stop} was called for the current task. False where that is none of {@link kthread_create}. */
export function kthread_should_stop(): boolean {
  const thread = kthreads.get(current)
  if (thread === undefined || !thread.shouldStop) return false
  thread.heard = true
  return true
}

/** How many slices a task that was told to stop may compute without asking whether it should. */
const deafSlices = 2

/** Whether a task that was stopped computes on, and has not asked since: one that has had no turn yet is not deaf. */
export function kthread_is_deaf(task: task_struct): boolean {
  const { shouldStop, heard, slicesAtStop } = to_kthread(task)
  return shouldStop && !heard && task.on_rq && task.slices - slicesAtStop >= deafSlices
}

/** What a task holds as long as it has not ended: who waits for it is blocked on this. */
export const kthread_blocker = (task: task_struct): blocker => to_kthread(task)

/**
 * Has {@link kthread_should_stop} hold for a task, and wakes it from its sleep, whatever the state; not where it waits
 * for a lock or a thread. One that has not begun does so first, as it would have on another processor.
 * @param now whether it runs, to its end or its next sleep or the end of its slice, before this returns
 */
export function kthread_stop(task: task_struct, now = false): void {
  const thread = to_kthread(task)
  thread.stopped = true
  if (thread.cancel !== null) {
    if (!now) return
    thread.cancel()
    thread.start()
    if (thread.result !== null) return
  }
  thread.stop(now)
}

/**
 * Calls `exited` with the thread's result, once it has ended: not for a thread that has.
 * @returns ends the wait without a call of `exited`
 */
export function kthread_wait(task: task_struct, exited: (result: number) => void): () => void {
  const thread = to_kthread(task)
  thread.exited.add(exited)
  return () => {
    thread.exited.delete(exited)
  }
}
