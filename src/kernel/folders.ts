// What rings when something may have changed: inotify on each folder on the way to a file. It says nothing of what has
// changed, and where a folder can't be watched it rings in intervals.
import { type FSWatcher, readlinkSync, type Stats, watch } from 'node:fs'
import { basename } from 'node:path'
import { pr_fmt } from '../printk.js'

const { pr_warn } = pr_fmt('watch')

/** How often it rings where a folder can't be watched, in milliseconds. */
const pollMs = 1000

interface Watched {
  /** Null where that isn't possible. */
  readonly watcher: FSWatcher | null
  /** The names in it that matter. */
  names: Set<string>
}

/** Has a folder watched; by default node:fs's. @throws where that isn't possible */
export type WatchFolder = (path: string, heard: (event: string, name: string | null) => void) => FSWatcher

const inotify: WatchFolder = (path, heard) => watch(path, { persistent: false }, heard)

/** The folders that a round of looks has seen. */
export interface Round {
  /** As lunatik_seen. A folder is watched from the first time that it is seen. */
  readonly seen: (folder: string, stat: Stats, name: string) => void
  /**
   * Ends the round: folders that it hasn't seen are watched no more.
   * @returns whether one is watched only now: what happened in it before was not heard
   */
  readonly end: () => boolean
}

/** Watches folders. */
export class Folders {
  readonly #ring: () => void
  readonly #watch: WatchFolder
  /** By what they are, whatever their paths: another takes the place of one unseen. */
  readonly #watched = new Map<string, Watched>()
  #poll: NodeJS.Timeout | null = null

  /** @param ring called whenever a name that matters was made, changed or taken away, and sometimes without a cause */
  constructor(ring: () => void, watch = inotify) {
    this.#ring = ring
    this.#watch = watch
  }

  /** Begins a round. */
  round(): Round {
    const names = new Map<string, Set<string>>()
    let isNew = false
    return {
      seen: (folder, { dev, ino }, name) => {
        const id = `${dev} ${ino}`
        const known = names.get(id)
        if (known !== undefined) {
          known.add(name)
          return
        }
        const seen = new Set([name])
        names.set(id, seen)
        if (this.#watched.has(id)) return
        isNew = true
        this.#add(id, folder, seen)
      },
      end: () => {
        for (const [id, watched] of this.#watched) {
          const seen = names.get(id)
          if (seen === undefined) this.#drop(id)
          else watched.names = seen
        }
        return isNew
      },
    }
  }

  #add(id: string, folder: string, names: Set<string>): void {
    let watcher: FSWatcher | null = null
    try {
      watcher = this.#watch(folder, (event, name) => this.#heard(id, folder, event, name))
      watcher.on('error', () => {
        this.#drop(id)
        this.#ring()
      })
    } catch (e) {
      if (this.#poll === null) {
        const path = readlinkSync(folder)
        pr_warn(`${path} can't be watched, so files are looked at each second: ${(e as Error).message}`)
      }
      this.#poll ??= setInterval(this.#ring, pollMs).unref()
    }
    this.#watched.set(id, { watcher, names })
  }

  #heard(id: string, folder: string, event: string, name: string | null): void {
    // What happens to the folder itself comes under the name by which it is watched. One that has gone is heard no
    // more, and the next one may have its number.
    if (event === 'rename' && name === basename(folder)) this.#drop(id)
    else if (name !== null && this.#watched.get(id)?.names.has(name) === false) return
    this.#ring()
  }

  #drop(id: string): void {
    this.#watched.get(id)?.watcher?.close()
    this.#watched.delete(id)
  }

  close(): void {
    if (this.#poll !== null) clearInterval(this.#poll)
    for (const id of [...this.#watched.keys()]) this.#drop(id)
  }
}
