// `lunatik umount` and `lunatik wait`: the end and the beginning of somebody else's `lunatik mount`.
import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { UserError } from '../errors.js'
import { fusermountPath, mountCommand, runCommand } from '../fuse/command.js'
import { mayMount } from '../fuse/privilege.js'
import { lunatikType, mountInfo } from '../mountinfo.js'

/** How long umount(8) may take, in milliseconds. */
const umountMs = 10_000
/** How long stat(1) may wait for a server's answer, in milliseconds. */
const statMs = 5000
/** How often `wait` looks, in milliseconds. */
const lookMs = 50

/** The path of a mount's folder without symbolic links. Never touches the mount, whose server may be dead. */
function placeOf(dir: string): string {
  const path = resolve(dir)
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path // There is no such folder, and so no mount.
  }
}

/** What is mounted on a folder: the topmost, if it is lunatik's. */
function mountedOn(place: string) {
  const top = mountInfo().findLast(({ mountpoint }) => mountpoint === place)
  return top?.type === lunatikType ? top : null
}

/** The command that unmounts. */
function command(lazy: boolean): readonly string[] {
  if (mayMount()) return mountCommand('umount', ...(lazy ? ['-l'] : []), '--') as string[]
  const fusermount = fusermountPath()
  if (fusermount === null)
    throw new UserError('not permitted to unmount: run as root, or install fuse3 for fusermount3')
  return [fusermount, '-u', ...(lazy ? ['-z'] : []), '--']
}

/**
 * Runs `lunatik umount`: its server ends then.
 * @param lazy also where programs have files open, which they keep until they close them
 */
export async function umount(dir: string, { lazy }: { readonly lazy: boolean }): Promise<number> {
  const place = placeOf(dir)
  const mounted = mountedOn(place)
  if (mounted === null) throw new UserError(`nothing of lunatik is mounted on ${dir}`)
  const { code, stderr } = await runCommand([...command(lazy), mounted.path], umountMs)
  if (code === 0) return 0
  if (/busy/.test(stderr)) throw new UserError(`${dir} is in use: end what uses it, or take it away with --lazy`)
  throw new UserError(
    `can't unmount ${dir}: ${stderr.trim().split('\n')[0] || `umount ended with ${code ?? 'no answer'}`}`,
  )
}

/**
 * Runs `lunatik wait`: resolves once programs can use the mount on the folder.
 * @param timeout in seconds; 0 for no end
 */
export async function wait(dir: string, { timeout }: { readonly timeout: number }): Promise<number> {
  const end = timeout === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeout * 1000
  for (;;) {
    const mounted = mountedOn(placeOf(dir))
    // statfs(2), which nobody caches, is answered by whoever serves.
    if (mounted !== null && (await runCommand(['stat', '-f', '--', mounted.path], statMs)).code === 0) return 0
    if (performance.now() >= end) throw new UserError(`no mount of lunatik on ${dir} within ${timeout} s`)
    await pause(lookMs)
  }
}
