// kernel/time/timekeeping.c and timer.c: the time that scripts see, and their timers. It is the machine's; or one that
// a test moves, or one that jumps over sleeps. Deadlines, the log and files' times are always the machine's.
import { nr_preempted, nr_woken } from '../runqueue.js'

/**
 * How the time of scripts passes: as the machine's; as that, but over what all sleep; or as {@link clock_advance} says.
 */
export const CLOCKS = ['real', 'fast', 'manual'] as const
export type clock_t = (typeof CLOCKS)[number]

let clock: clock_t = 'real'

/** How far the time of scripts is ahead of performance.now(); where it is manual, that time itself. In milliseconds. */
let ahead = 0

/** A timer of a clock that isn't the machine's. */
interface Timer {
  /** On {@link ktime_get}. */
  readonly due: number
  readonly expires: () => void
}

/** The first to expire first. */
const timers: Timer[] = []

/** Milliseconds since some moment. */
export const ktime_get = (): number => (clock === 'manual' ? ahead : performance.now() + ahead)

/** The real time at hrtime's zero, in nanoseconds. */
let epoch = 0n
/** How far hrtime may be from Date.now(), which counts milliseconds, before the clock must have been set. */
const skewMax = 2_000_000n

/** The machine's time since 1970 in nanoseconds. It only goes back when the clock is set. */
function machineTime(): bigint {
  const now = process.hrtime.bigint()
  const real = BigInt(Date.now()) * 1_000_000n
  const skew = real - (epoch + now)
  if (skew > skewMax || skew < -skewMax) epoch = real - now
  return epoch + now
}

/** The machine's time when the manual clock began. */
let beginning = 0n

/** linux/timekeeping.h: the time since 1970 in nanoseconds. */
export function ktime_get_real_ns(): bigint {
  const ns = BigInt(Math.round(ahead * 1e6))
  return clock === 'manual' ? beginning + ns : machineTime() + ns
}

/** Chooses the clock, before anything sleeps. */
export function clock_settime(chosen: clock_t): void {
  clock = chosen
  ahead = 0
  beginning = machineTime()
}

/** Whether {@link clock_advance} moves the time. */
export const clock_ismanual = (): boolean => clock === 'manual'

/** Whether somebody runs, or is about to. */
const anybodyRuns = () => nr_woken() > 0 || nr_preempted() > 0

/** Has those expire whose time has come. */
function expire(): void {
  for (const now = ktime_get(); timers[0] !== undefined && timers[0].due <= now; ) timers.shift()?.expires()
}

let jumping = false

/** Has the fast clock jump to the next timer, once all sleep and those were served who ask. */
function jumpSoon(): void {
  if (jumping) return
  jumping = true
  setImmediate(() => {
    jumping = false
    const [first] = timers
    if (first === undefined) return
    if (!anybodyRuns()) {
      ahead += Math.max(0, first.due - ktime_get())
      expire()
    }
    if (timers.length > 0) jumpSoon()
  })
}

/**
 * Calls `expires` once, after `ms` milliseconds of the scripts' time.
 * @returns ends that
 */
export function mod_timer(ms: number, expires: () => void): () => void {
  if (clock === 'real') {
    const timer = setTimeout(expires, ms)
    return () => clearTimeout(timer)
  }
  if (ms <= 0) {
    const timer = setImmediate(expires)
    return () => clearImmediate(timer)
  }
  const timer = { due: ktime_get() + ms, expires }
  const after = timers.findIndex(({ due }) => due > timer.due)
  timers.splice(after < 0 ? timers.length : after, 0, timer)
  if (clock === 'fast') jumpSoon()
  return () => {
    const at = timers.indexOf(timer)
    if (at >= 0) timers.splice(at, 1)
  }
}

/** Resolves once all that were woken have run, to their next sleep or their end. */
async function settled(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while (anybodyRuns())
}

let advancing: Promise<void> = Promise.resolve()

/**
 * Moves the manual clock. Whatever is due on the way happens at its time, one after the other, and what sleeps again
 * then is due in its turn. Resolves once all have run that were woken.
 */
export function clock_advance(ms: number): Promise<void> {
  const advance = async () => {
    await settled()
    const target = ahead + ms
    for (let first = timers[0]; first !== undefined && first.due <= target; first = timers[0]) {
      ahead = Math.max(ahead, first.due)
      expire()
      await settled()
    }
    ahead = target
  }
  advancing = advancing.then(advance)
  return advancing
}
