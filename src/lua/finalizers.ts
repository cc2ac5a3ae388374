// The half of a garbage collector that fengari lacks: which values have a `__gc`, and when it is called. JavaScript
// collects Lua's values; this file hears of it.
//
// A userdata is let go: once JavaScript has collected it, its finalizer gets a userdata made anew of what remains, its
// block and its metatable. Of a table nothing would remain, so it is kept until the state is closed.

interface Entry<T> {
  /** What a finalizer needs of the value. */
  readonly rest: T
  done: boolean
}

/** The values of one state that have a finalizer, in the order in which they got it. */
export class Finalizers<T> {
  readonly #entries = new Set<Entry<T>>()
  /** Each value is marked but once, whatever metatables it gets. */
  readonly #marked = new WeakSet<object>()
  readonly #collected: FinalizationRegistry<Entry<T>>
  readonly #finalize: (rest: T) => void

  /** @param finalize calls a value's finalizer; it must not throw */
  constructor(finalize: (rest: T) => void) {
    this.#finalize = finalize
    this.#collected = new FinalizationRegistry((entry) => this.#end(entry))
  }

  has(value: object): boolean {
    return this.#marked.has(value)
  }

  /**
   * Marks a value.
   * @param letgo whether JavaScript may collect it; then `rest` must not refer to it
   */
  mark(value: object, rest: T, letgo: boolean): void {
    const entry = { rest, done: false }
    this.#marked.add(value)
    this.#entries.add(entry)
    if (letgo) this.#collected.register(value, entry)
  }

  /** Calls what has not been called, in the reverse order of the marks. What is marked meanwhile is left. */
  finalizeAll(): void {
    for (const entry of [...this.#entries].reverse()) this.#end(entry)
  }

  /** Forgets what is left: nothing is finalized any more. */
  end(): void {
    for (const entry of this.#entries) entry.done = true
    this.#entries.clear()
  }

  #end(entry: Entry<T>): void {
    if (entry.done) return
    entry.done = true
    this.#entries.delete(entry)
    this.#finalize(entry.rest)
  }
}
