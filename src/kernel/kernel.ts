// What a mount shows: modules, scripts, the control device and the log. It lives in the main thread beside fuse-native,
// and in a thread of its own beside dev-fuse; the server is told the same of both.
import { errname } from '../errname.js'
import { driver_start, driver_stop } from '../lib/driver.js'
import '../lib/libs.js'
import { UserError } from '../errors.js'
import { luathread_exit } from '../lib/luathread.js'
import {
  runner_has,
  runner_restart,
  type runner_result,
  runner_running,
  runner_shutdown,
} from '../lib/lunatik_runner.js'
import { lunatik_conf } from '../lunatik/lunatik_conf.js'
import { lunatik_ledger } from '../lunatik/lunatik_obj.js'
import { describe, pr_fmt, printk } from '../printk.js'
import { device_example } from '../vfs/device.js'
import { kmsg_exit, kmsg_init } from '../vfs/kmsg.js'
import { type LoadedModule, loadModule } from './modules.js'
import type { KernelOptions, StartedScript, Starting } from './options.js'
import { startScript } from './scripts.js'

const { pr_err } = pr_fmt('lunatik')

/** Tells which objects nobody has put back. The kernel needs kmemleak for that. */
function printLedger(): void {
  const alive = lunatik_ledger()
  for (const { class: name, kref, opt, place } of alive) {
    printk('warn', `ledger: a '${name}' object is alive: ${kref} references, opt ${opt}, made at ${place}`)
  }
  printk('info', `ledger: ${alive.length} objects alive`)
}

/** A running kernel; there is one in a thread. */
export class Kernel {
  readonly #modules: LoadedModule[] = []
  readonly #ledger: boolean

  private constructor(ledger: boolean) {
    this.#ledger = ledger
  }

  /**
   * Loads the modules and starts the scripts. On an error everything is taken back.
   * @param starting told what is started next, and null once all is
   */
  static async start(options: KernelOptions, starting: (what: Starting | null) => void): Promise<Kernel> {
    lunatik_conf.root = [...options.roots]
    lunatik_conf.deadline = options.deadline
    lunatik_conf.memory = options.memory
    const kernel = new Kernel(options.ledger)
    try {
      kmsg_init()
      const ret = driver_start()
      if (ret < 0) throw new UserError(`the control device can't be registered (${errname(ret) ?? ret})`)
      const attempt = async (what: Starting, start: () => Promise<void>) => {
        starting(what)
        try {
          await start()
        } catch (e) {
          if (!options.lenient) throw e
          pr_err(`left out: ${e instanceof Error ? e.message : describe(e)}`)
        }
      }
      for (const name of options.device) {
        await attempt({ kind: 'module', name }, async () => void kernel.#modules.push(await loadModule(name)))
      }
      if (options.examples) {
        for (const module of kernel.#modules) device_example(module.name, () => kernel.#drop(module))
      }
      for (const script of options.run) await attempt({ kind: 'script', name: script.name }, () => startScript(script))
      starting(null)
    } catch (e) {
      kernel.#unload()
      throw e
    }
    return kernel
  }

  /**
   * Stops a script and runs it again in its context.
   * @param force whether also one that doesn't run
   * @returns null for one that doesn't run
   */
  async restart(name: string, force: boolean): Promise<runner_result | null> {
    return force || runner_has(name) ? runner_restart(name) : null
  }

  /** The scripts that run, the oldest first. */
  running(): StartedScript[] {
    return runner_running()
  }

  /** Stops the scripts and unloads the modules. */
  async stop(): Promise<void> {
    this.#unload()
    // Threads that have just been ended put their objects back.
    await new Promise((resolve) => setImmediate(resolve))
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
    luathread_exit()
    kmsg_exit()
  }
}
