// lib/errname.c: the symbolic name of an errno.
import * as errno from './errno.js'

const names = new Map<number, string>()
for (const [name, number] of Object.entries(errno)) if (!names.has(number)) names.set(number, name)
// A module's namespace is sorted by name, so the aliases come in any order: these are the names that Linux prefers.
names.set(errno.EAGAIN, 'EAGAIN')
names.set(errno.EDEADLK, 'EDEADLK')

/**
 * The name of an errno, as the kernel's errname() gives it.
 * @param err an errno of either sign, for example 2 or -2
 * @returns for example `"ENOENT"`, or null for a number that is no errno (0 too)
 */
export function errname(err: number): string | null {
  return names.get(Math.abs(err)) ?? null
}
