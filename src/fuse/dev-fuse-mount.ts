// Mounting for the transport dev-fuse, from the main thread. mount(8) gets the descriptor of /dev/fuse; without the right
// to mount, fusermount3 would hand one over a socket, which Node can't receive.
import { closeSync, openSync } from 'node:fs'
import { UserError } from '../errors.js'
import { lunatikType } from '../mountinfo.js'
import { mountCommand, runCommand } from './command.js'
import { Mount, newMountTag } from './mount.js'
import type { Mountpoint } from './mountpoint.js'
import { mayMount } from './privilege.js'

/** How long mount(8) may take, in milliseconds. */
const mountMs = 10_000

/** A connection that is mounted. */
export interface DevFuseMount {
  /** The descriptor of /dev/fuse, from which requests come now. */
  readonly fd: number
  readonly mount: Mount
}

/** Mounts a connection on the folder, wherever that is by now. Throws a UserError. */
export async function mountDevFuse(mountpoint: Mountpoint): Promise<DevFuseMount> {
  if (!mayMount()) {
    throw new UserError(
      'dev-fuse needs the right to mount: run as root, or use --transport fuse-native with fusermount',
    )
  }
  mountpoint.checkFree()
  const fd = openSync('/dev/fuse', 'r+')
  const tag = newMountTag()
  try {
    const options = [
      'fd=3',
      'rootmode=40000',
      `user_id=${process.geteuid?.() ?? 0}`,
      `group_id=${process.getegid?.() ?? 0}`,
      'default_permissions',
      'allow_other',
      tag,
    ]
    const what = ['-i', '-t', lunatikType, '-o', options.join(','), 'lunatik', '/proc/self/fd/4']
    const command = mountCommand('mount', ...what)
    const { code, stderr } = await runCommand(command, mountMs, [fd, mountpoint.fd])
    const mount = Mount.find(tag, mountpoint)
    if (code !== 0 || mount === null) {
      await mount?.unmount()
      const why = stderr.trim().split('\n')[0]?.replace('/proc/self/fd/4', mountpoint.path)
      throw new UserError(`can't mount on ${mountpoint.path}: ${why || `mount(8) ended with ${code ?? 'no answer'}`}`)
    }
    await mountpoint.settle(mount)
    await mount.makePrivate()
    return { fd, mount }
  } catch (e) {
    closeSync(fd)
    throw e
  }
}
