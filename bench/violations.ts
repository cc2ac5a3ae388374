// What the soak and the kills have found wrong.

/** Violations, the first of each sort in full. */
export class Violations {
  readonly #counts = new Map<string, number>()
  #final = false

  add(text: string): void {
    if (this.#final) return
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1)
  }

  /** Adds the last one: what comes after it is its consequence. */
  final(text: string): void {
    this.add(text)
    this.#final = true
  }

  get count(): number {
    return this.#counts.size
  }

  /** One line for each. */
  toString(): string {
    const shown = [...this.#counts].slice(0, 30).map(([text, n]) => `  ${text}${n > 1 ? ` (${n} times)` : ''}`)
    return [...shown, ...(this.count > shown.length ? [`  and ${this.count - shown.length} more`] : [])].join('\n')
  }
}
