// A script that is checked: what the rules ask, and where they report.
import type { Place } from '../lua/dialect/lobject.js'
import type { Bindings } from './bindings.js'
import type { Definitions } from './definitions.js'
import type { Code, Severity } from './finding.js'
import type { Values } from './values.js'
import type { Context, Node } from './walk.js'

export const contexts = ['process', 'softirq', 'hardirq'] as const
/** Where a runtime's code runs. Only `process` may sleep. */
export type RuntimeContext = (typeof contexts)[number]

/** What the folders of scripts have. */
export interface Folders {
  /** Whether `require` finds a script of this name, or a module that the kernel is said to have. */
  readonly hasModule: (name: string) => boolean
  /** Whether one of the package's devices makes a module of this name, in TypeScript. */
  readonly isExample: (name: string) => boolean
  /** Whether a runtime can be made of a script of this name. */
  readonly hasScript: (name: string) => boolean
}

/** What the scripts that a script requires set for all of them. */
export interface Shared {
  /** Globals by name. */
  readonly globals: ReadonlySet<string>
  /** What is put into libraries, by path. */
  readonly added: ReadonlySet<string>
}

export interface Script {
  readonly definitions: Definitions
  readonly bindings: Bindings
  readonly values: Values
  readonly folders: Folders
  readonly shared: Shared
  /** Where it runs. */
  readonly running: ReadonlySet<RuntimeContext>
  /** One that may not sleep in which it runs; null where it runs in process context alone. */
  readonly interrupt: RuntimeContext | null
  readonly report: (at: Place, severity: Severity, code: Code, message: string) => void
}

/** Looks at each node of a script, the inner ones first. */
export type Rule = (script: Script) => (node: Node, context: Context) => void

/** What fails where it runs is a warning where the script catches it. */
export const failing = ({ caught }: Context): Severity => (caught ? 'warning' : 'error')
