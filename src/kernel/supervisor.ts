// What keeps a mount alive. It starts a machine, and when that dies another takes its place with what was running: on a
// kernel each of those deaths would be a crash, a hang or a lockup.
import { describe, pr_fmt, register_console } from '../printk.js'
import type { Death } from './death.js'
import { isRelayed, type Machine, type Roster, StartError } from './machine.js'
import type { Reloaded, Restarted } from './messages.js'
import type { KernelOptions, StartedScript, Starting } from './options.js'
import type { Use } from './use.js'

const { pr_err, pr_info } = pr_fmt('watchdog')

/** A machine that dies sooner has hardly lived, in milliseconds. */
const shortLifeMs = 1000
/** So many such lives one after the other, and there is no point in another. */
const shortLivesMax = 5

/** How a supervisor's machines are made. */
export type MakeMachine = (options: KernelOptions, roster: Roster) => Machine

/** How it all has ended. */
export type Ending =
  /** Asked for, or somebody has unmounted the folder. */
  | 'stopped'
  /** The machine died and no other could take its place. */
  | 'failed'
  /** A thread is left that can't be ended: only the end of the process ends it. */
  | 'stuck'

/** A machine for as long as it is wanted. */
export class Supervisor {
  readonly #options: KernelOptions
  readonly #make: MakeMachine
  readonly #roster: Roster
  #machine: Machine
  #stopping = false
  #shortLives = 0
  #unlog = () => {}
  /** The start that is under way, or the last one. */
  #starting: Promise<void> = Promise.resolve()
  /** Resolves once the machine has died and been replaced. */
  #replacing: Promise<void> = Promise.resolve()
  /** The replacement that is under way, or the last one. */
  #between: Promise<void> = Promise.resolve()
  /** Resolves once it has ended, by itself or by {@link stop}. */
  readonly ended: Promise<Ending>
  #tellEnded: (ending: Ending) => void = () => {}

  /** @param used told what scripts and modules use, where the options say so */
  constructor(options: KernelOptions, make: MakeMachine, used: (use: Use) => void) {
    this.#options = options
    this.#make = make
    this.#roster = { scripts: [], roots: options.roots, used }
    this.#machine = make(options, this.#roster)
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve
    })
  }

  /** Starts the machine. Rejects with a UserError where that fails, and nothing is left then. */
  async start(): Promise<void> {
    // What this thread logs is in the mount's log as well.
    this.#unlog = register_console((record) => {
      if (!isRelayed()) this.#machine.log(record)
    })
    try {
      await this.#begin(this.#machine)
    } catch (e) {
      this.#unlog()
      throw e
    }
  }

  async #begin(machine: Machine): Promise<void> {
    this.#starting = machine.start()
    await this.#starting
    const born = performance.now()
    this.#replacing = machine.died.then((death) => {
      this.#between = this.#replace(machine, death, performance.now() - born)
      return this.#between
    })
  }

  /** Another machine takes the place of one that has died. */
  async #replace(machine: Machine, death: Death, lived: number): Promise<void> {
    if (this.#stopping) return
    const { mountpoint } = this.#options
    if (death.cause === 'unmounted') {
      this.#end((await machine.stop()) ? 'stopped' : 'stuck')
      return
    }
    if (death.cause === 'replaced') pr_info(death.why)
    else pr_err(death.why)
    if (!(await machine.kill())) {
      this.#end('stuck')
      return
    }
    this.#shortLives = lived < shortLifeMs ? this.#shortLives + 1 : 0
    if (this.#shortLives === shortLivesMax) {
      pr_err(`${mountpoint} is given up: ${shortLivesMax} times in a row it ended as soon as it was mounted`)
      this.#end('failed')
      return
    }
    try {
      await this.#again()
      if (!this.#stopping) pr_info(`${mountpoint} is mounted afresh: devices have lost their state`)
    } catch (e) {
      if (this.#stopping) return
      pr_err(`${mountpoint} can't be mounted afresh: ${e instanceof Error ? e.message : describe(e)}`)
      this.#end('failed')
    }
  }

  /** Starts a machine with what was running. What never comes back while it starts is left out, one after the other. */
  async #again(): Promise<void> {
    const { roots } = this.#roster
    let run = this.#roster.scripts
    let device = this.#options.device
    for (;;) {
      if (this.#stopping) return
      this.#machine = this.#make({ ...this.#options, run, device, roots, lenient: true }, this.#roster)
      try {
        await this.#begin(this.#machine)
        return
      } catch (e) {
        const starting = e instanceof StartError ? e.starting : null
        if (this.#stopping || starting === null) throw e
        pr_err(`left out: ${(e as StartError).message}`)
        if (starting.kind === 'script') run = without(run, starting)
        else device = device.filter((name) => name !== starting.name)
      }
    }
  }

  /** Stops a script and runs it again, as {@link Machine.restart} does, in the machine that serves next. */
  async restart(name: string, force: boolean): Promise<Restarted> {
    await this.#between
    return this.#machine.restart(name, force)
  }

  /** Loads modules anew, as {@link Machine.reload} does, in the machine that serves next. */
  async reload(devices: readonly string[]): Promise<readonly Reloaded[]> {
    await this.#between
    return this.#machine.reload(devices)
  }

  /**
   * Has another machine take the place of this one, with what is running: its modules are to be loaded anew, or a
   * request to it has no answer. Resolves once that serves, or has failed.
   */
  async replace(why: string): Promise<void> {
    await this.#starting.catch(() => {})
    if (this.#stopping) return
    this.#machine.die('replaced', why)
    await this.#replacing
  }

  /** Ends the machine and its mount, whatever either is at. May be called at any time and again; never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true
    const machine = this.#machine
    const ended = await machine.stop()
    await this.#starting.catch(() => {})
    this.#end(ended ? 'stopped' : 'stuck')
  }

  #end(ending: Ending): void {
    this.#stopping = true
    this.#unlog()
    this.#tellEnded(ending)
  }
}

const without = (scripts: readonly StartedScript[], { name }: Starting) =>
  scripts.filter((script) => script.name !== name)
