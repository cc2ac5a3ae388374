// /proc/self/mountinfo: what is mounted in this mount namespace. The one place that reads it.
//
// Reading it touches no mount. It stands for the namespace's tree of mounts (fs/mount.h): `stackAt` walks it as the
// kernel walks a path.
import { readFileSync } from 'node:fs'

/** What each transport mounts: the type and the subtype, by which a mount of lunatik is told from others. */
export const lunatikType = 'fuse.lunatik'

/** A line of mountinfo (proc(5)). */
export interface MountInfo {
  /** Unique while the mount lasts. */
  readonly id: number
  /** The mount that this one is mounted on; for the namespace's root one that isn't listed. */
  readonly parent: number
  /** What of the filesystem is the mount's root, as a path in it: a folder or a file, `/` for the whole. */
  readonly root: string
  /** `major:minor` of the filesystem, which is one for all bind mounts of it. Reused once the filesystem is gone. */
  readonly device: string
  /** The folder's path, in bytes, which need be no UTF-8. */
  readonly path: Buffer
  /** The same as text, with U+FFFD for what is no UTF-8. */
  readonly mountpoint: string
  /** Whether what is mounted on it appears in other places as well (mount_namespaces(7)). */
  readonly shared: boolean
  readonly type: string
  readonly source: string
  /** The filesystem's own options. */
  readonly options: readonly string[]
}

/** The bytes of a field, in which some are escaped in octal. */
const bytesOf = (field: string): Buffer =>
  Buffer.from(
    field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    'latin1',
  )

/** @param text as latin1: one character a byte */
export function parseMountInfo(text: string): MountInfo[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const fields = line.split(' ')
      const end = fields.indexOf('-', 6)
      const [id = '', parent = '', device = '', root = '', mountpoint = ''] = fields
      const [type = '', source = '', options = ''] = fields.slice(end + 1)
      const path = bytesOf(mountpoint)
      return {
        id: Number(id),
        parent: Number(parent),
        root: bytesOf(root).toString(),
        device,
        path,
        mountpoint: path.toString(),
        shared: fields.slice(6, end).some((field) => field.startsWith('shared:')),
        type: bytesOf(type).toString(),
        source: bytesOf(source).toString(),
        options: options.split(','),
      }
    })
}

/** What is mounted, the oldest first. */
export const mountInfo = (): MountInfo[] => parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1'))

/** The mounts of `mounts` that cover `mount` at its own place, the lowest first. */
export function coversOf(mounts: readonly MountInfo[], mount: MountInfo): MountInfo[] {
  const covers: MountInfo[] = []
  const over = ({ id }: MountInfo) => mounts.findLast((m) => m.parent === id && m.path.equals(mount.path))
  for (let cover = over(mount); cover !== undefined && covers.length < mounts.length; cover = over(cover)) {
    covers.push(cover)
  }
  return covers
}

/**
 * The mounts that lie on each other at `path`, which has no symbolic links, the lowest first: those that a path walk
 * from the root reaches. The last one is what a program sees there; none where nothing is mounted on it.
 */
export function stackAt(mounts: readonly MountInfo[], path: Buffer): MountInfo[] {
  const ids = new Set(mounts.map(({ id }) => id))
  const isRoot = (m: MountInfo) => m.path.equals(Buffer.from('/')) && !ids.has(m.parent)
  const root = mounts.find(isRoot)
  if (root === undefined) return []
  let stack = [root, ...coversOf(mounts, root)]
  for (let end = path.indexOf('/', 1); path.length > 1; end = path.indexOf('/', end + 1)) {
    const prefix = end === -1 ? path : path.subarray(0, end)
    const seen = stack.at(-1)
    const first = mounts.findLast((m) => m.parent === seen?.id && m.path.equals(prefix))
    if (first !== undefined) stack = [first, ...coversOf(mounts, first)]
    if (end === -1) return first === undefined ? [] : stack
  }
  return stack
}
