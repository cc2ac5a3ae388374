// Mounting and unmounting for the transport dev-fuse, from the main thread. mount(8) gets the descriptor of /dev/fuse;
// without the right to mount, fusermount3 would hand one over a socket, which Node can't receive.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { mayMount } from './mountpoint.js'
import { MountError } from './transport.js'

/** How long mount(8) may take, in milliseconds. */
const mountMs = 10_000

/** Whether this process may mount without help. */
export const canMountDevFuse = mayMount

/**
 * Mounts a connection on `mountpoint`, which is absolute and without symbolic links.
 * @returns the descriptor of /dev/fuse, from which requests come now
 */
export async function mountDevFuse(mountpoint: string): Promise<number> {
  if (!mayMount()) {
    throw new MountError(
      'dev-fuse needs the right to mount: run as root, or use --transport fuse-native with fusermount',
    )
  }
  const fd = openSync('/dev/fuse', 'r+')
  const options = [
    'fd=3',
    'rootmode=40000',
    `user_id=${process.geteuid?.() ?? 0}`,
    `group_id=${process.getegid?.() ?? 0}`,
    'default_permissions',
    'allow_other',
  ]
  const child = spawn('mount', ['-i', '-t', 'fuse.lunatik', '-o', options.join(','), 'lunatik', mountpoint], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    env: { ...process.env, LC_ALL: 'C' },
    timeout: mountMs,
    killSignal: 'SIGKILL',
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(stderr.trim().split('\n')[0] || `mount(8) ended with ${code}`)
  } catch (e) {
    closeSync(fd)
    throw new MountError(`can't mount on ${mountpoint}: ${e instanceof Error ? e.message : String(e)}`)
  }
  return fd
}

/**
 * Ends a connection at once: whoever waits for an answer gets ECONNABORTED, and the thread that reads is freed.
 */
export function abortConnection(mountpoint: string): void {
  const line = readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .findLast((line) => line.split(' ')[4] === Buffer.from(mountpoint).toString('latin1'))
  const minor = line?.split(' ')[2]?.split(':')[1]
  if (minor === undefined) return
  try {
    writeFileSync(`/sys/fs/fuse/connections/${minor}/abort`, '1')
  } catch {} // No such folder in some containers: closing the descriptor does it as well.
}
