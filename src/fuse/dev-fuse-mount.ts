// Mounting for the transport dev-fuse, from the main thread. mount(8) gets the descriptor of /dev/fuse; without the
// right to mount, fusermount3 opens one and hands it over a socket.
import { closeSync, openSync } from 'node:fs'
import { UserError } from '../errors.js'
import { lunatikType } from '../mountinfo.js'
import { fusermountPath, mountCommand, runCommand } from './command.js'
import { Mount, newMountTag } from './mount.js'
import type { Mountpoint } from './mountpoint.js'
import { mayMount } from './privilege.js'
import { SocketPair } from './scm_rights.js'

/** How long mount(8) may take, in milliseconds. */
const mountMs = 10_000

/** A connection that is mounted. */
export interface DevFuseMount {
  /** The descriptor of /dev/fuse, from which requests come now. */
  readonly fd: number
  readonly mount: Mount
}

/** Why nothing is mounted: what the program said, and what to do. */
function failure(dir: string, stderr: string, program: string, code: number | null): UserError {
  const said = stderr.trim().split('\n')[0] || `${program} ended with ${code ?? 'no answer'}`
  const advice = said.includes('no write access') ? ': name a folder of your own (lunatik mount DIR)' : ''
  return new UserError(`can't mount on ${dir}: ${said}${advice}`)
}

/** mount(8) mounts what is opened here. */
async function byMount(mountpoint: Mountpoint, tag: string): Promise<number> {
  const fd = openSync('/dev/fuse', 'r+')
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
  const { code, stderr } = await runCommand(mountCommand('mount', ...what), mountMs, [fd, mountpoint.fd])
  if (code === 0) return fd
  closeSync(fd)
  throw failure(mountpoint.path, stderr.replace('/proc/self/fd/4', mountpoint.path), 'mount(8)', code)
}

/** fusermount3 opens and mounts. It knows the folder by its path, and checks that it is the user's. */
async function byFusermount(mountpoint: Mountpoint, tag: string): Promise<number> {
  const sockets = new SocketPair()
  try {
    const subtype = lunatikType.replace('fuse.', '')
    const options = ['default_permissions', 'fsname=lunatik', `subtype=${subtype}`, tag].join(',')
    const program = fusermountPath() ?? 'fusermount3'
    const { code, stderr } = await runCommand(
      [program, '-o', options, '--', mountpoint.path],
      mountMs,
      [sockets.theirs],
      { _FUSE_COMMFD: '3' },
    )
    // It has sent the descriptor before it ended.
    const fd = code === 0 ? sockets.receive() : null
    if (fd === null) throw failure(mountpoint.path, stderr, program, code)
    return fd
  } finally {
    sockets.close()
  }
}

/** Mounts a connection on the folder, wherever that is by now. Throws a UserError. */
export async function mountDevFuse(mountpoint: Mountpoint): Promise<DevFuseMount> {
  mountpoint.checkFree()
  const tag = newMountTag()
  let fd: number | null = null
  try {
    fd = mayMount() ? await byMount(mountpoint, tag) : await byFusermount(mountpoint, tag)
    const mount = Mount.find(tag, mountpoint)
    if (mount === null) throw new UserError(`${mountpoint.path} was unmounted as soon as it was mounted`)
    await mountpoint.settle(mount)
    await mount.makePrivate()
    return { fd, mount }
  } catch (e) {
    await Mount.find(tag, mountpoint)?.unmount()
    if (fd !== null) closeSync(fd)
    throw e
  }
}
