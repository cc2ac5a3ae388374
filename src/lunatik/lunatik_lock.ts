// The lock of an object: linux/mutex.h where its owner may sleep, linux/spinlock.h where not.
//
// There is one thread, so a lock is contended only while its holder sleeps (its handler returned a promise) or when
// the holder asks for it again, which on a kernel never returns.
import PQueue from 'p-queue'
import { EDEADLK, EINTR } from '../errno.js'
import { pr_fmt } from '../printk.js'
import { current } from '../sched.js'

const { pr_err } = pr_fmt('lunatik')

/** Runs `f` and lets its promise pass. */
type Section<T> = () => T | Promise<T>

/** A mutex with waiters in order of arrival, or a spinlock. */
export class lunatik_lock {
  /** Whether its owner may sleep: a mutex if true, a spinlock if false. */
  readonly sleep: boolean
  #running = false
  /** Sections that sleep or wait. */
  #queued = 0
  #queue: PQueue | null = null

  constructor(sleep: boolean) {
    this.sleep = sleep
  }

  /** Whether anything holds the lock or waits for it. */
  get locked(): boolean {
    return this.#running || this.#queued > 0
  }

  /** Whether the section that runs now, in this call stack, holds the lock. */
  get running(): boolean {
    return this.#running
  }

  /**
   * Takes the lock if it is free. The hot path of lunatik_run: a section that doesn't sleep takes it, ends and gives
   * it back with {@link unlock} without a promise being made.
   */
  trylock(): boolean {
    if (this.#running || this.#queued > 0) return false
    this.#running = true
    return true
  }

  /** Gives back what {@link trylock} took. */
  unlock(): void {
    this.#running = false
  }

  /**
   * Gives back what {@link trylock} took once `sleeping` settles; who comes meanwhile waits.
   * @returns `sleeping`
   */
  unlockAfter<T>(sleeping: Promise<T>): Promise<T> {
    this.#running = false
    return this.#enqueue(() => sleeping)
  }

  /**
   * Runs `section` with the lock, after all who wait already. For a lock that {@link trylock} didn't give.
   * @returns section's result; -EDEADLK where waiting would never end: in a section of this lock; -EINTR where the
   *   task has gone before its turn came
   */
  lock(section: Section<number>): number | Promise<number> {
    if (this.#running) {
      pr_err('possible recursive locking detected: on a kernel this call would never return')
      return -EDEADLK
    }
    const task = current
    return this.#enqueue(async () => {
      if (task.aborted) return -EINTR
      this.#running = true
      try {
        const result = section()
        // A section that sleeps has left the call stack: until it settles the queue alone keeps others out.
        this.#running = false
        return await result
      } finally {
        this.#running = false
      }
    })
  }

  async #enqueue<T>(task: () => Promise<T>): Promise<T> {
    this.#queue ??= new PQueue({ concurrency: 1 })
    this.#queued++
    try {
      return (await this.#queue.add(task)) as T
    } finally {
      this.#queued--
    }
  }
}
