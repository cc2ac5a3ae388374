// One mount with its devices, from its start to its end, for every command that needs one.
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT_USAGE, UserError } from '../errors.js'
import { Mountpoint } from '../fuse/mountpoint.js'
import { type Transport, wayToMount } from '../fuse/ways.js'
import type { clock_t } from '../lib/timekeeping.js'
import { packageRoot } from '../package.js'
import { printk } from '../printk.js'
import { readEvents } from './events_file.js'
import type { KernelOptions } from './options.js'
import { ProcessMachine } from './process.js'
import { scriptFile, scriptName } from './script_file.js'
import { keepDescriptors } from './spare.js'
import { type Ending, Supervisor } from './supervisor.js'
import { ThreadMachine } from './thread.js'
import { Watch } from './watch.js'

/** The options that `mount` and `exec` share. */
export interface ServerOptions {
  /** Folders of scripts, which come before the package's own. */
  readonly scripts: readonly string[]
  /** Modules to load. */
  readonly device: readonly string[]
  /** Whether those are the examples, each of which gives way to a script's device of its name. */
  readonly examples: boolean
  /** Scripts to start. */
  readonly run: readonly string[]
  /** Where the machine's own /dev is bound, for a mount that is to be at /dev as well. dev-fuse alone. */
  readonly covered?: string | undefined
  /** Whether to run them, and to load modules, again when their files change. */
  readonly watch: boolean
  /** How long Lua may run in one call, in seconds; 0 means for ever. */
  readonly deadline: number
  /** How long Lua runs before others have their turn, in milliseconds; 0 means to the end of the call. */
  readonly slice: number
  /** How many values the stack of a thread of Lua may have. */
  readonly stack: number
  /** How much of lunatik_malloc and of objects' private data a runtime may hold, in MiB. */
  readonly memory: number
  /** How the kernel's requests come; by default dev-fuse, where it can be had. */
  readonly transport?: Transport
  /** Whether a signal ends a driver's wait only where the kernel's driver would let it. dev-fuse alone. */
  readonly uninterruptible: boolean
  /** How the time of scripts passes. */
  readonly clock: clock_t
  /** A file to which each call on a device is written, emptied before. */
  readonly trace?: string
  /** A file of events for scripts' hooks. */
  readonly events?: string
  /** Whether to tell at the end which objects are still alive. */
  readonly ledger: boolean
}

/** The package's own scripts, which stand for /lib/modules/lua. */
const ownScripts = `${packageRoot}lua`

function scriptFolder(dir: string): string {
  const path = resolve(dir)
  if (!existsSync(path)) throw new UserError(`--scripts ${dir}: there is no folder ${path}`, EXIT_USAGE)
  if (!statSync(path).isDirectory()) throw new UserError(`--scripts ${dir}: ${path} is not a folder`, EXIT_USAGE)
  return path
}

/** Makes the file empty. Throws a UserError. */
function traceFile(file: string): string {
  const path = resolve(file)
  try {
    writeFileSync(path, '')
  } catch (e) {
    throw new UserError(`--trace ${file}: it can't be written (${(e as NodeJS.ErrnoException).code})`)
  }
  return path
}

/** A mount, which is started once and ends once. */
export class Server {
  readonly #dir: string
  readonly #options: ServerOptions
  #supervisor: Supervisor | null = null
  #watch: Watch | null = null
  #stopping: Promise<void> | null = null
  #mountpoint: Mountpoint | null = null
  /** Resolves once it has ended, by itself or by {@link stop}; not where {@link start} has failed. */
  readonly ended: Promise<Ending>
  #tellEnded: (ending: Ending) => void = () => {}

  /** @param dir the folder to mount on */
  constructor(dir: string, options: ServerOptions) {
    this.#dir = dir
    this.#options = options
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve
    })
  }

  /** Without symbolic links, as the kernel named it when it was mounted on; empty before it is known. */
  get mountpoint(): string {
    return this.#mountpoint?.path ?? ''
  }

  /**
   * Loads the modules, starts the scripts, then mounts. On an error everything is taken back.
   * @returns false where it was stopped meanwhile
   */
  async start(): Promise<boolean> {
    try {
      await this.#start()
    } catch (e) {
      this.#mountpoint?.close()
      if (this.#stopping === null) throw e
    }
    return this.#stopping === null
  }

  async #start(): Promise<void> {
    const options = this.#options
    const started = options.run.map((script) => scriptFile(script) ?? { folder: null, name: scriptName(script) })
    const given = started.flatMap(({ folder }) => folder ?? [])
    const roots = [...new Set([...given, ...options.scripts.map(scriptFolder), ownScripts])]
    const { transport } = await wayToMount(false, options.transport)
    if (this.#stopping !== null) return
    const mountpoint = await Mountpoint.prepare(resolve(this.#dir), (line) => printk('warn', line))
    this.#mountpoint = mountpoint
    if (this.#stopping !== null) {
      mountpoint.close()
      return
    }
    keepDescriptors()
    const { device, examples, ledger } = options
    const scripts = started.map(({ name }) => name)
    const kernelOptions: KernelOptions = {
      clock: options.clock,
      events: options.events === undefined ? [] : readEvents(options.events),
      trace: options.trace === undefined ? null : traceFile(options.trace),
      roots,
      mountpoint: mountpoint.path,
      covered: options.covered ?? null,
      device,
      examples,
      ledger,
      run: scripts.map((name) => ({ name, context: 'process', spawned: false, percpu: false })),
      deadline: options.deadline * 1000,
      slice: options.slice,
      memory: options.memory * 2 ** 20,
      stack: options.stack,
      lenient: false,
      watch: options.watch ? scripts : null,
    }
    const supervisor = new Supervisor(
      kernelOptions,
      (options, roster) =>
        transport === 'dev-fuse'
          ? new ThreadMachine(options, mountpoint, roster, this.#options.uninterruptible)
          : new ProcessMachine(options, mountpoint, roster),
      (use) => this.#watch?.heard(use),
    )
    this.#supervisor = supervisor
    if (options.watch) this.#watch = new Watch(scripts, device, supervisor)
    void supervisor.ended.then((ending) => {
      this.#watch?.close()
      mountpoint.close()
      this.#tellEnded(ending)
    })
    try {
      await supervisor.start()
    } catch (e) {
      this.#watch?.close()
      throw e
    }
  }

  /** Answers what waits, unmounts, unloads the modules. May be called at any time and again; never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#watch?.close()
    await this.#supervisor?.stop()
    if (this.#supervisor === null) this.#tellEnded('stopped')
  }
}
