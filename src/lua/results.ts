// What a C function has returned: the number of its results, if it is one.

/**
 * Why that can't be the number of results of a C function.
 * @param returned what it returned
 * @param values how many values are on its stack
 */
export function badResult(f: { readonly name: string }, returned: unknown, values: number): string {
  const name = `the C function '${f.name || '?'}'`
  if (returned instanceof Promise) {
    // What it ends with is nobody's any more.
    returned.catch(() => {})
    return `${name} returned a promise: one that waits returns lunatik_waitk(...)`
  }
  const shown = typeof returned === 'string' ? JSON.stringify(returned) : String(returned)
  if (typeof returned !== 'number' || !Number.isInteger(returned) || returned < 0)
    return `${name} returned ${shown}, not the number of its results`
  return `${name} returned ${shown} results, with ${values} value${values === 1 ? '' : 's'} on its stack`
}
