// The lock of an object: linux/mutex.h where its owner may sleep, linux/spinlock.h where not.
//
// There is one thread, so a lock is contended only while its holder sleeps, or when the holder asks for it again, which
// on a kernel never returns.
import PQueue from 'p-queue'
import { EDEADLK, EINTR } from '../errno.js'
import { pr_fmt } from '../printk.js'
import { set_need_resched } from '../runqueue.js'
import { type blocker, current, init_task, type task_struct } from '../sched.js'

const { pr_err } = pr_fmt('lunatik')

/** The queue's task that stands for a holder: it lasts until the lock is given back. */
interface Hold {
  done: boolean
  end: (() => void) | null
}

const lasting = (hold: Hold) =>
  new Promise<void>((resolve) => {
    if (hold.done) resolve()
    else hold.end = resolve
  })

/** A mutex with waiters in order of arrival, or a spinlock. */
export class lunatik_locker implements blocker {
  /** Whether its owner may sleep: a mutex if true, a spinlock if false. */
  readonly sleep: boolean
  #owner: task_struct | null = null
  #running = false
  /** Those who wait, the one that the lock is being handed to included. */
  #waiting = 0
  #queue: PQueue | null = null
  /** Null while nobody waits for the holder. */
  #hold: Hold | null = null

  constructor(sleep: boolean) {
    this.sleep = sleep
  }

  get owner(): task_struct | null {
    return this.#owner
  }

  /** Whether anything holds the lock or waits for it. */
  get locked(): boolean {
    return this.#owner !== null || this.#waiting > 0
  }

  /** Whether the section that runs now holds the lock: in this call stack, or in this task. */
  get running(): boolean {
    return this.#running || (current !== init_task && this.#owner === current)
  }

  /** Takes the lock for the current task if it is free and nobody waits for it. */
  trylock(): boolean {
    if (this.#owner !== null || this.#waiting > 0) return false
    this.#owner = current
    this.#running = true
    return true
  }

  /** The section that holds the lock leaves this call stack, and sleeps. */
  sleeps(): void {
    this.#running = false
  }

  /** Gives the lock back, or to who has waited longest. */
  unlock(): void {
    const hold = this.#hold
    this.#owner = null
    this.#running = false
    this.#hold = null
    if (hold === null) return
    hold.done = true
    hold.end?.()
    set_need_resched()
  }

  /**
   * Takes the lock for the current task, after all who wait already. For a lock that {@link trylock} didn't give.
   * @returns 0 once the lock is held; -EDEADLK, at once and logged, where waiting would never end; -EINTR where the
   *   task has gone before its turn came
   */
  lock(): number | Promise<number> {
    if (this.running || waitsInCircle(this)) {
      pr_err('possible recursive locking detected: on a kernel this call would never return')
      return -EDEADLK
    }
    return this.#wait(current)
  }

  async #wait(task: task_struct): Promise<number> {
    this.#queue ??= new PQueue({ concurrency: 1 })
    if (this.#owner !== null && this.#hold === null) {
      const hold = this.#newHold()
      void this.#queue.add(() => lasting(hold))
    }
    this.#waiting++
    task.blocked_on = this
    return new Promise<number>((granted) => {
      void this.#queue?.add(() => {
        this.#waiting--
        task.blocked_on = null
        if (task.aborted) return granted(-EINTR)
        this.#owner = task
        granted(0)
        return lasting(this.#newHold())
      })
    })
  }

  #newHold(): Hold {
    this.#hold = { done: false, end: null }
    return this.#hold
  }
}

/**
 * Whether who is waited for is the current task, or waits for it over any number of others. Never for init_task: that
 * is whatever runs outside of system calls, at the same time perhaps, so what it waits for is not all that it waits
 * for.
 */
export function waitsInCircle(lock: blocker): boolean {
  if (current === init_task) return false
  for (let at: blocker | null = lock; at !== null && at.owner !== init_task; at = at.owner?.blocked_on ?? null) {
    if (at.owner === current) return true
  }
  return false
}
