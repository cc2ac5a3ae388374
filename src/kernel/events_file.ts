// A file of `--events`: events for scripts' hooks, at their times, a line of JSON each; also a trace's, with calls.
// It knows nothing of the engine, which the process that starts a server does without; events.ts plays them.
import { readFileSync } from 'node:fs'
import { EXIT_USAGE, UserError } from '../errors.js'

/** An event of a file. */
export interface TimedEvent {
  /** When it happens, in seconds after the scripts have started. */
  readonly time: number
  readonly line: number
  /** As `inject.json` takes it. */
  readonly event: object
}

/** Null for what a trace has beside events: calls, and how many of them were lost. */
function parseLine(text: string): { time: number; event: object } | null {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('an event is an object')
  if ('op' in value || 'lost' in value) return null
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
      const parsed = parseLine(text)
      return parsed === null ? [] : [{ ...parsed, line: i + 1 }]
    } catch (e) {
      throw new UserError(`--events ${file}: line ${i + 1}: ${(e as Error).message}`, EXIT_USAGE)
    }
  })
  return events.sort((a, b) => a.time - b.time)
}
