// The records of a kernel process that wait for their way to the process that started it. Nobody can wait for that in
// the middle of a callback, so of too many the oldest are dropped, and counted.
import { LOG_BUF_LEN } from '../printk.js'
import type { LogMessage } from './messages.js'

/** How much may be on its way, and how much may wait for that, in characters. */
const halfMax = LOG_BUF_LEN / 2

const sizeOf = ({ record }: LogMessage) => record.text.length + 1

/** Keeps records in their order. */
export class LogOutbox {
  readonly #send: (message: LogMessage, sent: () => void) => void
  #queue: LogMessage[] = []
  #queued = 0
  #flying = 0
  #lost = 0

  /** @param send sends a message, and calls `sent` later, once it needs no memory here any more */
  constructor(send: (message: LogMessage, sent: () => void) => void) {
    this.#send = send
  }

  /** Sends a record now, or as soon as there is room. */
  post(message: LogMessage): void {
    this.#queue.push(message)
    this.#queued += sizeOf(message)
    this.#pump(halfMax)
    let dropped = 0
    while (this.#queued > halfMax) {
      const oldest = this.#queue[dropped++] as LogMessage
      this.#queued -= sizeOf(oldest)
      if (oldest.printed !== 'all') this.#lost++
    }
    if (dropped > 0) this.#queue.splice(0, dropped)
  }

  /** Sends all that waits, before something else is said. */
  flush(): void {
    this.#pump(Number.POSITIVE_INFINITY)
  }

  #pump(max: number): void {
    let sent = 0
    while (sent < this.#queue.length && this.#flying < max) this.#fly(this.#queue[sent++] as LogMessage)
    if (sent > 0) this.#queue.splice(0, sent)
  }

  #fly(message: LogMessage): void {
    const size = sizeOf(message)
    this.#queued -= size
    this.#flying += size
    const lost = this.#lost
    this.#lost = 0
    this.#send({ ...message, lost }, () => {
      this.#flying -= size
      this.#pump(halfMax)
    })
  }
}
