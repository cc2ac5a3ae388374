// What a mount shows of the folder that it covers: where it has nothing of a name itself, a link to what is there. By
// that a mount over /dev leaves the machine's own devices to its programs. Stands for nothing in the kernel, whose /dev
// is one.
//
// Nothing is kept: each look-up asks the folder anew, and a device of the mount goes before a link, and leaves it
// again.
import { readdirSync, readlinkSync } from 'node:fs'
import { bytesOf, stringOf } from '../surrogateescape.js'
import type { inode } from './fs.js'
import { newLink, root } from './namei.js'

/** Where the covered folder can be reached; null where nothing is shown of it. */
let below: string | null = null

/** The links that were made, by their folders. */
const links = new WeakMap<inode, Map<string, inode>>()

/** Has the mount show what is in `path`, a folder that must not be on a mount of ours; null for nothing. */
export function underlay(path: string | null): void {
  below = path
}

/** A folder's own path below the covered one; null for a folder that was taken away. */
function pathOf(folder: inode): string | null {
  if (folder === root) return below
  const { i_parent: parent } = folder
  const above = parent === null ? null : pathOf(parent)
  if (above === null) return null
  for (const [name, node] of parent?.i_children ?? []) if (node === folder) return `${above}/${name}`
  return null
}

/** What a link to a name there leads to: a link's own target, as relative ones hold here too. Null where nothing is. */
function targetOf(path: string): string | null {
  try {
    return stringOf(readlinkSync(bytesOf(path), 'buffer'))
  } catch (e) {
    // The error of what is no link. Nothing else is asked of it, which may be a mount that never answers.
    return (e as NodeJS.ErrnoException).code === 'EINVAL' ? path : null
  }
}

function linkTo(folder: inode, above: string, name: string): inode | null {
  const target = targetOf(`${above}/${name}`)
  if (target === null) return null
  const made = links.get(folder) ?? new Map<string, inode>()
  links.set(folder, made)
  const known = made.get(name)
  if (known?.i_link === target) return known
  const link = newLink(target)
  made.set(name, link)
  return link
}

/** The link that a folder of the mount has for a name that is not its own; null for none. */
export function under(folder: inode, name: string): inode | null {
  const above = below === null ? null : pathOf(folder)
  return above === null ? null : linkTo(folder, above, name)
}

/** What a folder of the mount shows: its own nodes, then links. */
export function entriesOf(folder: inode): [name: string, node: inode][] {
  const own = [...(folder.i_children ?? [])]
  const above = below === null ? null : pathOf(folder)
  if (above === null) return own
  let names: string[]
  try {
    names = readdirSync(bytesOf(above), 'buffer').map(stringOf)
  } catch {
    return own // There is no such folder.
  }
  for (const name of names) {
    const link = folder.i_children?.has(name) ? null : linkTo(folder, above, name)
    if (link !== null) own.push([name, link])
  }
  return own
}
