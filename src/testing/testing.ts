// What `import 'lunatik/testing'` gives: a mount for a test, made by a server in a process of its own. So the test may
// use the devices in any way, synchronous calls included, and whatever the test's process does, the mount goes with it.
import { join } from 'node:path'
import { ChunkError, Control, quote } from '../cli/control.js'
import type { Deed, Injected } from '../cli/inject.js'
import { type Call, callsIn } from './calls.js'
import type { Log } from './log.js'
import { endWithRunner } from './runner.js'
import { TestServer } from './server.js'

export type { Call } from './calls.js'
export type { Log, LogRecord, UntilOptions } from './log.js'
export type { Deed, Injected }

/** What a mount is made with; each is the option of `lunatik mount` of its name. */
export interface LunatikOptions {
  /** Folders of scripts, relative to the working directory, which come before the package's own. */
  readonly scripts?: string | readonly string[]
  /** Scripts to start, which {@link Lunatik.reset} starts afresh. */
  readonly run?: string | readonly string[]
  /** Modules to load: names of devices/, or paths of JavaScript modules. Default: none where `run` is given. */
  readonly device?: string | readonly string[]
  /** How long Lua may have the processor in one call, in seconds; 0: for ever. Default: 5. */
  readonly deadline?: number
  /** How long a callback computes before others have their turn, in milliseconds; 0: to its end. Default: 5. */
  readonly slice?: number
  /** How much a runtime may hold, in MiB. Default: 64. */
  readonly memory?: number
  /** Which Lua runs the scripts. Default: LUNATIK_ENGINE, else wasm. */
  readonly engine?: 'wasm' | 'fengari'
  /** How the kernel's requests come. Default: dev-fuse where this process may mount. */
  readonly transport?: 'dev-fuse' | 'fuse-native'
  /** Whether a signal ends a sleep only where it would on a kernel. Default: false. */
  readonly uninterruptible?: boolean
  /**
   * How the time of scripts passes: `real`, the default; `fast`, which jumps to the end of the next sleep as soon as
   * all sleep; or `manual`, which {@link Lunatik.clock} moves.
   */
  readonly clock?: 'real' | 'fast' | 'manual'
  /** Whether calls are put on record, for {@link Lunatik.calls}: each takes some 50 µs. Default: true. */
  readonly trace?: boolean
  /** Whether debug records and stack traces are logged as well. Default: false. */
  readonly verbose?: boolean
}

/** Where a script runs. */
export type Context = 'process' | 'softirq' | 'hardirq'

/** Values as a list; none for undefined. */
const list = (values: string | readonly string[] | undefined): readonly string[] =>
  values === undefined ? [] : typeof values === 'string' ? [values] : values

function argumentsOf(options: LunatikOptions): string[] {
  const { scripts, run, device, uninterruptible, verbose, trace: _, ...valued } = options
  const args: string[] = []
  for (const [name, values] of Object.entries({ scripts, run, device })) {
    for (const value of list(values)) args.push(`--${name}=${value}`)
  }
  for (const [name, value] of Object.entries(valued)) if (value !== undefined) args.push(`--${name}=${value}`)
  for (const [name, on] of Object.entries({ uninterruptible, verbose })) if (on) args.push(`--${name}`)
  return args
}

/** The time of scripts. */
export interface Clock {
  /**
   * Moves it by milliseconds, an integer. Sleeps and timeouts that end on the way do so, each at its time. Resolves
   * once all scripts that were woken have run, to their next sleep or their end. Rejects with an Error where the clock
   * isn't manual.
   */
  advance(ms: number): Promise<void>
}

/** Gives an event with these fields to the hooks of scripts. Resolves with what each did. */
export type Injection = (fields: Readonly<Record<string, unknown>>) => Promise<Injected>

/** Gives events to the hooks of scripts. */
export interface Inject {
  readonly keyboard: Injection
  readonly vt: Injection
  readonly netdev: Injection
  readonly packet: Injection
  readonly probe: Injection
  readonly syscall: Injection
  readonly hid: Injection
  readonly xdp: Injection
  readonly map: Injection
  readonly wire: Injection
}

/** A mount for a test. */
export class Lunatik {
  readonly #server: TestServer
  readonly #run: readonly string[]

  /** @internal */
  constructor(server: TestServer, run: readonly string[]) {
    this.#server = server
    this.#run = run
  }

  /** The folder of the mount, absolute: what LUNATIK_MNT is for `lunatik` and for programs that `exec` runs. */
  get dir(): string {
    return this.#server.dir
  }

  /** The log since the mount was made or reset. */
  get log(): Log {
    return this.#server.log
  }

  /**
   * The calls on devices since the mount was made or reset, in the order in which they began. Those that have returned
   * are all there, and those that sleep; only a close may come some time after close(2).
   * @param name of one device alone, for example `thermo/heater`
   */
  calls(name?: string): Call[] {
    const { trace } = this.#server
    if (trace === null) throw new Error('no calls are on record: createLunatik was given trace: false')
    return callsIn(trace, name)
  }

  /** The path of a device, for example of `thermo/temp`; nothing says that there is one. */
  path(name: string): string {
    return join(this.dir, name)
  }

  /** The time of scripts, where `clock` is manual: it stands still until it is moved. */
  readonly clock: Clock = {
    advance: async (ms) => {
      await this.#ask(`require("lunatik.clock").advance(${String(ms)})`)
    },
  }

  /**
   * Runs a Lua chunk in the server, as `lunatik`'s prompt does: in a runtime of its own, not in a script's. It reaches
   * scripts through `require("lunatik.runner")`.
   * @returns its results as text, joined by tabs. Rejects with an Error where it raises, or doesn't compile
   */
  async lua(chunk: string): Promise<string> {
    // A write of no bytes reaches no device.
    return this.#ask(chunk === '' ? ';' : chunk)
  }

  /**
   * Gives events to the hooks of scripts, as `lunatik inject` does: for example
   * `inject.packet({ dns: 'example.org', hook: 'LOCAL_OUT' })`. docs/inject.md has the fields of each. Each rejects with
   * an Error for a wrong event.
   */
  readonly inject: Inject = {
    keyboard: (fields) => this.#inject('keyboard', fields),
    vt: (fields) => this.#inject('vt', fields),
    netdev: (fields) => this.#inject('netdev', fields),
    packet: (fields) => this.#inject('packet', fields),
    probe: (fields) => this.#inject('probe', fields),
    syscall: (fields) => this.#inject('syscall', fields),
    hid: (fields) => this.#inject('hid', fields),
    xdp: (fields) => this.#inject('xdp', fields),
    map: (fields) => this.#inject('map', fields),
    wire: (fields) => this.#inject('wire', fields),
  }

  async #inject(event: string, fields: object): Promise<Injected> {
    const json = quote(JSON.stringify({ ...fields, event }))
    return JSON.parse(await this.#ask(`return require("inject").json(${json})`)) as Injected
  }

  /** Starts a script, as `lunatik run` does. Rejects with an Error that has the script's message. */
  async run(script: string, context: Context = 'process'): Promise<void> {
    await this.#ask(`require("lunatik.runner").run(${quote(script)}, ${quote(context)})`)
  }

  /** Starts a script, and what it returns as a thread, as `lunatik spawn` does. */
  async spawn(script: string, context: Context = 'process'): Promise<void> {
    await this.#ask(`require("lunatik.runner").spawn(${quote(script)}, ${quote(context)})`)
  }

  /** Stops a script and takes its devices away: files that are open get ENXIO. Does nothing where it doesn't run. */
  async stop(script: string): Promise<void> {
    await this.#ask(`require("lunatik.runner").stop(${quote(script)})`)
  }

  /** The names of the scripts that run, the newest first. */
  async list(): Promise<string[]> {
    const names = await this.#ask('return require("lunatik.runner").list()')
    return names === '' ? [] : names.split(', ')
  }

  /**
   * Begins anew without another server: stops every script, starts those of `run` afresh and forgets the log and
   * the calls.
   * Modules of `device` stay as they are. Rejects with an Error where a script doesn't run.
   */
  async reset(): Promise<void> {
    const runs = this.#run.map((script) => `runner.run(${quote(script)})`)
    await this.#ask(`local runner = require("lunatik.runner") runner.shutdown()`)
    this.log.clear()
    this.#server.trace?.forget()
    await this.#ask(`local runner = require("lunatik.runner") ${runs.join(' ')}`)
  }

  /** Unmounts and ends the server. Whoever waits for a device gets an error. May be called again. */
  close(): Promise<void> {
    return this.#server.close()
  }

  /** For `await using`: {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #ask(chunk: string): Promise<string> {
    this.#server.check()
    const logged = this.log.records.length
    try {
      const control = await Control.open(this.dir)
      try {
        return (await control.ask(chunk)).toString()
      } finally {
        await control.close()
      }
    } catch (e) {
      if (!(e instanceof ChunkError)) this.#server.check()
      throw new Error((e instanceof Error ? e.message : String(e)) + this.log.shown(logged))
    }
  }
}

/**
 * Mounts devices for a test, on a folder of its own. The server ends with this process, however that ends, and leaves
 * nothing; it doesn't keep the process from ending.
 * @returns the mount, once programs can use it. Rejects with an Error that says what was wrong, and what was logged
 */
export async function createLunatik(options: LunatikOptions = {}): Promise<Lunatik> {
  endWithRunner()
  const lunatik = new Lunatik(await TestServer.start(argumentsOf(options), options.trace ?? true), list(options.run))
  // What runs for the first time takes long: it is no test's business.
  await lunatik.list()
  return lunatik
}
