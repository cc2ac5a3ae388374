// When the thread that blocks in a read must be back in its event loop: for its timers, and soon after anything else.

/** A timer that was set: nobody tells of those that are cleared, which cost some turns of the loop. */
interface Timer {
  readonly due: number
  fired: boolean
  /**
   * Turns of the event loop that have gone by since it was long due: it has been cleared if it has not fired by then.
   */
  turns: number
}

/** What the clocks of timers and of the day may differ by, in milliseconds. */
const graceMs = 3
const turnsMax = 3

/** Binary heap by `due`. */
const heap: Timer[] = []

function push(timer: Timer): void {
  let at = heap.push(timer) - 1
  for (let parent = (at - 1) >> 1; at > 0 && (heap[parent] as Timer).due > timer.due; parent = (at - 1) >> 1) {
    heap[at] = heap[parent] as Timer
    at = parent
  }
  heap[at] = timer
}

function pop(): void {
  const last = heap.pop() as Timer
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as Timer).due < (heap[child] as Timer).due) child++
    if ((heap[child] as Timer).due >= last.due) break
    heap[at] = heap[child] as Timer
    at = child
  }
  heap[at] = last
}

/** How many timers are noted. */
export const notedTimers = () => heap.length

/** Immediates that have neither run nor been cleared. */
const immediates = new Set<NodeJS.Immediate>()

/** Whether something was asked for that needs the event loop at once. */
export const wantsTurn = () => immediates.size > 0

/** Whether a timer is due, or was and has been cleared since. */
export function timerDue(now: number): boolean {
  while (heap[0]?.fired === true) pop()
  return heap[0] !== undefined && heap[0].due <= now
}

/** When the next timer is due, in milliseconds since 1970; Infinity for none. To be asked once in a turn. */
export function nextDue(now: number): number {
  for (;;) {
    const first = heap[0]
    if (first === undefined) return Number.POSITIVE_INFINITY
    if (!first.fired && (first.due > now - graceMs || first.turns++ < turnsMax)) return first.due
    pop()
  }
}

type Callback = (...args: never[]) => void

/** The longest time that Node's timers know, in milliseconds: what is longer, or no time, is 1 for them. */
export const timeoutMax = 2 ** 31 - 1

/** Has this thread's setTimeout, setInterval and setImmediate note what they are asked for. */
export function noteTimers(): void {
  const { setTimeout: timeout, setInterval: interval, setImmediate: immediate, clearImmediate: clear } = globalThis
  const note = (ms: number | undefined): Timer => {
    const after = Number(ms)
    const timer = { due: Date.now() + (after >= 1 && after <= timeoutMax ? after : 1), fired: false, turns: 0 }
    push(timer)
    return timer
  }
  const wrapped = {
    setTimeout: (callback: Callback, ms?: number, ...args: never[]) => {
      const timer = note(ms)
      return timeout(() => {
        timer.fired = true
        callback(...args)
      }, ms)
    },
    setInterval: (callback: Callback, ms?: number, ...args: never[]) => {
      let timer = note(ms)
      return interval(() => {
        timer.fired = true
        timer = note(ms)
        callback(...args)
      }, ms)
    },
    setImmediate: (callback: Callback, ...args: never[]) => {
      const noted = immediate(() => {
        immediates.delete(noted)
        callback(...args)
      })
      immediates.add(noted)
      return noted
    },
    clearImmediate: (noted: NodeJS.Immediate | undefined) => {
      if (noted !== undefined) immediates.delete(noted)
      clear(noted)
    },
  }
  // What util.promisify makes of them stays as it is.
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'clearImmediate'] as const) {
    Object.defineProperties(wrapped[name], Object.getOwnPropertyDescriptors(globalThis[name]))
    Object.assign(globalThis, { [name]: wrapped[name] })
  }
}
