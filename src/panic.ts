// kernel/panic.c: what can't go on. A fault in the engine's memory leaves nothing of it that may be trusted, whichever
// script it belongs to: all of the machine ends, and who watches over it puts another in its place.

let handler: ((why: string) => void) | null = null

/** Has `panic` called, which must not return, for each fault of the engine. Without it {@link panicOn} does nothing. */
export function onPanic(panic: (why: string) => void): void {
  handler = panic
}

/**
 * Ends the machine where `e` is a fault of the engine's own (WebAssembly.RuntimeError); does nothing for other errors.
 */
export function panicOn(e: unknown): void {
  let fault = false
  try {
    fault = e instanceof WebAssembly.RuntimeError
  } catch {
    // A Proxy may throw where it is asked.
  }
  if (fault) handler?.(`a fault in the engine's memory: ${(e as Error).message}`)
}
