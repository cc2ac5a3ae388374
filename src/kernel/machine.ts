// A machine: modules, scripts and the mount that shows them, in a thread or a process of their own, seen from the
// process that started it. Whatever a script does, this side goes on: it says how the machine starts, how it dies, and
// sees to it that nothing of it is left.
import { stdio_console } from '../console.js'
import { otherThreads, threadCpuClock } from '../cputime.js'
import { UserError } from '../errors.js'
import type { Mount } from '../fuse/mount.js'
import type { Mountpoint } from '../fuse/mountpoint.js'
import { describe, log_record, log_save, pr_fmt, printk_dropped, type printk_record } from '../printk.js'
import type { Cause, Death } from './death.js'
import type { FromKernel, KernelData, Reloaded, Restarted, ToKernel } from './messages.js'
import type { KernelOptions, StartedScript, Starting } from './options.js'
import { spareDescriptors } from './spare.js'
import type { Use } from './use.js'
import { Watchdog } from './watchdog.js'

const { pr_err } = pr_fmt('machine')

/** What is added to the deadline, within which the count hook ends a callback by itself, in milliseconds. */
const graceMs = 500
/** What is added while the machine starts, which has modules to load as well. */
const startMs = 2000
/** How long the end in good order may take, in milliseconds. */
const endMs = 1200
/** How long what was killed may take to be gone, in milliseconds. */
const killMs = 1000
/** How long either may take at most while threads work or wait for a processor, in milliseconds. */
const busyMs = 30_000
/** How often is looked whether a machine that was asked to end still works, in milliseconds. */
const lookMs = 100

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Whether the record that is being printed is a kernel's own, which has it in its log already. */
let relaying = false

/** Whether a record that a console gets here comes from a kernel. */
export const isRelayed = () => relaying

/** Where a machine's scripts are noted, outside of what dies with it. */
export interface Roster {
  /** Those that run, the oldest first. */
  scripts: readonly StartedScript[]
  /** Where they are looked for. */
  roots: readonly string[]
  /** Told what scripts and modules use, where the options say so. */
  readonly used: (use: Use) => void
}

/** The error of a start that something else has ended; `starting` is what did not come back, if that was it. */
export class StartError extends UserError {
  readonly starting: Starting | null
  constructor(message: string, starting: Starting | null, exitCode?: number) {
    super(message, exitCode)
    this.starting = starting
  }
}

const stopped = () => new StartError('it was stopped while it started', null)

/** What waits for an answer. */
interface Request {
  readonly answer: (result: unknown) => void
  readonly refuse: () => void
}

/** A promise and what resolves it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** How --run or --device names what is being started. */
const naming = ({ kind, name }: Starting) => (kind === 'script' ? `--run ${name}` : `device '${name}'`)

/**
 * One life of a kernel and its mount. It starts once and ends once: by {@link stop}, by {@link kill}, or by itself,
 * which {@link died} tells. All requests settle, whichever it is.
 */
export abstract class Machine {
  protected readonly options: KernelOptions
  protected readonly mountpoint: Mountpoint
  readonly #roster: Roster
  /** Resolves when the machine has ended by itself; never where it was stopped. */
  readonly died: Promise<Death>
  readonly #tellDeath: (death: Death) => void
  #death: Death | null = null
  /** Resolves once the thread or process is gone. */
  readonly exited: Promise<void>
  readonly #tellExit: () => void
  #gone = false
  readonly #started: Promise<UserError | null>
  readonly #tellStarted: (error: UserError | null) => void
  protected mount: Mount | null = null
  #mounting: Promise<Mount> | null = null
  #watchdog: Watchdog | null = null
  #starting: Starting | null = null
  #up = false
  /** Whether it was asked to end: nothing that happens from now on is a death. */
  #ending = false
  #ended: Promise<boolean> | null = null
  #killed: Promise<boolean> | null = null
  #pongs = 0
  #printing = false
  readonly #requests = new Map<number, Request>()
  #lastRequest = 0
  protected readonly nodes = new Map<number, string>()

  constructor(options: KernelOptions, mountpoint: Mountpoint, roster: Roster) {
    this.options = options
    this.mountpoint = mountpoint
    this.#roster = roster
    const died = deferred<Death>()
    this.died = died.promise
    this.#tellDeath = died.resolve
    const exited = deferred<void>()
    this.exited = exited.promise
    this.#tellExit = exited.resolve
    const started = deferred<UserError | null>()
    this.#started = started.promise
    this.#tellStarted = started.resolve
  }

  // What a thread and a process do differently.

  /** Begins to run the kernel: messages go to {@link heard}, its end to {@link gone}. */
  protected abstract boot(data: KernelData): void
  /** Sends a message to the kernel, and wakes it. */
  protected abstract say(message: ToKernel): void
  /** Mounts, and has the kernel serve. */
  protected abstract mounted(): Promise<Mount>
  /** What the process of the thread is, for its clock; undefined for this one. */
  protected abstract readonly pid: number | undefined
  /** Takes the mount away and has the kernel leave its loop, as far as it doesn't do that by itself. */
  protected abstract leave(): Promise<void>
  /** A sign of life while it serves; null where the answer to a ping is one. */
  protected abstract served(): number | null
  /** What it is at, for the log. */
  protected abstract doing(): string
  /** Ends the thread or process by force. What it waits for has been aborted. */
  protected abstract terminate(): void
  /** Gives back what only this side holds, once the kernel is gone. */
  protected abstract dispose(): void

  /**
   * Starts the modules and scripts, then mounts. Rejects with a {@link UserError} where that fails or the machine ends
   * meanwhile, and nothing is left then.
   */
  async start(): Promise<void> {
    try {
      this.boot({ options: this.options, log: log_save() })
      const error = await this.#started
      if (error !== null) throw error
      this.#mounting = this.mounted()
      this.mount = await this.#mounting
      if (this.#ending) throw stopped()
      this.#up = true
    } catch (e) {
      await this.kill()
      // A stop that came while it was being mounted has found nothing to take away.
      await this.mount?.abort()
      await this.unmount()
      throw e
    }
  }

  /**
   * Stops a script and runs it again.
   * @param force whether also one that doesn't run
   * @returns null for one that doesn't run. Where the machine dies first, that is the error
   */
  restart(name: string, force: boolean): Promise<Restarted> {
    return this.#request<Restarted>(
      (id) => ({ type: 'restart', id, name, force }),
      () => ({ ok: false, error: this.#refusal() }),
    )
  }

  /**
   * Unloads modules and loads them anew from their files.
   * @returns the error of each that isn't loaded now. Where the machine dies first, that is the error
   */
  reload(devices: readonly string[]): Promise<readonly Reloaded[]> {
    return this.#request<readonly Reloaded[]>(
      (id) => ({ type: 'reload', id, devices }),
      () => devices.map((device) => ({ device, error: this.#refusal() })),
    )
  }

  #request<T>(message: (id: number) => ToKernel, refusal: () => T): Promise<T> {
    if (this.#gone || this.#death !== null) return Promise.resolve(refusal())
    const id = ++this.#lastRequest
    return new Promise((resolve) => {
      this.#requests.set(id, { answer: (result) => resolve(result as T), refuse: () => resolve(refusal()) })
      this.say(message(id))
    })
  }

  /** Puts a record of this process into the machine's log. */
  log(record: printk_record): void {
    if (!this.#gone) this.say({ type: 'log', record })
  }

  /**
   * Ends it in good order: what waits is answered, the mount is taken away, modules are unloaded. What doesn't come to
   * its end is killed. May be called at any time and again; never rejects.
   * @returns false where the thread or process can't be ended
   */
  stop(): Promise<boolean> {
    this.#ending = true
    this.#tellStarted(stopped())
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<boolean> {
    if (this.#killed !== null) return this.#killed
    if (!this.#up) {
      await Promise.race([this.#mounting?.catch(() => {}), pause(killMs)])
      return this.kill()
    }
    const restore = spareDescriptors()
    this.say({ type: 'close' })
    // Its time begins when it has been told to leave: until then it waits for the programs that unmount.
    const left = this.leave()
    await Promise.race([this.exited, left.then(() => this.#patience(endMs))])
    if (!this.#gone) return this.kill()
    await left
    await this.unmount()
    restore()
    this.#dispose()
    return true
  }

  /**
   * Resolves when the thread has had its time to be gone. That is over when all threads of its process have slept for
   * `ms` milliseconds without an answer: it waits in a system call then. At the end of everything it is over as well when
   * one of them has worked for so long. Else it gets more, as a thread can't end before those in which V8 compiles for
   * it, or Node computes a digest; on a busy machine they are late.
   */
  async #patience(ms: number): Promise<void> {
    const begin = performance.now()
    let before = otherThreads(this.pid)
    let pongs = this.#pongs
    for (let slept = 0; !this.#gone; ) {
      await pause(lookMs)
      const threads = otherThreads(this.pid)
      slept = [...threads.values()].some(({ runs }) => runs) ? 0 : slept + lookMs
      if (this.#pongs !== pongs) {
        pongs = this.#pongs
        slept = 0
        before = threads
      }
      const works = [...threads].some(([tid, { ms: now }]) => now - (before.get(tid)?.ms ?? 0) >= ms)
      if (slept >= ms || (works && this.#ended !== null) || performance.now() - begin >= busyMs) return
      if (this.#killed === null) this.say({ type: 'ping' })
    }
  }

  /**
   * Ends it at once: who waits for an answer gets an error. May be called at any time and again; never rejects.
   * @returns false where the thread or process can't be ended
   */
  kill(): Promise<boolean> {
    this.#ending = true
    this.#killed ??= this.#kill()
    return this.#killed
  }

  async #kill(): Promise<boolean> {
    const restore = spareDescriptors()
    // A thread that sits in a system call is freed by this alone, so nothing else may come before it.
    await this.mount?.abort().catch((e) => pr_err(describe(e)))
    const unmounted = this.unmount()
    this.terminate()
    await Promise.race([this.exited, this.#patience(killMs)])
    await unmounted
    restore()
    this.#settle()
    // Another process that takes its time keeps nobody here from ending.
    if (!this.#gone && this.pid === undefined) {
      pr_err('a thread can not be ended: it waits in a system call that never returns')
      return false
    }
    this.#dispose()
    return true
  }

  protected async unmount(): Promise<void> {
    try {
      if (this.mount?.isMounted()) await this.mount.unmount()
    } catch (e) {
      pr_err(`can't unmount ${this.options.mountpoint}: ${describe(e)}`)
    }
  }

  #dispose(): void {
    this.#watchdog?.close()
    this.#settle()
    this.dispose()
  }

  // What comes from the kernel.

  protected heard(message: FromKernel): void {
    switch (message.type) {
      case 'thread':
        this.#watch(message.tid)
        return
      case 'pong':
        this.#pongs++
        return
      case 'log':
        relaying = true
        if (message.lost > 0) log_record(printk_dropped(message.lost))
        log_record(message.record, message.printed)
        relaying = false
        if (message.waits) this.#print()
        return
      case 'starting':
        this.#starting = message.what
        this.#pongs++
        return
      case 'started':
        this.#tellStarted(null)
        return
      case 'failed':
        this.#tellStarted(new StartError(message.message, null, message.exitCode))
        return
      case 'running':
        if (this.#death !== null || this.#ending) return
        this.#roster.scripts = message.scripts
        this.#roster.roots = message.roots
        return
      case 'node':
        this.nodes.set(message.ino, message.name)
        return
      case 'use':
        if (this.#death === null && !this.#ending) this.#roster.used(message.use)
        return
      case 'restarted':
      case 'reloaded':
        this.#requests.get(message.id)?.answer(message.result)
        this.#requests.delete(message.id)
        return
      case 'died':
        this.die(message.death.cause, message.death.why)
    }
  }

  /** The thread or process is gone. */
  protected gone(why: string): void {
    if (this.#gone) return
    this.#gone = true
    this.#watchdog?.close()
    this.die('loop', why)
    this.#tellExit()
  }

  /** The kernel leaves it to this process to print, until all is printed. */
  #print(): void {
    if (this.#printing) return
    this.#printing = true
    stdio_console(2).wait(() => {
      this.#printing = false
      if (!this.#gone) this.say({ type: 'console' })
    })
  }

  /** It has ended by itself, or must end. Only the first cause counts. */
  die(cause: Cause, why: string): void {
    if (this.#death !== null || this.#ending) {
      this.#settle()
      return
    }
    this.#death = { cause, why }
    this.#watchdog?.close()
    this.#tellStarted(new StartError(this.#starting === null ? why : this.#culprit(cause, why), this.#starting))
    this.#settle()
    // One that is still being started tells so by its start alone.
    if (this.#up) this.#tellDeath(this.#mountGone(this.#death))
  }

  /** A connection ends with its mount, and by an abort, which leaves the mount. */
  #mountGone(death: Death): Death {
    return death.cause === 'aborted' && this.mount?.isMounted() === false ? { ...death, cause: 'unmounted' } : death
  }

  #culprit(cause: Cause, why: string): string {
    const name = naming(this.#starting as Starting)
    return cause === 'lockup' ? `${name}: it never comes back` : `${name}: ${why}`
  }

  #refusal(): string {
    return `the machine has ended: ${this.#death?.why ?? 'it was stopped'}`
  }

  /** No request waits for an answer that never comes. */
  #settle(): void {
    for (const request of this.#requests.values()) request.refuse()
    this.#requests.clear()
  }

  #watch(tid: number): void {
    const { deadline } = this.options
    this.#watchdog = new Watchdog(threadCpuClock(tid, '/proc', this.pid), {
      progress: () => (this.#up ? (this.served() ?? this.#pongs) : -1 - this.#pongs),
      poke: () => this.say({ type: 'ping' }),
      limit: () => (deadline === 0 ? Number.POSITIVE_INFINITY : deadline + graceMs + (this.#up ? 0 : startMs)),
      bark: () => {
        const seconds = (deadline / 1000).toString()
        this.die('lockup', `soft lockup: no return within ${seconds} s: ${this.doing()}`)
      },
    })
  }
}
