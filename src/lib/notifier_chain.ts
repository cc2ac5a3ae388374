// linux/notifier.h: chains of notifiers, each of which hears of an event until one stops it.
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'

export const NOTIFY_DONE = 0
export const NOTIFY_OK = 1
export const NOTIFY_STOP_MASK = 0x8000
export const NOTIFY_BAD = NOTIFY_STOP_MASK | 2
export const NOTIFY_STOP = NOTIFY_STOP_MASK | NOTIFY_OK

/** The names of what notifiers return. */
export const notify_names: Readonly<Record<number, string>> = {
  [NOTIFY_DONE]: 'DONE',
  [NOTIFY_OK]: 'OK',
  [NOTIFY_BAD]: 'BAD',
  [NOTIFY_STOP]: 'STOP',
}

/** Whether a result refuses the event: then the kernel's errno is -(ret - NOTIFY_OK). */
export const notifier_to_errno = (ret: number): number => {
  const code = ret & ~NOTIFY_STOP_MASK
  return code > NOTIFY_OK ? NOTIFY_OK - code : 0
}

/** Who hears of the events of a chain. */
export interface notifier_block<T> {
  /** Tells it an event; `name` is for the deed. */
  notifier_call(event: number, data: T, name: string, task: task_struct): Deed | Promise<Deed>
}

/** A chain. The notifiers hear in the order in which they were registered. */
export class notifier_head<T> {
  readonly #blocks = new Set<notifier_block<T>>()

  get size(): number {
    return this.#blocks.size
  }

  register(nb: notifier_block<T>): void {
    this.#blocks.add(nb)
  }

  unregister(nb: notifier_block<T>): void {
    this.#blocks.delete(nb)
  }

  /**
   * Tells all of them an event, until one stops it: notifier_call_chain.
   * @param deeds gets what each did
   * @returns what the last one returned
   */
  async call(event: number, data: T, name: string, task: task_struct, deeds: Deed[]): Promise<number> {
    let ret = NOTIFY_DONE
    for (const nb of [...this.#blocks]) {
      // One before may have stopped its script.
      if (!this.#blocks.has(nb)) continue
      const did = nb.notifier_call(event, data, name, task)
      const deed = did instanceof Promise ? await did : did
      deeds.push(deed)
      // Upstream: an error counts as OK.
      ret = deed.result ?? NOTIFY_OK
      if ((ret & NOTIFY_STOP_MASK) !== 0) break
    }
    return ret
  }
}
