// The main thread's side of dev-fuse: it starts the kernel thread, mounts, and watches. A thread that doesn't come back
// (a loop or a pattern that no hook reaches) is a soft lockup on a kernel; here it is ended, what waits for it gets an
// error, and another takes its place with the same scripts.
import { closeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { UserError } from '../errors.js'
import { mountDevFuse } from '../fuse/dev-fuse-mount.js'
import {
  BUSY_LOOP,
  lookAtWakeNode,
  STATE_BUSY,
  STATE_BYTES,
  STATE_COUNT,
  STATE_END,
  STATE_NODE,
  wakeThread,
} from '../fuse/dev-fuse-wake.js'
import type { Mount } from '../fuse/mount.js'
import type { Mountpoint } from '../fuse/mountpoint.js'
import { fuse_opname } from '../fuse/protocol.js'
import { describe, log_record, log_save, pr_fmt, register_console } from '../printk.js'
import type { KernelOptions, StartedScript } from './kernel.js'
import type { FromThread, KernelThreadData, ToThread } from './kernel_thread.js'

const { pr_err, pr_info } = pr_fmt('watchdog')

/** How often the thread is looked at, in milliseconds. */
const lookMs = 500
/** What is added to the deadline, within which the count hook ends a callback by itself. */
const graceMs = 500
/** What is added while the thread starts, which has modules to load as well. */
const startMs = 2000
/** How long the thread may take to end, in milliseconds. */
const endMs = 5000

/** Whether the record that is being printed is the kernel thread's own. */
let relaying = false

/** A kernel thread and its mount. */
class Generation {
  readonly #options: KernelOptions
  readonly worker: Worker
  readonly words: Int32Array
  readonly exited: Promise<void>
  fd: number | null = null
  /** What it has mounted. */
  mounted: Mount | null = null
  /** Whether another is taking its place. */
  over = false
  /** The scripts that run, for the next generation. */
  scripts: readonly StartedScript[] = []
  readonly #nodes = new Map<number, string>()
  readonly #restarts = new Map<number, (message: Extract<FromThread, { type: 'restarted' }>) => void>()
  #lastRestart = 0
  #started: (error: UserError | null) => void = () => {}
  readonly started: Promise<UserError | null>

  constructor(options: KernelOptions, uninterruptible: boolean) {
    this.#options = options
    this.started = new Promise((resolve) => {
      this.#started = resolve
    })
    const state = new SharedArrayBuffer(STATE_BYTES)
    this.words = new Int32Array(state)
    const workerData: KernelThreadData = { options, state, log: log_save(), uninterruptible }
    this.worker = new Worker(new URL('./kernel_thread.js', import.meta.url), { workerData })
    this.worker.on('message', (message: FromThread) => this.#heard(message))
    this.worker.on('error', (e) => pr_err(`the kernel thread: ${describe(e)}`))
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.#started(new UserError('the kernel thread ended while it started'))
        resolve()
      })
    })
  }

  #heard(message: FromThread): void {
    switch (message.type) {
      case 'log':
        relaying = true
        log_record(message.record, message.printed)
        relaying = false
        return
      case 'started':
        this.#started(null)
        return
      case 'failed':
        this.#started(new UserError(message.message, message.exitCode))
        return
      case 'running':
        this.scripts = message.scripts
        return
      case 'node':
        this.#nodes.set(message.ino, message.name)
        return
      case 'restarted':
        this.#restarts.get(message.id)?.(message)
        this.#restarts.delete(message.id)
    }
  }

  say(message: ToThread): void {
    this.worker.postMessage(message)
    if (this.fd !== null) wakeThread(this.fd, this.#options.mountpoint)
  }

  async mount(mountpoint: Mountpoint): Promise<void> {
    const { fd, mount } = await mountDevFuse(mountpoint)
    this.fd = fd
    this.mounted = mount
    this.worker.postMessage({ type: 'serve', fd: this.fd } satisfies ToThread)
    // The kernel is to know the node by which the thread is woken.
    await lookAtWakeNode(this.#options.mountpoint)
  }

  restart(name: string, force: boolean) {
    const id = ++this.#lastRestart
    return new Promise<Extract<FromThread, { type: 'restarted' }>['result']>((resolve) => {
      this.#restarts.set(id, ({ result }) => resolve(result))
      this.say({ type: 'restart', id, name, force })
    })
  }

  /** What the thread is at, for the log. */
  doing(): string {
    const opcode = this.words[STATE_BUSY] as number
    if (opcode === BUSY_LOOP) return 'a callback that had slept'
    const ino = this.words[STATE_NODE] as number
    const name = this.#nodes.get(ino)
    return `${fuse_opname(opcode)} of ${name === undefined ? `node ${ino}` : name}`
  }

  /** Ends a thread that doesn't come back. */
  async kill(): Promise<void> {
    await this.mounted?.abort()
    await this.mounted?.unmount()
    await this.worker.terminate()
    if (this.fd !== null) closeSync(this.fd)
    this.fd = null
  }

  /** Ends the thread and its mount in good order. */
  async end(): Promise<void> {
    const { mountpoint } = this.#options
    const timer = setTimeout(() => void this.kill(), endMs)
    this.say({ type: 'close' })
    if (this.fd !== null) {
      await lookAtWakeNode(mountpoint)
      await this.mounted?.unmount()
      // Where programs still have files open the connection lasts: the thread leaves its loop by itself.
      Atomics.store(this.words, STATE_END, 1)
      wakeThread(this.fd, mountpoint)
    }
    await this.exited
    clearTimeout(timer)
    // What nobody answers any more ends with the connection.
    if (this.fd !== null) closeSync(this.fd)
    this.fd = null
  }
}

/** What the server sees of dev-fuse. */
export class Supervisor {
  readonly #options: KernelOptions
  readonly #mountpoint: Mountpoint
  readonly #uninterruptible: boolean
  #generation: Generation
  #timer: NodeJS.Timeout | null = null
  /** Called when somebody else has unmounted the folder. */
  onGone: () => void = () => {}
  #stopping = false
  #unlog = () => {}
  /** Resolves when no other generation is being started. */
  #work: Promise<void> = Promise.resolve()

  private constructor(options: KernelOptions, mountpoint: Mountpoint, uninterruptible: boolean) {
    this.#options = options
    this.#mountpoint = mountpoint
    this.#uninterruptible = uninterruptible
    this.#generation = new Generation(options, uninterruptible)
  }

  /** Starts the kernel thread and mounts. On an error nothing is left. */
  static async start(options: KernelOptions, mountpoint: Mountpoint, uninterruptible: boolean): Promise<Supervisor> {
    const supervisor = new Supervisor(options, mountpoint, uninterruptible)
    await supervisor.#begin()
    // What this thread logs is in the mount's log as well.
    supervisor.#unlog = register_console((record) => {
      if (!relaying) supervisor.#generation.say({ type: 'log', record })
    })
    return supervisor
  }

  async #begin(): Promise<void> {
    const generation = this.#generation
    const guard = this.#guardStart(generation)
    const error = await generation.started
    clearInterval(guard)
    if (error !== null) {
      await generation.exited
      throw error
    }
    try {
      await generation.mount(this.#mountpoint)
    } catch (e) {
      await generation.end()
      throw e
    }
    void generation.exited.then(() => this.#over(generation, 'the kernel thread has ended by itself'))
    this.#watch(generation)
  }

  /** Ends a thread whose event loop has not been back within the deadline while modules and scripts are started. */
  #guardStart({ worker }: Generation): NodeJS.Timeout | undefined {
    if (this.#options.deadline === 0) return undefined
    let idle = -1
    let since = performance.now()
    return setInterval(() => {
      const now = performance.now()
      const elu = worker.performance.eventLoopUtilization()
      if (elu.idle !== idle) {
        idle = elu.idle
        since = now
      } else if (now - since >= this.#options.deadline + startMs) {
        pr_err('a module or a script that is being started never comes back')
        void worker.terminate()
      }
    }, lookMs)
  }

  #watch(generation: Generation): void {
    if (this.#options.deadline === 0) return
    const limit = this.#options.deadline + graceMs
    let count = -1
    let since = 0
    this.#timer = setInterval(() => {
      const { words } = generation
      const now = performance.now()
      if (words[STATE_BUSY] === 0 || words[STATE_COUNT] !== count) {
        count = words[STATE_COUNT] as number
        since = now
      } else if (now - since >= limit) {
        const seconds = (this.#options.deadline / 1000).toString()
        this.#over(generation, `soft lockup: no return within ${seconds} s: ${generation.doing()}`)
      }
    }, lookMs)
  }

  /** Puts another generation in the place of one that is over or must end. */
  #over(generation: Generation, why: string): void {
    if (this.#stopping || generation.over) return
    generation.over = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#work = this.#work.then(() => this.#replace(generation, why))
  }

  async #replace(generation: Generation, why: string): Promise<void> {
    if (this.#stopping) return
    // An unmount from outside ends the thread as well.
    if (!why.startsWith('soft lockup') && generation.mounted?.isMounted() !== true) {
      this.onGone()
      return
    }
    pr_err(why)
    await generation.kill()
    if (this.#stopping) return
    try {
      await this.#again(generation.scripts)
      pr_info(`${this.#options.mountpoint} is mounted afresh: devices have lost their state`)
    } catch (e) {
      pr_err(`${this.#options.mountpoint} can't be mounted afresh: ${describe(e)}`)
      this.onGone()
    }
  }

  async #again(scripts: readonly StartedScript[]): Promise<void> {
    this.#generation = new Generation({ ...this.#options, run: scripts }, this.#uninterruptible)
    await this.#begin()
  }

  restart(name: string, force: boolean) {
    return this.#generation.restart(name, force)
  }

  /** Ends the thread and its mount. May be called again; never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#work
    this.#unlog()
    await this.#generation.end()
  }
}
