// Where a path leads, found link by link without touching a served mount. Stands for the kernel's path walk, which has no
// reason to fear its own files: here the process that reads one would wait for an answer that only itself can give.
import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { lunatik_conf } from './lunatik_conf.js'

/** Linux's MAXSYMLINKS. */
const symlinksMax = 40

/** Where a path leads. */
export interface lunatik_resolved {
  /** The path without symbolic links. */
  readonly path: string
  /** What is there; null for nothing, in a folder that exists. */
  readonly stat: Stats | null
}

/**
 * fs.protected_symlinks, which can't hold for a path whose links are followed here: whether the last link was put into a
 * folder such as /tmp by somebody who is neither this process' user nor the folder's.
 */
const isPlanted = (link: Stats, folder: Stats) =>
  (folder.mode & 0o1002) === 0o1002 && link.uid !== process.geteuid?.() && link.uid !== folder.uid

function walk(path: string): lunatik_resolved | 'served' | null {
  let rest = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split('/')
  let at = '/'
  let stat = lstatSync(at)
  let links = 0
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (!stat.isDirectory()) return null
    if (name === '' || name === '.') continue
    const next = join(at, name)
    if (lunatik_conf.served.includes(next)) return 'served'
    const found = lstatSync(next, { throwIfNoEntry: false })
    if (found === undefined) return rest.length === 0 ? { path: next, stat: null } : null
    if (!found.isSymbolicLink()) {
      at = next
      stat = found
      continue
    }
    if (++links > symlinksMax || (rest.length === 0 && isPlanted(found, stat))) return null
    const target = readlinkSync(next)
    rest = [...target.split('/'), ...rest]
    if (!isAbsolute(target)) continue
    at = '/'
    stat = lstatSync(at)
  }
  return { path: at, stat }
}

/**
 * Resolves `path` as open(2) does, `..` after a link included, and without touching a served mount, not even with a
 * stat. Whoever opens what it gives should do so with O_NOFOLLOW.
 * @returns `'served'` where it leads onto a served mount; null where it leads nowhere, round in circles or where this
 *   process may not look
 */
export function lunatik_resolve(path: string): lunatik_resolved | 'served' | null {
  try {
    return path === '' ? null : walk(path)
  } catch {
    return null
  }
}
