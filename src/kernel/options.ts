// What a kernel is started with: plain values, which threads and processes may pass on.
import type { clock_t } from '../lib/timekeeping.js'
import type { TimedEvent } from './events_file.js'

/**
 * A script to start, in which context, whether what it returns is to run as a thread, and whether it runs once for each
 * CPU.
 */
export interface StartedScript {
  readonly name: string
  readonly context: string
  readonly spawned: boolean
  readonly percpu: boolean
}

/** What a kernel is started with; plain values, which threads may pass on. */
export interface KernelOptions {
  /** Folders of scripts, the package's own last. */
  readonly roots: readonly string[]
  /** The folder of the mount. */
  readonly mountpoint: string
  /** Where the machine's own /dev is, for a mount that covers /dev; null for any other. */
  readonly covered: string | null
  /** Modules to load. */
  readonly device: readonly string[]
  /** Whether those are the examples, each of which gives way to a script's device of its name. */
  readonly examples: boolean
  /** Scripts to start. */
  readonly run: readonly StartedScript[]
  /** How long Lua may run in one call, in milliseconds; 0 means for ever. */
  readonly deadline: number
  /** How long Lua runs before others have their turn, in milliseconds; 0 means to the end of the call. */
  readonly slice: number
  /** How many values the stack of a thread of Lua may have. */
  readonly stack: number
  /** How much of lunatik_malloc and of objects' private data a runtime may hold, in bytes. */
  readonly memory: number
  /** Whether to tell at the end which objects are still alive. */
  readonly ledger: boolean
  /** Whether a module or a script that fails is left out, with a line in the log, and the others start all the same. */
  readonly lenient: boolean
  /** How the time of scripts passes. */
  readonly clock: clock_t
  /** A file to which each call on a device is written; null for none. */
  readonly trace: string | null
  /** Events for scripts' hooks, by their times. */
  readonly events: readonly TimedEvent[]
  /** The scripts of which is told what they use, and of all modules; null for nothing. */
  readonly watch: readonly string[] | null
}

/** A module or a script that is being started. */
export interface Starting {
  readonly kind: 'module' | 'script'
  readonly name: string
}
