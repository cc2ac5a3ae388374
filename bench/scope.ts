// What the benchmark must take back however it ends: processes, mounts, temporary folders.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Mount } from '../src/fuse/mount.js'
import { mountInfo } from '../src/mountinfo.js'

/** How long a process may take to end on SIGTERM, and then on SIGKILL, in milliseconds. */
const termMs = 5000
const killMs = 2000

/** Waits for `promise` at most `ms` milliseconds, then rejects with `message`. */
export async function within<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Ends a process that this one started. Rejects where it doesn't end. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  try {
    await within(ended, termMs, '')
  } catch {
    child.kill('SIGKILL')
    await within(ended, killMs, `process ${child.pid} doesn't end`)
  }
}

async function removeMountpoint(dir: string): Promise<void> {
  // Nothing is removed below: only an empty folder goes, and no call waits for a mount.
  const mount = mountInfo().findLast(({ mountpoint }) => mountpoint === dir)
  if (mount !== undefined && !(await Mount.of(mount).unmount())) throw new Error(`${dir} can't be unmounted`)
  rmdirSync(dir)
}

/** Takes back, last first, what was acquired through it. */
export class Scope {
  readonly #releases: (() => Promise<void>)[] = []
  #closing: Promise<void> | null = null

  /** Throws once the scope closes: nobody would take back what comes then. */
  #check(): void {
    if (this.#closing !== null) throw new Error('the benchmark is ending')
  }

  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    this.#check()
    const child = spawn(command[0] as string, command.slice(1), options)
    // Who waits for the process sees its end; an error without a listener would end this one.
    child.on('error', () => {})
    this.#releases.push(() => endProcess(child))
    return child
  }

  /** A new folder for a mount. */
  mountpoint(name: string): string {
    this.#check()
    const dir = mkdtempSync(join(tmpdir(), `lunatik-bench-${name}-`))
    this.#releases.push(() => removeMountpoint(dir))
    return dir
  }

  /** Takes all back, telling what can't be. May be called again; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // A client that waits for a server ends only after it: what fails is tried again.
    const failed: (() => Promise<void>)[] = []
    for (const release of this.#releases.reverse()) {
      try {
        await release()
      } catch {
        failed.push(release)
      }
    }
    for (const release of failed) {
      try {
        await release()
      } catch (e) {
        console.error(`bench: ${(e as Error).message}`)
      }
    }
  }
}
