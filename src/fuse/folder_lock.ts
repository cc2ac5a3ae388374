// Which server may mount on a folder: one at a time, from before it looks at the folder until its end. Stands for
// nothing in the kernel, where mounts pile up on a folder.
//
// The lock is the name of a socket that has no file (unix(7), abstract), so that it ends with its process, however that
// ends. Such names are one for a network namespace and anybody may take any of them. So a lock that is held is a reason
// to wait for a while, never to give up; the last word has the kernel's list of mounts.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readlinkSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { basename, dirname } from 'node:path'

/** How long the pauses between two tries are, in milliseconds. */
const pauseMs = 50

/**
 * The name for a folder in this mount namespace. The folder itself may be covered by a dead mount, so it is known by
 * the one above it and its name there.
 */
function lockName(path: string): string {
  const { dev, ino } = statSync(dirname(path), { bigint: true })
  const folder = `${readlinkSync('/proc/self/ns/mnt')} ${dev}:${ino} ${basename(path)}`
  return `\0lunatik-${createHash('sha256').update(folder).digest('base64url')}`
}

/** A lock that is held. It keeps no process alive. */
export class FolderLock {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * Takes the lock of a folder.
   * @param path absolute, without symbolic links; the folder above it is there and can be looked at
   * @param check called before each further try while another has the lock; its error ends the wait
   * @param ms how long to wait, in milliseconds
   * @returns null where the lock can't be had
   */
  static async take(path: string, check: () => Promise<void>, ms: number): Promise<FolderLock | null> {
    const name = lockName(path)
    for (const end = performance.now() + ms; ; ) {
      const server = createServer((socket) => socket.destroy()).listen(name)
      try {
        await once(server, 'listening')
        return new FolderLock(server.unref())
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== 'EADDRINUSE') return null
      }
      await check()
      if (performance.now() > end) return null
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (1 + Math.random())))
    }
  }

  /** Lets it go. May be called again. */
  release(): void {
    this.#server.close()
  }
}
