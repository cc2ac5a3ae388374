// V8's own collector, which otherwise waits for a shortage of its own. Nothing of the kernel's.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let gc: ((options?: { readonly type: 'minor' }) => void) | null = null

/** Collects JavaScript's garbage. What finalizers release, and what lies outside of the heap, goes a moment later. */
export function collectHeap(): void {
  if (gc === null) {
    // Node shows it to a context that is made after the flag is set.
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as typeof gc
  }
  gc?.()
}

/** Collects JavaScript's garbage, what lies outside of the heap included. */
export function collectAll(): void {
  collectHeap()
  // The next collection waits until what the last one has found outside of the heap is freed.
  gc?.({ type: 'minor' })
}
