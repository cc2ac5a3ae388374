// Plays the events of `--events FILE`, at their times.
import { lunatik_inject } from '../lib/inject.js'
import { pr_fmt } from '../printk.js'
import { task_struct } from '../sched.js'
import type { TimedEvent } from './events_file.js'

const { pr_err, pr_warn } = pr_fmt('events')

/** Injects one. What is wrong with it, and what no hook heard of, is logged. */
async function play({ line, event }: TimedEvent): Promise<void> {
  try {
    const { hooks, refused } = await lunatik_inject(event, new task_struct())
    if (hooks === 0) pr_warn(`line ${line}: nothing is hooked`)
    if (refused !== null) pr_err(`line ${line}: ${refused}`)
  } catch (e) {
    pr_err(`line ${line}: ${(e as Error).message}`)
  }
}

/**
 * Plays events, each once those before it are over.
 * @returns once those of time 0 are; what ends the others
 */
export async function playEvents(events: readonly TimedEvent[]): Promise<() => void> {
  const later = events.filter(({ time }) => time > 0)
  for (const event of events) if (event.time === 0) await play(event)
  const begin = performance.now()
  let timer: NodeJS.Timeout | undefined
  const next = (): void => {
    const [event] = later.splice(0, 1)
    if (event === undefined) return
    timer = setTimeout(() => void play(event).then(next), Math.max(0, event.time * 1000 - (performance.now() - begin)))
  }
  next()
  return () => {
    later.length = 0
    clearTimeout(timer)
  }
}
