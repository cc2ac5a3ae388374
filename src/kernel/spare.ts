// Descriptors that are kept for the end. Scripts and modules can use up all that the process may have; what unmounts
// and what ends a machine are other programs, and starting one takes a few.
import { closeSync, openSync } from 'node:fs'

/** As many as two threads and three programs take. */
const spareMax = 48

const spare: number[] = []

function fill(): void {
  try {
    while (spare.length < spareMax) spare.push(openSync('/', 'r'))
  } catch {} // Fewer are better than none.
}

/** Begins to keep them: before anything that a user wrote runs. */
export const keepDescriptors = fill

/**
 * Gives them away, for what is begun now.
 * @returns takes them back, as far as there are some
 */
export function spareDescriptors(): () => void {
  for (const fd of spare.splice(0)) closeSync(fd)
  return fill
}
