// `--watch`: runs a script again when its file changes.
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import { describe, pr_fmt } from '../printk.js'

const { pr_err, pr_info, pr_warn } = pr_fmt('watch')

/** How long a file must rest before its script runs again, in milliseconds: an editor may write more than once. */
const restMs = 100

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** Stops a script and runs it again: null for one that doesn't run, unless `force`. */
export type Restart = (name: string, force: boolean) => Promise<{ ok: true } | { ok: false; error: string } | null>

/** Watches the files of scripts. */
export class ScriptWatch {
  readonly #watcher: FSWatcher
  /** Each script's files, that of the first folder first. */
  readonly #files = new Map<string, readonly string[]>()
  readonly #resting = new Map<string, NodeJS.Timeout>()
  /** Scripts that run no more because their files are wrong. */
  readonly #failed = new Set<string>()
  /** One start at a time. */
  #work: Promise<void> = Promise.resolve()
  #closed = false
  readonly #restart: Restart

  private constructor(names: readonly string[], folders: readonly string[], served: string, restart: Restart) {
    this.#restart = restart
    for (const name of names) {
      this.#files.set(
        name,
        folders.map((folder) => join(folder, `${name}.lua`)),
      )
    }
    // Looked at from here, a mount of this process may have to wait for itself.
    const outside = (path: string) => path !== served && !path.startsWith(`${served}/`)
    const files = new Set([...this.#files.values()].flat().filter(outside))
    const parents = new Set([...files].map((file) => dirname(file)))
    this.#watcher = watch([...parents], {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => !files.has(path) && !parents.has(path),
    })
    this.#watcher.on('all', (_event, path) => this.#changed(path))
    this.#watcher.on('error', (e) => pr_warn(describe(e)))
  }

  /**
   * Begins to watch.
   * @param scripts as --run names them
   * @param folders where scripts are looked for, in that order
   * @param served the mount's folder
   */
  static async start(
    scripts: readonly string[],
    folders: readonly string[],
    served: string,
    restart: Restart,
  ): Promise<ScriptWatch> {
    const names = scripts.map((script) => script.replace(/\.lua$/, ''))
    const watching = new ScriptWatch(names, folders, served, restart)
    await new Promise<void>((resolve) => {
      watching.#watcher.once('ready', resolve)
    })
    return watching
  }

  #changed(path: string): void {
    for (const [name, files] of this.#files) {
      if (!files.includes(path)) continue
      clearTimeout(this.#resting.get(name))
      const again = () => {
        this.#work = this.#work.then(() => this.#again(name, files, path)).catch((e) => pr_err(describe(e)))
      }
      this.#resting.set(name, setTimeout(again, restMs))
    }
  }

  /** Runs a script again. One that was stopped stays so, and one whose file has gone runs on. */
  async #again(name: string, files: readonly string[], changed: string): Promise<void> {
    const present = await Promise.all(files.map(exists))
    const used = present.indexOf(true)
    if (this.#closed || used < 0 || files.indexOf(changed) > used) return
    const result = await this.#restart(name, this.#failed.has(name))
    if (result === null) return
    if (result.ok) {
      this.#failed.delete(name)
      pr_info(`${name} has changed and runs again`)
    } else {
      this.#failed.add(name)
      pr_err(`${name} has changed and doesn't run: ${result.error}`)
    }
  }

  /** Ends it. Resolves once no start is under way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#resting.values()) clearTimeout(timer)
    await this.#watcher.close()
    await this.#work
  }
}
