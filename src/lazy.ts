// What is made once somebody needs it: Node's own modules above all, which take long to load.

/** A function that calls `make` once, when it is first called. */
export function lazy<T>(make: () => T): () => T {
  let made: T | null = null
  return () => {
    made ??= make()
    return made
  }
}
