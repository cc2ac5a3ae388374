// The inside of a machine, whichever way its requests come: it starts the kernel, does what the machine says, and tells
// it what it has to know, before anything can happen to the thread that knows it.

import { RemoteConsole } from '../console_remote.js'
import { gettid } from '../cputime.js'
import { UserError } from '../errors.js'
import { onChanged } from '../lib/lunatik_runner.js'
import { lunatik_conf } from '../lunatik/lunatik_conf.js'
import { onPanic, panicOn } from '../panic.js'
import { describe, log_resume, log_store, printk, type printk_record, register_console, stackOf } from '../printk.js'
import { onMade } from '../vfs/namei.js'
import type { Cause } from './death.js'
import { Kernel } from './kernel.js'
import type { FromKernel, KernelData, LogMessage, ToKernel } from './messages.js'

/** What the thread or process does in its own way. */
export interface Host {
  readonly say: (message: FromKernel) => void
  /** Sends a record, as far as not too many are on their way. */
  readonly log: (message: LogMessage) => void
  /** Ends the thread or process at once. What was said arrives. */
  readonly die: () => void
  /** Serves a connection. */
  readonly serve: (fd: number) => void
  /** Ends in good order. */
  readonly close: () => void
}

/** A kernel's own side of its machine. */
export class Inside {
  readonly #data: KernelData
  readonly #host: Host
  readonly #console = new RemoteConsole()
  #kernel: Kernel | null = null
  /** Resolves once the kernel is there: what is asked for before has to wait. */
  readonly #started: Promise<Kernel>
  #tellStarted: (kernel: Kernel) => void = () => {}
  /** Whether the machine is at its end: what stops from now on belongs to that. */
  #over = false

  constructor(data: KernelData, host: Host) {
    this.#data = data
    this.#host = host
    this.#started = new Promise((resolve) => {
      this.#tellStarted = resolve
    })
    host.say({ type: 'thread', tid: gettid() })
    log_resume(data.log)
    register_console((record) => {
      if (record.level !== 'debug' || data.log.debug) this.#log(record)
    })
    // Node would print them by itself, and wait for the terminal.
    process.removeAllListeners('warning').on('warning', (e) => printk('warn', describe(e)))
    onPanic((why) => this.die('engine', why))
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (e: unknown) => {
        panicOn(e)
        printk('err', `${event}: ${describe(e)}`)
        printk('debug', stackOf(e) ?? '')
      })
    }
    // The names of devices, for the report on one that doesn't come back.
    onMade((ino, name) => host.say({ type: 'node', ino, name }))
  }

  /** Prints a record here, if that is possible, so that it is on the terminal before its program has an answer. */
  #log(record: printk_record): void {
    const printed = this.#console.print(record)
    this.#host.log({ type: 'log', record, printed, waits: this.#console.waits, lost: 0 })
  }

  /** Starts the modules and scripts. Returns false where that failed. */
  async start(): Promise<boolean> {
    const { say } = this.#host
    try {
      const kernel = await Kernel.start(this.#data.options, {
        starting: (what) => say({ type: 'starting', what }),
        used: (use) => say({ type: 'use', use }),
      })
      this.#kernel = kernel
      this.#tellStarted(kernel)
      const tell = () => {
        if (!this.#over) say({ type: 'running', scripts: kernel.running(), roots: lunatik_conf.root })
      }
      onChanged(tell)
      tell()
      say({ type: 'started' })
      return true
    } catch (e) {
      panicOn(e)
      const exitCode = e instanceof UserError ? e.exitCode : 1
      say({ type: 'failed', message: e instanceof Error ? e.message : describe(e), exitCode })
      return false
    }
  }

  heard(message: ToKernel): void {
    const { say, serve, close } = this.#host
    switch (message.type) {
      case 'log':
        log_store(message.record)
        return
      case 'console':
        this.#console.resume()
        return
      case 'ping':
        say({ type: 'pong' })
        return
      case 'serve':
        serve(message.fd)
        return
      case 'close':
        this.#over = true
        close()
        return
      case 'restart':
        void this.#started
          .then((kernel) => kernel.restart(message.name, message.force))
          .then((result) => say({ type: 'restarted', id: message.id, result }))
        return
      case 'reload':
        void this.#started
          .then((kernel) => kernel.reload(message.devices))
          .then((result) => say({ type: 'reloaded', id: message.id, result }))
    }
  }

  /** The connection is over. Does nothing where the machine has asked for that. */
  over(why: string): void {
    if (this.#over) return
    this.#over = true
    this.#host.say({ type: 'died', death: { cause: 'aborted', why } })
  }

  /** Ends at once, as nothing here can go on. */
  die(cause: Cause, why: string): void {
    this.#over = true
    this.#host.say({ type: 'died', death: { cause, why } })
    this.#host.die()
  }

  /** Stops the scripts and unloads the modules. */
  async stop(): Promise<void> {
    this.#over = true
    await this.#kernel?.stop()
  }
}
