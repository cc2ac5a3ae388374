// What scripts and modules use, as the kernel tells it to who watches their files: plain values, which threads and
// processes may pass on.
import { lunatik_at } from '../lunatik/lunatik_path.js'
import { lunatik_look, type lunatik_search } from '../lunatik/lunatik_search.js'
import type { Starting } from './options.js'

/** A script, by its name, or a module, by its argument of --device. */
export type User = Starting

/** A look for a file. */
export interface FileUse extends lunatik_search {
  /** The file's path without symbolic links where that matters: what a module imports is looked for beside it. */
  readonly real?: string
}

/** What is told of a user. */
export type Use = {
  readonly user: User
} & (
  | {
      /** It begins to load: what it used before counts no more. Then it runs or fails. Somebody may stop it. */
      readonly type: 'starts' | 'runs' | 'fails' | 'stopped'
    }
  | { readonly type: 'file'; readonly file: FileUse }
  | {
      /** A script requires a module that LUNATIK_NEWLIB defines, whether there is one or not. */
      readonly type: 'requires'
      readonly library: string
    }
  | {
      /** A module has defined what scripts may require. */
      readonly type: 'defines'
      readonly library: string
    }
)

/** A user's key in a map. */
export const keyOf = ({ kind, name }: User) => `${kind} ${name}`

/** What identifies a look. */
export const pathsOf = ({ paths }: FileUse) => paths.join('\0')

/** A path without symbolic links; empty for one that leads nowhere. */
export const realPath = (path: string) => lunatik_at(path, null, (place) => place.path) ?? ''

/** What a look for the one file `path` finds now, where its real path matters. */
export const fileAt = (path: string): FileUse => ({ ...lunatik_look([path]), real: realPath(path) })
