// fs/file.c's table of descriptors, as a mount has it: what is open, by the number that the kernel gives back with each
// request. 0 is no handle, as a transport may take it for none.

/** What is open on a mount. */
export class HandleTable<T> {
  readonly #entries: (T | null)[] = [null]
  /** Those that were used and are free again. */
  readonly #free: number[] = []

  /** What has the handle; null for none. */
  get(handle: number): T | null {
    return this.#entries[handle] ?? null
  }

  /** Gives a handle, the smallest that was free last. */
  add(entry: T): number {
    const handle = this.#free.pop() ?? this.#entries.length
    this.#entries[handle] = entry
    return handle
  }

  /** Takes a handle back. Returns what had it; null for none. */
  remove(handle: number): T | null {
    const entry = this.get(handle)
    if (entry === null) return null
    this.#entries[handle] = null
    this.#free.push(handle)
    return entry
  }

  /** The handles that are given. */
  handles(): number[] {
    return [...this.#entries.keys()].filter((handle) => this.get(handle) !== null)
  }
}
