// What scripts and modules are made of, told to who watches it: the kernel's side of `--watch`. Each file is told as it
// is read, so that the files of what never comes back are known as well.
import { onScript } from '../lib/lunatik_runner.js'
import { lunatik_tell } from '../lunatik/lunatik_search.js'
import { pr_fmt } from '../printk.js'
import { type FileUse, keyOf, pathsOf, type Use, type User } from './use.js'

const { pr_warn } = pr_fmt('watch')

/** How many files of one user are told: a script may look for others without an end. */
const filesMax = 1000

/** What was told of a user since it began to load. */
interface Told {
  readonly files: Set<string>
  readonly libraries: Set<string>
}

/** Tells what users use; there is one in a thread. */
export class UseReport {
  readonly #tell: (use: Use) => void
  readonly #told = new Map<string, Told>()
  /** The module that is being loaded: what is looked for in nobody's name is its. */
  #loading: User | null = null

  /** @param scripts the names of those that are told of */
  constructor(scripts: readonly string[], tell: (use: Use) => void) {
    this.#tell = tell
    const watched = new Set(scripts)
    const user = (script: string | null): User | null => {
      if (script === null) return this.#loading
      return watched.has(script) ? { kind: 'script', name: script } : null
    }
    onScript((name, type) => this.#became(user(name), type))
    lunatik_tell({
      searched: (script, search) => this.file(user(script), search),
      required: (script, library) => this.#requires(user(script), library),
    })
  }

  #became(user: User | null, type: 'starts' | 'runs' | 'fails' | 'stopped'): void {
    if (user === null) return
    if (type === 'starts') this.#told.delete(keyOf(user))
    this.#tell({ type, user })
  }

  #toldOf(user: User): Told {
    const told = this.#told.get(keyOf(user)) ?? { files: new Set(), libraries: new Set() }
    this.#told.set(keyOf(user), told)
    return told
  }

  /** A user has looked for a file. What it found first counts: that it was made of, whatever it finds later. */
  file(user: User | null, file: FileUse): void {
    if (user === null) return
    const { files } = this.#toldOf(user)
    const key = pathsOf(file)
    if (files.has(key)) return
    if (files.size >= filesMax) {
      if (files.size === filesMax) pr_warn(`${user.name} looks for more than ${filesMax} files: the others don't count`)
      files.add('')
      return
    }
    files.add(key)
    this.#tell({ type: 'file', user, file })
  }

  #requires(user: User | null, library: string): void {
    if (user === null) return
    const { libraries } = this.#toldOf(user)
    if (libraries.has(library)) return
    libraries.add(library)
    this.#tell({ type: 'requires', user, library })
  }

  /** A module begins to load. */
  loading(user: User): void {
    this.#loading = user
    this.#became(user, 'starts')
  }

  /** A module that was loading runs, or has failed. */
  loaded(user: User, type: 'runs' | 'fails', libraries: readonly string[]): void {
    if (this.#loading !== null && keyOf(this.#loading) === keyOf(user)) this.#loading = null
    for (const library of libraries) this.#tell({ type: 'defines', user, library })
    this.#became(user, type)
  }

  /** A module was taken away for good. */
  dropped(user: User): void {
    this.#became(user, 'stopped')
  }

  /** Nothing is told any more. */
  close(): void {
    onScript(() => {})
    lunatik_tell(null)
  }
}
