// The machine of the transport fuse-native: a process of its own runs the kernel, since the addon has to be in a main
// thread, and a main thread whose callback never comes back hears no signal.
import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.js'
import { fusermountComplaint } from '../fuse/command.js'
import { Mount, newMountTag } from '../fuse/mount.js'
import { mayMount } from '../fuse/privilege.js'
import { moduleUrl } from '../package.js'
import { describe } from '../printk.js'
import { LIFELINE } from './lifeline.js'
import { Machine } from './machine.js'
import type { FromKernel, KernelData, ToKernel } from './messages.js'

const program = fileURLToPath(moduleUrl('kernel/kernel_process.js'))

/** How often the connection is looked for, in milliseconds: the addon doesn't say that it is over. */
const watchMs = 1000

function isFuse(link: string): boolean {
  try {
    return readlinkSync(link) === '/dev/fuse'
  } catch {
    return false // It was closed meanwhile.
  }
}

/** What a kernel process is told first. */
export interface KernelProcessData extends KernelData {
  /** By which its mount is found. */
  readonly tag: string
}

/** A kernel in a process. */
export class ProcessMachine extends Machine {
  #child: ChildProcess | null = null
  #answer: (message: Extract<FromKernel, { type: 'mounted' }> | null) => void = () => {}
  #timer: NodeJS.Timeout | undefined
  /** The descriptor of libfuse's connection, once it was looked for. */
  #connection: string | undefined
  readonly #tag = newMountTag()

  protected override get pid(): number | undefined {
    return this.#child?.pid
  }

  protected override boot(data: KernelData): void {
    const child = fork(program, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe', this.mountpoint.parent],
      serialization: 'advanced',
      env: process.env,
    })
    this.#child = child
    child.on('message', (message: FromKernel) => {
      if (message.type === 'mounted') this.#answer(message)
      else this.heard(message)
    })
    child.on('error', (e) => this.gone(`the kernel process: ${describe(e)}`))
    child.on('exit', (code, signal) => {
      this.#answer(null)
      this.gone(`the kernel process has ended by itself (${signal ?? code})`)
    })
    ;(child.stdio[LIFELINE] as Writable | undefined)?.on('error', () => {})
    child.send({ ...data, tag: this.#tag } satisfies KernelProcessData)
  }

  protected override say(message: ToKernel): void {
    // One that has just gone takes no message.
    if (this.#child?.connected) this.#child.send(message, () => {})
  }

  protected override async mounted(): Promise<Mount> {
    this.mountpoint.checkFree()
    const answer = await new Promise<Extract<FromKernel, { type: 'mounted' }> | null>((resolve) => {
      this.#answer = resolve
      this.say({ type: 'serve', fd: -1 })
    })
    if (answer === null) throw new UserError('the kernel process has ended while it mounted')
    if (answer.error !== null) {
      // The addon looks as well whether somebody was faster.
      this.mountpoint.checkFree()
      const complaint = mayMount() ? null : await fusermountComplaint(this.mountpoint.path)
      throw new UserError(complaint === null ? answer.error : `can't mount on ${this.mountpoint.path}: ${complaint}`)
    }
    const mount = Mount.find(this.#tag, this.mountpoint)
    if (mount === null) throw new UserError(`${this.mountpoint.path} was unmounted as soon as it was mounted`)
    await this.mountpoint.settle(mount)
    await mount.makePrivate()
    this.#timer = setInterval(() => {
      if (!this.#connected()) this.die('aborted', 'the connection was aborted')
    }, watchMs)
    return mount
  }

  /** Whether libfuse still has its connection: it closes the descriptor where that is over. */
  #connected(): boolean {
    const dir = `/proc/${this.pid}/fd`
    if (this.#connection !== undefined && isFuse(`${dir}/${this.#connection}`)) return true
    try {
      const fds = readdirSync(dir)
      this.#connection = fds.find((fd) => isFuse(`${dir}/${fd}`))
      // Without any it has just ended, which it tells by itself.
      return fds.length === 0 || this.#connection !== undefined
    } catch {
      return true
    }
  }

  /** The kernel process unmounts by itself, by which libfuse's loop ends. */
  protected override async leave(): Promise<void> {}

  protected override served(): null {
    return null
  }

  protected override doing(): string {
    return 'a callback'
  }

  protected override terminate(): void {
    if (this.#child === null) this.gone('it was never started')
    else this.#child.kill('SIGKILL')
  }

  protected override dispose(): void {
    clearInterval(this.#timer)
  }
}
