// What a machine and the process or thread that it runs in say to each other; plain values alone.
import type { runner_result } from '../lib/lunatik_runner.js'
import type { console_printed, log_state, printk_record } from '../printk.js'
import type { Death } from './death.js'
import type { KernelOptions, StartedScript, Starting } from './options.js'
import type { Use } from './use.js'

/** What a kernel is started with, wherever it runs. */
export interface KernelData {
  readonly options: KernelOptions
  readonly log: log_state
}

/** What became of a restart; null for a script that doesn't run. */
export type Restarted = runner_result | null

/** What became of a module that was loaded again. */
export interface Reloaded {
  readonly device: string
  /** Why it isn't loaded; null where it is. */
  readonly error: string | null
}

/** What a machine says to its kernel. */
export type ToKernel =
  | { readonly type: 'log'; readonly record: printk_record }
  /** All that was left to the machine to print is printed. */
  | { readonly type: 'console' }
  /** To be answered as soon as the event loop turns. */
  | { readonly type: 'ping' }
  /** Serve: the descriptor of a mounted connection, for who can't mount alone. */
  | { readonly type: 'serve'; readonly fd: number }
  /** End in good order. */
  | { readonly type: 'close' }
  | { readonly type: 'restart'; readonly id: number; readonly name: string; readonly force: boolean }
  | { readonly type: 'reload'; readonly id: number; readonly devices: readonly string[] }

/** A record of a kernel. */
export interface LogMessage {
  readonly type: 'log'
  readonly record: printk_record
  /** How much of it is on the terminal. */
  readonly printed: console_printed
  /** Whether the kernel is to be told once all is printed. */
  readonly waits: boolean
  /** How many records before it are nowhere, because too many were on their way. */
  readonly lost: number
}

/** What a kernel says to its machine. */
export type FromKernel =
  /** The first of all: the number of the thread that runs it. */
  | { readonly type: 'thread'; readonly tid: number }
  | { readonly type: 'pong' }
  | LogMessage
  /** What is being started next; null once all is. */
  | { readonly type: 'starting'; readonly what: Starting | null }
  | { readonly type: 'started' }
  /** It has mounted by itself, or why it could not. */
  | { readonly type: 'mounted'; readonly error: string | null }
  | { readonly type: 'failed'; readonly message: string; readonly exitCode: number }
  | { readonly type: 'running'; readonly scripts: readonly StartedScript[]; readonly roots: readonly string[] }
  /** A node was made, for the name of what is being served. */
  | { readonly type: 'node'; readonly ino: number; readonly name: string }
  | { readonly type: 'restarted'; readonly id: number; readonly result: Restarted }
  | { readonly type: 'reloaded'; readonly id: number; readonly result: readonly Reloaded[] }
  /** What a script or a module uses, for who watches. */
  | { readonly type: 'use'; readonly use: Use }
  /** It can't go on. */
  | { readonly type: 'died'; readonly death: Death }
