// The machine of the transport dev-fuse: a thread of this process runs the kernel and reads /dev/fuse. This side
// mounts, so that no call on the mount ever waits in the thread that would have to answer it.
import { closeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { coverDev } from '../fuse/dev.js'
import { mountDevFuse } from '../fuse/dev-fuse-mount.js'
import { Outside, type ToOutside } from '../fuse/dev-fuse-outside.js'
import {
  BUSY_LOOP,
  STATE_BUSY,
  STATE_BYTES,
  STATE_COUNT,
  STATE_END,
  STATE_NODE,
  STATE_WAKE,
} from '../fuse/dev-fuse-wake.js'
import type { Mount } from '../fuse/mount.js'
import type { Mountpoint } from '../fuse/mountpoint.js'
import { fuse_opname } from '../fuse/protocol.js'
import { moduleUrl } from '../package.js'
import { describe } from '../printk.js'
import { LogFlight } from './flight.js'
import { Machine, type Roster } from './machine.js'
import type { FromKernel, KernelData, ToKernel } from './messages.js'
import type { KernelOptions } from './options.js'

/** How long the first look-up may take, in milliseconds: then the mount goes on without. */
const wakeableMs = 2000

/** What a kernel thread is started with. */
export interface KernelThreadData extends KernelData {
  /** STATE_BYTES of memory that the threads share. */
  readonly state: SharedArrayBuffer
  /** Of a {@link LogFlight}. */
  readonly flight: SharedArrayBuffer
  readonly uninterruptible: boolean
}

/** What a kernel thread says: what it says to its machine, and what it can't do itself. */
export type FromThread = FromKernel | ToOutside

/** A kernel in a thread. */
export class ThreadMachine extends Machine {
  readonly #uninterruptible: boolean
  readonly #state = new SharedArrayBuffer(STATE_BYTES)
  readonly #words = new Int32Array(this.#state)
  readonly #flight = new LogFlight()
  #worker: Worker | null = null
  #fd: number | null = null
  #outside: Outside | null = null
  protected override readonly pid = undefined

  constructor(options: KernelOptions, mountpoint: Mountpoint, roster: Roster, uninterruptible: boolean) {
    super(options, mountpoint, roster)
    this.#uninterruptible = uninterruptible
  }

  protected override boot(data: KernelData): void {
    const [state, flight] = [this.#state, this.#flight.memory]
    const workerData: KernelThreadData = { ...data, state, flight, uninterruptible: this.#uninterruptible }
    const worker = new Worker(moduleUrl('kernel/kernel_thread.js'), { workerData })
    this.#worker = worker
    let why = 'the kernel thread has ended by itself'
    worker.on('message', (message: FromThread) => {
      if (message.type === 'notify' || message.type === 'look') {
        this.#outside?.heard(message)
        return
      }
      if (message.type === 'log') this.#flight.arrive(message.record.text.length)
      this.heard(message)
    })
    worker.on('error', (e) => {
      why = `the kernel thread: ${describe(e)}`
    })
    worker.on('exit', () => this.gone(why))
  }

  protected override say(message: ToKernel): void {
    this.#worker?.postMessage(message)
    this.#outside?.wake()
  }

  /** Where the mount is by now. */
  #places(): string[] {
    const places = this.mount?.mounts().map(({ mountpoint }) => mountpoint) ?? []
    return places.length > 0 ? places : [this.options.mountpoint]
  }

  protected override async mounted(): Promise<Mount> {
    const { fd, mount } = await mountDevFuse(this.mountpoint)
    this.#fd = fd
    this.#outside = new Outside(fd, this.#state, () => this.#places())
    this.#worker?.postMessage({ type: 'serve', fd } satisfies ToKernel)
    await this.#wakeable()
    const { covered } = this.options
    if (covered !== null) {
      // What fails here has it taken away again.
      this.mount = mount
      await coverDev(this.mountpoint.path, covered)
    }
    return mount
  }

  /**
   * Waits until the thread can be woken, which takes a look-up on the mount: who hides the mount as soon as it is there
   * would have a thread that nothing ends.
   */
  async #wakeable(): Promise<void> {
    const due = new Float64Array(this.#state)
    for (const end = performance.now() + wakeableMs; due[STATE_WAKE] === 0 && performance.now() < end; ) await pause(2)
  }

  protected override async leave(): Promise<void> {
    await this.unmount()
    // Where programs still have files open the connection lasts: the thread leaves its loop by itself.
    Atomics.store(this.#words, STATE_END, 1)
    this.#outside?.wake()
  }

  protected override served(): number {
    return this.#words[STATE_COUNT] as number
  }

  protected override doing(): string {
    const opcode = this.#words[STATE_BUSY] as number
    if (opcode === BUSY_LOOP || opcode === 0) return 'a callback that had slept, or a thread'
    const ino = this.#words[STATE_NODE] as number
    const name = this.nodes.get(ino)
    return `${fuse_opname(opcode)} of ${name === undefined ? `node ${ino}` : name}`
  }

  protected override terminate(): void {
    void this.#worker?.terminate()
    if (this.#worker === null) this.gone('it was never started')
  }

  protected override dispose(): void {
    this.#outside?.close()
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }
}
