// fs/mount.h, as far as a path walk needs it: which mount a descriptor is on, and what is mounted there. Nothing here
// asks the mounted filesystem, as stat(2) and statfs(2) do, which on FUSE are requests to a server.
//
// The files of /proc that tell stay open, which halves what a walk costs. They show what is so when they are read.
import { closeSync, openSync, readSync } from 'node:fs'
import { type MountInfo, parseMountInfo } from '../mountinfo.js'

/** How many files of /proc/self/fdinfo stay open: a walk has few descriptors, which have the same numbers again. */
const infosMax = 8

const buf = Buffer.allocUnsafeSlow(16 << 10)

/**
 * How much of mountinfo is read first, in bytes: the kernel writes it as it is read, and what lasts stands in front.
 */
const firstRead = 512

/** The open files of /proc/self/fdinfo, by the descriptor's number. */
const infos = new Map<number, number>()

/** What tells of whatever file has the number `fd`. */
function infoOf(fd: number): number {
  const known = infos.get(fd)
  if (known !== undefined) return known
  if (infos.size >= infosMax) {
    for (const info of infos.values()) closeSync(info)
    infos.clear()
  }
  const info = openSync(`/proc/self/fdinfo/${fd}`, 'r')
  infos.set(fd, info)
  return info
}

/**
 * The id of the mount that the open file `fd` is on: the mount's own while the file is open.
 * @throws as fs does
 */
export function mountIdOf(fd: number): number {
  const text = buf.toString('latin1', 0, readSync(infoOf(fd), buf, 0, buf.length, 0))
  const id = /^mnt_id:\s*(\d+)/m.exec(text)?.[1]
  if (id === undefined) throw new Error(`/proc/self/fdinfo/${fd} names no mount`)
  return Number(id)
}

/** The open /proc/self/mountinfo. */
let table: number | null = null

function find(fd: number, id: number): MountInfo | null {
  let text = '\n'
  for (let pos = 0, length = firstRead; ; length = Math.min(2 * length, buf.length)) {
    const n = readSync(fd, buf, 0, length, pos)
    if (n === 0) return null
    pos += n
    text += buf.toString('latin1', 0, n)
    const start = text.indexOf(`\n${id} `)
    const end = text.indexOf('\n', start + 1)
    if (start >= 0 && end >= 0) return parseMountInfo(text.slice(start + 1, end))[0] ?? null
  }
}

/**
 * The mount with this id, on which a file is open; null for one that isn't below this process's root.
 * @throws as fs does
 */
export function mountOf(id: number): MountInfo | null {
  table ??= openSync('/proc/self/mountinfo', 'r')
  const found = find(table, id)
  if (found !== null) return found
  // A list that is read in parts misses a mount which is moved meanwhile, and one of another root knows others.
  closeSync(table)
  table = openSync('/proc/self/mountinfo', 'r')
  return find(table, id)
}
