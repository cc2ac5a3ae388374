// `--watch`: runs scripts again, and loads modules again, when a file of them has changed.
//
// What counts is what was read: the kernel tells each file that a script or a module looks for, and with what it was
// found (uses.ts). Whenever something may have happened (folders.ts), all are looked for again. So nothing is missed
// that happened before somebody watched, a symbolic link may be exchanged anywhere on the way, and what has its content
// back, or was only touched, is no change.
import { lunatik_at, type lunatik_seen } from '../lunatik/lunatik_path.js'
import { lunatik_look } from '../lunatik/lunatik_search.js'
import { describe, pr_fmt } from '../printk.js'
import { Folders } from './folders.js'
import { type FileUse, keyOf, pathsOf, realPath, type Use, type User } from './use.js'

const { pr_err, pr_info } = pr_fmt('watch')

/** How long files must rest before something runs again, in milliseconds: an editor may write more than once. */
const restMs = 100
/** How long that may go on, in milliseconds. */
const restlessMs = 1000
/** How often folders are looked for anew, as they change while they are looked at. */
const roundsMax = 10

/**
 * What the machine can do. It answers late or never where an edit never comes back, and with an error where it dies.
 */
export interface WatchActions {
  /** Stops a script and runs it again: null for one that doesn't run, unless `force`. */
  restart(name: string, force: boolean): Promise<{ ok: true } | { ok: false; error: string } | null>
  /** Unloads modules and loads them anew. Gives the error of each that isn't loaded now. */
  reload(devices: readonly string[]): Promise<readonly { device: string; error: string | null }[]>
}

/** A script or a module. */
interface Watched {
  readonly user: User
  state: 'starts' | 'runs' | 'fails' | 'stopped'
  /** Whether it has begun to load, and what it used before counts until it uses something. */
  fresh: boolean
  readonly files: Map<string, FileUse>
  /** The libraries that it requires or defines. */
  readonly libraries: Set<string>
  /** Of one that has failed: when its files were written. */
  written: string | null
  /** How often it was started because of a change: the last start alone matters. */
  attempts: number
}

const isScript = ({ user }: Watched) => user.kind === 'script'

/** Whether one is a script that uses what the other, a module, defines. */
const uses = (script: Watched, module: Watched) =>
  isScript(script) && !isScript(module) && [...script.libraries].some((library) => module.libraries.has(library))

/** Whether two modules share a JavaScript file. */
const share = (one: Watched, other: Watched) =>
  [...one.files].some(([key, { real }]) => real !== undefined && other.files.has(key))

/** Another file than a user has found, and where. */
interface Change {
  readonly path: string
  readonly file: FileUse
}

/** What a look finds now, if that is another file than before. What has gone may come back: it is no change. */
function changeOf(file: FileUse, seen: lunatik_seen): Change | null {
  const now = lunatik_look(file.paths, seen)
  const path = file.paths[now.found]
  if (path === undefined) return null
  const real = file.real === undefined ? undefined : realPath(path)
  if (now.found === file.found && now.digest === file.digest && real === file.real) return null
  return { path, file: real === undefined ? now : { ...now, real } }
}

/** When the files were written, and which files those are. */
const writtenAt = ({ files }: Watched) =>
  [...files.values()]
    .flatMap(({ paths }) => paths)
    .map((path) => lunatik_at(path, null, ({ stat }) => stat && `${stat.ino} ${stat.mtimeMs}`))
    .join()

/** Watches the files of scripts and modules. */
export class Watch {
  readonly #actions: WatchActions
  readonly #users = new Map<string, Watched>()
  readonly #folders = new Folders(() => this.#ring())
  #timer: NodeJS.Timeout | null = null
  /** When it first rang since the last look, in performance.now()'s milliseconds. */
  #rang: number | null = null
  #closed = false

  /**
   * @param scripts their names, without `.lua`
   * @param devices as --device names them
   */
  constructor(scripts: readonly string[], devices: readonly string[], actions: WatchActions) {
    this.#actions = actions
    const users: User[] = [
      ...devices.map((name) => ({ kind: 'module', name }) as const),
      ...scripts.map((name) => ({ kind: 'script', name }) as const),
    ]
    for (const user of users) {
      const watched: Watched = {
        user,
        state: 'stopped',
        fresh: false,
        files: new Map(),
        libraries: new Set(),
        written: null,
        attempts: 0,
      }
      this.#users.set(keyOf(user), watched)
    }
  }

  /** Something of a script or a module has become known. */
  heard(use: Use): void {
    const watched = this.#users.get(keyOf(use.user))
    if (watched === undefined) return
    switch (use.type) {
      case 'file':
        this.#refresh(watched)
        watched.files.set(pathsOf(use.file), use.file)
        watched.written = null
        break
      case 'requires':
      case 'defines':
        this.#refresh(watched)
        watched.libraries.add(use.library)
        return
      case 'starts':
        watched.fresh = true
        watched.state = 'starts'
        return
      default:
        watched.state = use.type
    }
    this.#ring()
  }

  /** It uses the first since it began to load. */
  #refresh(watched: Watched): void {
    if (!watched.fresh) return
    watched.fresh = false
    watched.files.clear()
    // What a module has defined once is what scripts may still have.
    if (watched.user.kind === 'script') watched.libraries.clear()
  }

  /** Something may have changed. */
  #ring(): void {
    if (this.#closed) return
    const now = performance.now()
    this.#rang ??= now
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), Math.min(restMs, this.#rang + restlessMs - now))
  }

  get #active(): Watched[] {
    return [...this.#users.values()].filter(({ state }) => state !== 'stopped')
  }

  /** What is another file than before, by the keys of what each user has found. */
  #changes(): Map<Watched, Map<string, Change>> {
    let changes = new Map<Watched, Map<string, Change>>()
    for (let rounds = roundsMax, isNew = true; isNew && rounds > 0; rounds--) {
      const round = this.#folders.round()
      changes = new Map()
      for (const watched of this.#active) {
        const found = new Map<string, Change>()
        for (const [key, file] of watched.files) {
          const change = changeOf(file, round.seen)
          if (change !== null) found.set(key, change)
        }
        changes.set(watched, found)
      }
      isNew = round.end()
    }
    return changes
  }

  /** Starts anew what has changed. */
  #look(): void {
    this.#timer = null
    this.#rang = null
    const changed = new Map<Watched, string>()
    for (const [watched, changes] of this.#changes()) {
      const why = this.#why(watched, changes)
      if (why !== null) changed.set(watched, why)
    }
    for (const group of this.#groups(changed)) {
      // A script that uses a module waits for it.
      const waiting = new Map([...changed].filter(([user]) => [...group.keys()].some((module) => uses(user, module))))
      for (const script of waiting.keys()) changed.delete(script)
      this.#reload(group, waiting).catch((e) => pr_err(describe(e)))
    }
    for (const [user, why] of changed) if (isScript(user)) this.#restart(user, why)
  }

  /** Because of which file it is to start anew; null for none. Each content is tried once. */
  #why(watched: Watched, changes: ReadonlyMap<string, Change>): string | null {
    for (const [key, { file }] of changes) watched.files.set(key, file)
    const [change] = changes.values()
    const why = change?.path ?? null
    if (watched.state !== 'fails') return why
    // What failed may have failed for another reason: whoever saves its file again wants it tried again.
    const before = watched.written
    watched.written = writtenAt(watched)
    if (why !== null || before === null || before === watched.written) return why
    return [...watched.files.values()][0]?.paths[0] ?? null
  }

  /** The changed modules with those that share a JavaScript file with them, which they are to go on sharing. */
  #groups(changed: ReadonlyMap<Watched, string>): ReadonlyMap<Watched, string>[] {
    const modules = this.#active.filter((user) => !isScript(user))
    const left = modules.filter((module) => changed.has(module))
    const groups: ReadonlyMap<Watched, string>[] = []
    for (let first = left[0]; first !== undefined; first = left[0]) {
      const group = new Set([first])
      for (const one of group) for (const other of modules) if (share(one, other)) group.add(other)
      const why = changed.get(first) as string
      groups.push(new Map(modules.filter((one) => group.has(one)).map((one) => [one, changed.get(one) ?? why])))
      left.splice(0, left.length, ...left.filter((one) => !group.has(one)))
    }
    return groups
  }

  /** Loads modules again, then has the scripts run again that use them or were waiting. */
  async #reload(group: ReadonlyMap<Watched, string>, waiting: ReadonlyMap<Watched, string>): Promise<void> {
    const attempts = new Map([...group.keys()].map((module) => [module, ++module.attempts]))
    const results = await this.#actions.reload([...group.keys()].map(({ user }) => user.name))
    if (this.#closed) return
    const scripts = new Map(waiting)
    for (const [module, why] of group) {
      const { name } = module.user
      if (module.attempts !== attempts.get(module)) continue
      const error = results.find(({ device }) => device === name)?.error
      if (error) {
        pr_err(`${why} has changed: ${error}`)
        continue
      }
      pr_info(`${why} has changed: device '${name}' is loaded again`)
      for (const script of this.#active) if (uses(script, module)) scripts.set(script, why)
    }
    for (const [script, why] of scripts) this.#restart(script, why)
  }

  #restart(script: Watched, why: string): void {
    const { user, state } = script
    const attempt = ++script.attempts
    this.#actions.restart(user.name, state === 'starts' || state === 'fails').then(
      (result) => {
        if (result === null || this.#closed || script.attempts !== attempt) return
        if (result.ok) pr_info(`${why} has changed: ${user.name} runs again`)
        else pr_err(`${why} has changed: ${user.name} doesn't run: ${result.error}`)
      },
      (e) => pr_err(describe(e)),
    )
  }

  /** Ends it. A start that is under way goes on. */
  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#folders.close()
  }
}
