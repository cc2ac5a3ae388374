// Why a machine has ended without being asked to. All causes go the same way: the machine tells its death once, every
// request to it is settled, and the supervisor ends what is left of it and starts another, or ends with it.

/** What ended a machine. */
export type Cause =
  /** A thread that doesn't come back, though it has had a processor for longer than the deadline. */
  | 'lockup'
  /** A fault in the engine's memory, which all scripts share. */
  | 'engine'
  /** An exception that left the loop that serves, or an end of the thread or process that nobody asked for. */
  | 'loop'
  /** The mount is no longer there: somebody has unmounted it. */
  | 'unmounted'
  /** The mount is there and its connection is not: somebody has aborted it. */
  | 'aborted'
  /** Asked for: its modules are to be loaded anew. */
  | 'replaced'

/** The end of a machine, told once. */
export interface Death {
  readonly cause: Cause
  /** For the log, in one line. */
  readonly why: string
}
