// kernel/printk/printk_ringbuffer.c: the newest lines of the log, bounded in bytes. A position counts the bytes of all
// lines since the start, those included that are gone.

interface Line {
  /** Where it begins. */
  readonly pos: number
  readonly bytes: Uint8Array
}

/** Gone lines are cut off the array when there are as many, so that each costs its move once. */
const goneMin = 1024

/** A ring of lines. */
export class PrintkRingbuffer {
  readonly #max: number
  readonly #lines: Line[] = []
  /** Index of the oldest line that is kept. */
  #oldest = 0
  #head = 0

  /** @param max how many bytes are kept at most */
  constructor(max: number) {
    this.#max = max
  }

  /** The position behind the newest line. */
  get head(): number {
    return this.#head
  }

  /** The position of the oldest line that is kept; `head` where there is none. */
  get tail(): number {
    return this.#lines[this.#oldest]?.pos ?? this.#head
  }

  /** Adds a line. The oldest ones go to make room; a line longer than all room is not kept either. */
  store(bytes: Uint8Array): void {
    this.#lines.push({ pos: this.#head, bytes })
    this.#head += bytes.length
    while (this.#head - this.tail > this.#max) this.#oldest++
    if (this.#oldest < goneMin || this.#oldest * 2 < this.#lines.length) return
    this.#lines.splice(0, this.#oldest)
    this.#oldest = 0
  }

  /**
   * Copies the bytes from `pos` on, which may lie within a line.
   * @param pos from `tail` to `head`
   * @returns how many bytes were copied: as many as there are and fit
   */
  read(pos: number, buf: Uint8Array): number {
    let done = 0
    for (let n = this.#find(pos); done < buf.length && n < this.#lines.length; n++) {
      const line = this.#lines[n] as Line
      const from = pos + done - line.pos
      const part = line.bytes.subarray(from, from + buf.length - done)
      buf.set(part, done)
      done += part.length
    }
    return done
  }

  /** Index of the line that holds the byte at `pos`. */
  #find(pos: number): number {
    let [low, high] = [this.#oldest, this.#lines.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const { pos: begin, bytes } = this.#lines[middle] as Line
      if (begin + bytes.length <= pos) low = middle + 1
      else high = middle
    }
    return low
  }
}
