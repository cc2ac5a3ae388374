// One mount with its devices, from its start to its end, for every command that needs one.
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errname } from '../errname.js'
import { FuseNativeTransport } from '../fuse/fuse-native.js'
import { checkFuse, isMountpoint, prepareMountpoint } from '../fuse/mountpoint.js'
import type { Transport } from '../fuse/transport.js'
import { driver_start, driver_stop } from '../lib/driver.js'
import '../lib/libs.js'
import { runner_shutdown } from '../lib/lunatik_runner.js'
import { lunatik_conf } from '../lunatik/lunatik_conf.js'
import { lunatik_ledger } from '../lunatik/lunatik_obj.js'
import { printk } from '../printk.js'
import { device_example } from '../vfs/device.js'
import { kmsg_exit, kmsg_init } from '../vfs/kmsg.js'
import { EXIT_USAGE, UserError } from './errors.js'
import { type LoadedModule, loadModule } from './modules.js'
import { startScript } from './scripts.js'
import { ScriptWatch } from './watch.js'

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

/** Tells which objects nobody has put back. The kernel needs kmemleak for that. */
function printLedger(): void {
  const alive = lunatik_ledger()
  for (const { class: name, kref, opt, place } of alive) {
    printk('warn', `ledger: a '${name}' object is alive: ${kref} references, opt ${opt}, made at ${place}`)
  }
  printk('info', `ledger: ${alive.length} objects alive`)
}

/** A running mount. */
export class Server {
  /** Without symbolic links, as the kernel names it. */
  readonly mountpoint: string
  readonly #modules: LoadedModule[] = []
  #scripts: ScriptWatch | null = null
  #transport: Transport | null = null
  #watch: NodeJS.Timeout | null = null
  #stopping: Promise<void> | null = null
  readonly #ledger: boolean

  private constructor(mountpoint: string, ledger: boolean) {
    this.mountpoint = mountpoint
    this.#ledger = ledger
  }

  /**
   * Loads the modules, starts the scripts, then mounts. On an error everything is taken back.
   * @param dir the folder to mount on
   */
  static async start(dir: string, options: ServerOptions): Promise<Server> {
    lunatik_conf.root = [...options.scripts.map(scriptFolder), ownScripts]
    lunatik_conf.deadline = options.deadline * 1000
    lunatik_conf.memory = options.memory * 2 ** 20
    checkFuse()
    const server = new Server(await prepareMountpoint(resolve(dir), (line) => printk('warn', line)), options.ledger)
    lunatik_conf.served = [server.mountpoint]
    try {
      kmsg_init()
      const ret = driver_start()
      if (ret < 0) throw new UserError(`the control device can't be registered (${errname(ret) ?? ret})`)
      for (const name of options.device) server.#modules.push(await loadModule(name))
      if (options.examples)
        for (const module of server.#modules) device_example(module.name, () => server.#drop(module))
      for (const script of options.run) await startScript(script)
      if (options.watch) {
        server.#scripts = await ScriptWatch.start(options.run, lunatik_conf.root, server.mountpoint)
      }
      server.#transport = new FuseNativeTransport({ mountpoint: server.mountpoint })
      await server.#transport.mount()
    } catch (e) {
      await server.#scripts?.close()
      server.#unload()
      throw e
    }
    return server
  }

  /** Calls `gone` once when somebody else has unmounted the folder. */
  watch(gone: () => void): void {
    this.#watch = setInterval(async () => {
      if (this.#stopping !== null || (await isMountpoint(this.mountpoint).catch(() => true))) return
      if (this.#watch !== null) clearInterval(this.#watch)
      gone()
    }, watchMs)
  }

  /** Answers what waits, unmounts, unloads the modules. May be called again; never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    if (this.#watch !== null) clearInterval(this.#watch)
    await this.#scripts?.close()
    await this.#transport?.unmount()
    this.#unload()
    if (this.#ledger) printLedger()
  }

  /** Unloads an example whose name is wanted. */
  #drop(module: LoadedModule): void {
    this.#modules.splice(this.#modules.indexOf(module), 1)
    module.unload()
  }

  #unload(): void {
    runner_shutdown()
    for (const module of this.#modules.splice(0).reverse()) module.unload()
    driver_stop()
    kmsg_exit()
  }
}
