// How a file is looked for, and who is told: whoever runs a script again when a file of it changes. A kernel has nobody
// of this kind. Knows nothing of Lua, so that a thread without Lua may look as well.
import { createHash } from 'node:crypto'
import type { lunatik_seen } from './lunatik_path.js'
import { lunatik_readfile } from './lunatik_readfile.js'

/** A look for a file, as plain values. */
export interface lunatik_search {
  /** Where it is looked for, in that order. */
  readonly paths: readonly string[]
  /** Which of them was read; -1 for none. */
  readonly found: number
  /** A digest of what was read; empty for none. */
  readonly digest: string
}

/** What a search finds. */
export interface lunatik_found {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Who wants to know what the runtimes of a script use. `user` is the script, or null for a module's runtime. */
export interface lunatik_witness {
  searched(user: string | null, search: lunatik_search): void
  /** Of a module that LUNATIK_NEWLIB defines, or nobody. */
  required(user: string | null, name: string): void
}

let witness: lunatik_witness | null = null

/** Has somebody told from now on; null for nobody. */
export function lunatik_tell(told: lunatik_witness | null): void {
  witness = told
}

/** The digest of a file's bytes. */
export const lunatik_digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64')

type Found = lunatik_found & { readonly place: number }

/** The first of `paths` that can be read, and its place; null for none. Further arguments are lunatik_readfile's. */
function first(paths: readonly string[], ...rest: [(string | null)?, lunatik_seen?]): Found | null {
  for (const [place, path] of paths.entries()) {
    const bytes = lunatik_readfile(path, ...rest)
    if (bytes !== null) return { path, bytes, place }
  }
  return null
}

const described = (paths: readonly string[], found: Found | null): lunatik_search => ({
  paths,
  found: found?.place ?? -1,
  digest: found === null ? '' : lunatik_digest(found.bytes),
})

/**
 * What a search for the first of `paths` finds now. Nobody is told.
 * @param seen told of the way to each that was looked at
 */
export const lunatik_look = (paths: readonly string[], seen?: lunatik_seen): lunatik_search =>
  described(paths, first(paths, null, seen))

/** Looks for the first of `paths` that can be read, for a runtime of `user`. */
export function lunatik_find(user: string | null, paths: readonly string[]): lunatik_found | null {
  const found = first(paths)
  witness?.searched(user, described(paths, found))
  return found
}

/** A runtime of `user` requires a module that is no file. */
export function lunatik_requires(user: string | null, name: string): void {
  witness?.required(user, name)
}
