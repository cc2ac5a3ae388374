// How an error of JavaScript's is told in Lua, by every engine.

/** The message of what was thrown. */
export function describeError(e: unknown): string {
  if (e instanceof RangeError && e.message.startsWith('Maximum call stack')) return 'stack overflow'
  try {
    return String(e instanceof Error ? e.message : e)
  } catch {
    return 'a JavaScript value without a description'
  }
}

/** What each use of a state says that has been closed. */
export const STOPPED = 'the runtime has been stopped'
