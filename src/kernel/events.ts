// `--events FILE`: events for scripts' hooks, at their times: a line of JSON each.
import { readFileSync } from 'node:fs'
import { EXIT_USAGE, UserError } from '../errors.js'
import { lunatik_inject } from '../lib/inject.js'
import { pr_fmt } from '../printk.js'
import { task_struct } from '../sched.js'

const { pr_err, pr_warn } = pr_fmt('events')

/** An event of a file. */
export interface TimedEvent {
  /** When it happens, in seconds after the scripts have started. */
  readonly time: number
  readonly line: number
  /** As `inject.json` takes it. */
  readonly event: object
}

function parseLine(text: string): { time: number; event: object } {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('an event is an object')
  const { time = 0, ...event } = value as { time?: unknown }
  if (typeof time !== 'number' || time < 0 || time > 2 ** 31 / 1000)
    throw new Error("'time' is a number of seconds from the start, 0 or more")
  return { time, event }
}

/** Reads a file of events, empty lines aside. Throws a UserError for a line that is none. */
export function readEvents(file: string): TimedEvent[] {
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch (e) {
    throw new UserError(`--events ${file}: it can't be read (${(e as NodeJS.ErrnoException).code})`, EXIT_USAGE)
  }
  const events = lines.flatMap((text, i): TimedEvent[] => {
    if (text.trim() === '') return []
    try {
      return [{ ...parseLine(text), line: i + 1 }]
    } catch (e) {
      throw new UserError(`--events ${file}: line ${i + 1}: ${(e as Error).message}`, EXIT_USAGE)
    }
  })
  return events.sort((a, b) => a.time - b.time)
}

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
