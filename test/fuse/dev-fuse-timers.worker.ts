// The notes of timers, asked in a thread of its own: noting them replaces this thread's setTimeout and its kin.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { nextDue, notedTimers, noteTimers, timerDue, wantsTurn } from '../../src/fuse/dev-fuse-timers.js'

noteTimers()

/** In how many milliseconds the next timer is due. */
const dueIn = () => Math.round(nextDue(Date.now()) - Date.now())

/** Asks as the loop does, once in each turn, until no timer is noted: how often that is. */
function turnsUntilNone(later: number): number {
  for (let turns = 0; turns < 50; turns++) if (nextDue(Date.now() + later) === Number.POSITIVE_INFINITY) return turns
  return -1
}

const parts: Record<string, () => unknown | Promise<unknown>> = {
  none: () => [dueIn(), notedTimers(), wantsTurn()],

  /** Timers are noted in any order, and the nearest is due. */
  order: async () => {
    const timers = [400_000, 100_000, 300_000, 200_000].map((ms) => setTimeout(() => {}, ms))
    const due = [dueIn(), notedTimers()]
    for (const timer of timers) clearTimeout(timer)
    return [...due, turnsUntilNone(1e6)]
  },

  /** Arguments and results are as without notes, and what has fired is noted no more. */
  fires: async () => {
    const got = await new Promise((resolve) => setTimeout((...args) => resolve(args), 5, 1, 'two'))
    return [got, dueIn(), notedTimers()]
  },

  interval: async () => {
    let fired = 0
    const due: number[] = []
    await new Promise<void>((resolve) => {
      const interval = setInterval(() => {
        due.push(dueIn())
        if (++fired < 3) return
        clearInterval(interval)
        resolve()
      }, 30)
    })
    return [fired, due.every((ms) => ms <= 30), turnsUntilNone(1000)]
  },

  /** A look finds what is due, no turn of the loop having passed, and nothing that has fired. */
  look: async () => {
    const timer = setTimeout(() => {}, 100_000)
    const later = [timerDue(Date.now()), timerDue(Date.now() + 200_000), timerDue(Date.now() + 200_000)]
    clearTimeout(timer)
    turnsUntilNone(1e6)
    await new Promise((resolve) => setTimeout(resolve, 1))
    return [...later, timerDue(Date.now() + 1000), notedTimers()]
  },

  /** A cleared timer is not known to be: it costs some turns once it is long due. */
  cleared: () => {
    clearTimeout(setTimeout(() => {}, 500_000))
    return [dueIn() > 0, turnsUntilNone(1e6), notedTimers()]
  },

  /** The loop is late, and the timer fires all the same: as long as it may, it is due. */
  late: async () => {
    let fired = false
    const timer = setTimeout(() => {
      fired = true
    }, 5)
    const until = Date.now() + 40
    while (Date.now() < until);
    const due = [dueIn() < 0, dueIn() < 0]
    while (!fired) await sleep(1)
    clearTimeout(timer)
    return [...due, dueIn(), notedTimers()]
  },

  /** What Node takes for one millisecond is due then. */
  odd: () => {
    const due: boolean[] = []
    for (const ms of [undefined, 0, -5, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY, 'text']) {
      const timer = setTimeout(() => {}, ms as number)
      const next = nextDue(Date.now()) - Date.now()
      due.push(next <= 1)
      clearTimeout(timer)
      turnsUntilNone(1e12)
    }
    return due
  },

  immediate: async () => {
    const ran: unknown[] = []
    setImmediate((...args) => ran.push(...args), 1, 2)
    const wants = wantsTurn()
    while (ran.length === 0) await sleep(1)
    return [ran, wants, wantsTurn()]
  },

  /** A cleared immediate asks for no turn: the thread would never read again. */
  clearedImmediate: async () => {
    const [first, second] = [setImmediate(() => {}), setImmediate(() => {})]
    clearImmediate(first)
    clearImmediate(first)
    const wants = [wantsTurn()]
    clearImmediate(second)
    wants.push(wantsTurn())
    let ran = false
    const third = setImmediate(() => {
      ran = true
    })
    while (!ran) await sleep(1)
    clearImmediate(third)
    setImmediate(() => {})
    return [...wants, wantsTurn()]
  },
}

parentPort?.on('message', async (name: string) => {
  parentPort?.postMessage(await parts[name]?.())
})
