// Requests whose operations sleep, of every transport: each is answered once, by its operation, by a signal, or because
// the mount ends.
import { EINTR } from '../errno.js'
import { abort_task, blocked_calls, interrupt_task, task_struct } from '../sched.js'
import { signal_held } from '../signal.js'
import { checkAnswer, faultOf } from './answers.js'

/** How often the signals of a program are looked at that waits and whose signal a script has blocked, in ms. */
const heldEvery = 100

/** A request that has no answer yet. */
export interface Waiting {
  readonly task: task_struct
  /** Answers it, the first time. Returns whether this was the first. */
  readonly end: (ret: number) => boolean
}

interface Interruptible extends Waiting {
  interrupted: boolean
}

/** What an operation that sleeps is known by. */
export interface Asked {
  /** The request's number: no other that waits has it. */
  readonly key: number
  /** The operation's name, for the log. */
  readonly name: string
  /** The largest result that is right. */
  readonly max: number
  /** The node's number; 0 for none. */
  readonly ino: number
}

/** The requests of one mount that wait. */
export class WaitingRequests {
  readonly #waiting = new Map<number, Interruptible>()
  /** The task of the request that is served next, or is being served. One that sleeps keeps its own. */
  task = new task_struct()

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Notes the request being served, whose operation sleeps.
   * @param answer gives its answer: an errno, or at most `max`
   * @param late what to do with an outcome that comes after an answer
   */
  add(
    { key, name, max, ino }: Asked,
    promise: Promise<number>,
    answer: (ret: number) => void,
    late = () => {},
  ): Waiting {
    const { task } = this
    this.task = new task_struct()
    const waiting: Interruptible = {
      task,
      interrupted: false,
      end: (ret) => {
        if (this.#waiting.get(key) !== waiting) return false
        this.#waiting.delete(key)
        blocked_calls.delete(task)
        const right = checkAnswer(name, max, waiting.interrupted && ret < 0 ? -EINTR : ret)
        task.answered?.(right)
        answer(right)
        abort_task(task)
        return true
      },
    }
    this.#waiting.set(key, waiting)
    blocked_calls.set(task, { op: name, ino, since: performance.now() })
    promise
      .catch((e) => faultOf(name, e))
      .then((ret) => {
        if (!waiting.end(ret)) late()
      })
    return waiting
  }

  /**
   * A signal has come to the program that waits. A sleep that signals may end comes back early, and if its callback
   * then has a result that is the answer; whatever waits on is given up.
   * @param force whether signals end every wait, or as on a kernel those of a driver that says so alone
   */
  interrupt(key: number, force: boolean): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    // No other signal is told of: who waits for one that is blocked is looked at again.
    if (signal_held(waiting.task)) {
      setTimeout(() => this.#waiting.get(key) === waiting && this.interrupt(key, force), heldEvery).unref()
      return
    }
    if (!interrupt_task(waiting.task, force)) return
    waiting.interrupted = true
    // What was woken has run by now; its result comes in a microtask.
    setImmediate(() => waiting.end(-EINTR))
  }

  /** Answers all that wait with an errno. */
  endAll(ret: number): void {
    for (const waiting of [...this.#waiting.values()]) waiting.end(ret)
  }
}
