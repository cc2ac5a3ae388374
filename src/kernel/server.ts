// One mount with its devices, from its start to its end, for every command that needs one.
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT_USAGE, UserError } from '../errors.js'
import { FuseNativeTransport } from '../fuse/fuse-native.js'
import { checkFuse, Mountpoint } from '../fuse/mountpoint.js'
import { mayMount } from '../fuse/privilege.js'
import { printk } from '../printk.js'
import { Kernel, type KernelOptions } from './kernel.js'
import { Supervisor } from './supervisor.js'
import { type Restart, ScriptWatch } from './watch.js'

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
  /** Whether to run them again when their files change. */
  readonly watch: boolean
  /** How long Lua may run in one call, in seconds; 0 means for ever. */
  readonly deadline: number
  /** How much of lunatik_malloc and of objects' private data a runtime may hold, in MiB. */
  readonly memory: number
  /** How the kernel's requests come; by default dev-fuse, where this process may mount. */
  readonly transport?: 'dev-fuse' | 'fuse-native'
  /** Whether a signal ends a driver's wait only where the kernel's driver would let it. dev-fuse alone. */
  readonly uninterruptible: boolean
  /** Whether to tell at the end which objects are still alive. */
  readonly ledger: boolean
}

/** The package's own scripts, which stand for /lib/modules/lua. */
const ownScripts = fileURLToPath(new URL('../../../lua', import.meta.url))

/** How often the mount is looked for, in milliseconds. */
const watchMs = 1000

function scriptFolder(dir: string): string {
  const path = resolve(dir)
  if (!existsSync(path)) throw new UserError(`--scripts ${dir}: there is no folder ${path}`, EXIT_USAGE)
  if (!statSync(path).isDirectory()) throw new UserError(`--scripts ${dir}: ${path} is not a folder`, EXIT_USAGE)
  return path
}

/** What serves a mount. */
interface Serving {
  /** Stops a script and runs it again; null for one that doesn't run, unless `force`. */
  readonly restart: Restart
  /** Calls `gone` once when somebody else has unmounted the folder. */
  readonly watch: (gone: () => void) => void
  /** Ends it, and unmounts. Never rejects. */
  readonly stop: () => Promise<void>
}

async function serveFuseNative(options: KernelOptions, mountpoint: Mountpoint): Promise<Serving> {
  const kernel = await Kernel.start(options)
  const transport = new FuseNativeTransport({ mountpoint })
  try {
    await transport.mount()
  } catch (e) {
    await kernel.stop()
    throw e
  }
  let timer: NodeJS.Timeout | undefined
  return {
    restart: (name, force) => kernel.restart(name, force),
    watch: (gone) => {
      timer = setInterval(() => {
        if (transport.isMounted()) return
        clearInterval(timer)
        gone()
      }, watchMs)
    },
    stop: async () => {
      clearInterval(timer)
      await transport.unmount()
      await kernel.stop()
    },
  }
}

async function serveDevFuse(
  options: KernelOptions,
  mountpoint: Mountpoint,
  uninterruptible: boolean,
): Promise<Serving> {
  const supervisor = await Supervisor.start(options, mountpoint, uninterruptible)
  return {
    restart: (name, force) => supervisor.restart(name, force),
    watch: (gone) => {
      supervisor.onGone = gone
    },
    stop: () => supervisor.stop(),
  }
}

/** A running mount. */
export class Server {
  readonly #mountpoint: Mountpoint
  readonly #serving: Serving
  readonly #scripts: ScriptWatch | null
  #stopping: Promise<void> | null = null

  private constructor(mountpoint: Mountpoint, serving: Serving, scripts: ScriptWatch | null) {
    this.#mountpoint = mountpoint
    this.#serving = serving
    this.#scripts = scripts
  }

  /**
   * Loads the modules, starts the scripts, then mounts. On an error everything is taken back.
   * @param dir the folder to mount on
   */
  static async start(dir: string, options: ServerOptions): Promise<Server> {
    const roots = [...options.scripts.map(scriptFolder), ownScripts]
    checkFuse()
    const mountpoint = await Mountpoint.prepare(resolve(dir), (line) => printk('warn', line))
    try {
      return await Server.#serve(mountpoint, roots, options)
    } catch (e) {
      mountpoint.close()
      throw e
    }
  }

  static async #serve(mountpoint: Mountpoint, roots: string[], options: ServerOptions): Promise<Server> {
    const { device, examples, ledger, run, watch } = options
    const kernelOptions: KernelOptions = {
      roots,
      mountpoint: mountpoint.path,
      device,
      examples,
      ledger,
      run: run.map((name) => ({ name, context: 'process' })),
      deadline: options.deadline * 1000,
      memory: options.memory * 2 ** 20,
    }
    const transport = options.transport ?? (mayMount() ? 'dev-fuse' : 'fuse-native')
    const serving =
      transport === 'dev-fuse'
        ? await serveDevFuse(kernelOptions, mountpoint, options.uninterruptible)
        : await serveFuseNative(kernelOptions, mountpoint)
    try {
      const scripts = watch ? await ScriptWatch.start(run, roots, mountpoint.path, serving.restart) : null
      return new Server(mountpoint, serving, scripts)
    } catch (e) {
      await serving.stop()
      throw e
    }
  }

  /** Without symbolic links, as the kernel named it when it was mounted on. */
  get mountpoint(): string {
    return this.#mountpoint.path
  }

  /** Calls `gone` once when somebody else has unmounted the folder. */
  watch(gone: () => void): void {
    this.#serving.watch(gone)
  }

  /** Answers what waits, unmounts, unloads the modules. May be called again; never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await this.#scripts?.close()
    await this.#serving.stop()
    this.#mountpoint.close()
  }
}
