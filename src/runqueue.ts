// kernel/sched/core.c's runqueue: calls that could go on, and wait for their turn. Each turn is a slice of time at
// most; what is suspended at its end (lunatik_deadline.ts) comes behind all others.
//
// Nothing here is called below another call: the event loop takes the turns, or the transport that serves beside them.

/** Who was woken, and has not run since: before those that compute. */
const woken = new Set<() => void>()
/** Who was suspended at the end of a slice. */
const preempted = new Set<() => void>()

/** How many were woken and wait for their turn. */
export const nr_woken = (): number => woken.size
/** How many were suspended at the end of a slice and wait for the next one. */
export const nr_preempted = (): number => preempted.size

/** Whether the event loop is about to take a turn by itself. */
let due = false
/** How long the turns of those that were woken may take together before others have theirs, in milliseconds. */
const wokenMs = 2

function turn(): void {
  due = false
  run_woken()
  run_preempted()
  if (woken.size > 0 || preempted.size > 0) drive()
}

function setTurn(): void {
  if (due) return
  due = true
  setImmediate(turn)
}

/** Called whenever somebody waits for a turn. */
let drive = setTurn
/** What is due to the event loop can't be seen from below. */
const unseen = () => true
/** Whether anything else is due than those who wait here. */
let due_beside = unseen
/** Whether somebody is known to wait by now for who takes the turns. */
const unknown = () => false
let waits_beside = unknown
/** Whether what computes has done something that only the event loop goes on with. */
let resched = false

/**
 * Has somebody else take the turns, by {@link run_woken} and {@link run_preempted}.
 * @param told is called whenever somebody waits for one; null: the event loop takes them again
 * @param beside says, at the end of a slice, whether anything is due besides, or may be; by default it may
 * @param waits says, in a slice, whether somebody waits by now, so that the slice is to end early; by default nobody
 */
export function drive_turns(
  told: (() => void) | null,
  beside: () => boolean = unseen,
  waits: () => boolean = unknown,
): void {
  drive = told ?? setTurn
  due_beside = beside
  waits_beside = waits
  if (woken.size > 0 || preempted.size > 0) drive()
}

/** The event loop is to turn soon: for a promise that was settled, which nobody sees. */
export function set_need_resched(): void {
  resched = true
}

/** Whether what computes has somebody wait, who comes before it. */
export const is_awaited = (): boolean => waits_beside()

/** Whether what has used up its slice has to let others go on. */
export const need_resched = (): boolean => resched || woken.size > 0 || preempted.size > 0 || due_beside()

/**
 * Has `run` called when its turn comes, with an empty call stack below.
 * @param computes whether it was suspended at the end of its slice
 * @returns takes it back
 */
export function enqueue_task(run: () => void, computes: boolean): () => void {
  const queue = computes ? preempted : woken
  queue.add(run)
  drive()
  return () => {
    queue.delete(run)
  }
}

function next(queue: Set<() => void>): void {
  for (const run of queue) {
    queue.delete(run)
    run()
    return
  }
}

/** Runs those that were woken by now, one after the other, as far as they don't take long together. */
export function run_woken(): void {
  if (woken.size === 0) return
  const end = performance.now() + wokenMs
  for (let n = woken.size; n > 0 && woken.size > 0; n--) {
    next(woken)
    if (performance.now() >= end) return
  }
}

/** Gives the one that has waited longest of those that compute a slice. */
export function run_preempted(): void {
  resched = false
  next(preempted)
}
