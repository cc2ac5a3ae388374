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
import { clock_settime } from '../lib/timekeeping.js'
import { lunatik_conf } from '../lunatik/lunatik_conf.js'
import { lunatik_ledger } from '../lunatik/lunatik_obj.js'
import { describe, pr_fmt, printk } from '../printk.js'
import { device_example } from '../vfs/device.js'
import { kmsg_exit, kmsg_init } from '../vfs/kmsg.js'
import { trace_resume } from '../vfs/trace.js'
import { underlay } from '../vfs/underlay.js'
import { playEvents } from './events.js'
import type { ImportGraph } from './imports.js'
import type { Reloaded } from './messages.js'
import { type LoadedModule, loadModule, noteImports } from './modules.js'
import type { KernelOptions, StartedScript, Starting } from './options.js'
import { startScript } from './scripts.js'
import { traceTo } from './trace_file.js'
import type { Use } from './use.js'
import { UseReport } from './uses.js'

const { pr_err } = pr_fmt('lunatik')

/** Who wants to know how a kernel fares. */
export interface KernelTold {
  readonly starting: (what: Starting | null) => void
  readonly used: (use: Use) => void
}

/** How often the event loop turns while Node imports, in milliseconds: nothing else may be due. */
const turnMs = 5

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
  /** By their arguments of --device, in the order of their loading. */
  readonly #modules = new Map<string, LoadedModule>()
  /** The last load of each. */
  readonly #loads = new Map<string, symbol>()
  readonly #ledger: boolean
  readonly #examples: boolean
  readonly #report: UseReport | null
  readonly #imports: ImportGraph | null
  readonly #untrace: () => void
  #unplay = () => {}
  #stopped = false

  private constructor({ ledger, examples, trace, watch }: KernelOptions, { used }: KernelTold) {
    this.#ledger = ledger
    this.#examples = examples
    this.#untrace = trace === null ? () => {} : traceTo(trace)
    const report = watch === null ? null : new UseReport(watch, used)
    this.#report = report
    this.#imports = report === null ? null : noteImports((name, file) => report.file({ kind: 'module', name }, file))
  }

  /**
   * Loads the modules and starts the scripts. On an error everything is taken back.
   * @param told what is started next, null once all is; and, where the options say so, what scripts and modules use
   */
  static async start(options: KernelOptions, told: KernelTold): Promise<Kernel> {
    lunatik_conf.root = [...options.roots]
    lunatik_conf.deadline = options.deadline
    lunatik_conf.slice = options.slice
    clock_settime(options.clock)
    // It takes the place of one that has died.
    if (options.lenient) trace_resume()
    lunatik_conf.memory = options.memory
    lunatik_conf.stack = options.stack
    const kernel = new Kernel(options, told)
    try {
      underlay(options.covered)
      kmsg_init()
      const ret = driver_start()
      if (ret < 0) throw new UserError(`the control device can't be registered (${errname(ret) ?? ret})`)
      const attempt = async (what: Starting, start: () => Promise<unknown>) => {
        told.starting(what)
        try {
          await start()
        } catch (e) {
          if (!options.lenient) throw e
          pr_err(`left out: ${e instanceof Error ? e.message : describe(e)}`)
        }
      }
      for (const name of options.device) await attempt({ kind: 'module', name }, () => kernel.#load(name))
      if (options.examples) for (const [device, { name }] of kernel.#modules) kernel.#giveWay(device, name)
      for (const script of options.run) await attempt({ kind: 'script', name: script.name }, () => startScript(script))
      told.starting(null)
      // One that takes the place of another goes on without what that has heard.
      if (!options.lenient) kernel.#unplay = await playEvents(options.events)
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

  /**
   * Unloads modules whose files have changed and loads them anew, also such as have failed. What fails is not loaded.
   * @param devices arguments of --device
   */
  async reload(devices: readonly string[]): Promise<Reloaded[]> {
    this.#imports?.anew()
    const turning = setInterval(() => {}, turnMs)
    for (const device of [...devices].reverse()) this.#remove(device)
    const done: Reloaded[] = []
    for (const device of devices) done.push({ device, error: await this.#loadAgain(device) })
    clearInterval(turning)
    return done
  }

  async #loadAgain(device: string): Promise<string | null> {
    try {
      const { name } = await this.#load(device)
      if (this.#examples) this.#giveWay(device, name)
      return null
    } catch (e) {
      return e instanceof Error ? e.message : describe(e)
    }
  }

  async #load(device: string): Promise<LoadedModule> {
    const attempt = Symbol(device)
    this.#loads.set(device, attempt)
    this.#report?.loading({ kind: 'module', name: device })
    let module: LoadedModule | null = null
    try {
      module = await loadModule(device, this.#imports)
      // One that never came back is tried again when it has changed, and may come back after that.
      if (this.#stopped || this.#loads.get(device) !== attempt) {
        module.unload()
        module = null
        throw new UserError(`device '${device}': it was loaded again meanwhile`)
      }
      this.#modules.set(device, module)
      return module
    } finally {
      if (this.#loads.get(device) === attempt) {
        this.#report?.loaded(
          { kind: 'module', name: device },
          module === null ? 'fails' : 'runs',
          module?.libraries ?? [],
        )
      }
    }
  }

  #remove(device: string): void {
    const module = this.#modules.get(device)
    this.#modules.delete(device)
    module?.unload()
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

  /** Has an example unloaded when its name is wanted. */
  #giveWay(device: string, name: string): void {
    device_example(name, () => {
      this.#report?.dropped({ kind: 'module', name: device })
      this.#remove(device)
    })
  }

  #unload(): void {
    this.#stopped = true
    this.#unplay()
    this.#report?.close()
    this.#imports?.close()
    runner_shutdown()
    for (const device of [...this.#modules.keys()].reverse()) this.#remove(device)
    driver_stop()
    luathread_exit()
    kmsg_exit()
    this.#untrace()
  }
}
