// `lunatik trace`: prints each call on a mount's devices, as it happens.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { quotable_json } from '../string_helpers.js'
import type { trace_injected, trace_record } from '../vfs/trace.js'
import { lineOf, stampOf } from './calls.js'
import { type ClientOptions, Control, quote } from './control.js'

/** How often the server is asked, in milliseconds. */
const askMs = 100

/** What there was since the server was asked last: a line of JSON each. */
export type Take = () => Promise<string[]>

/** Has a mount's calls on devices put on record as long as `use` runs. */
export async function withTrace<T>(
  mount: string,
  names: readonly string[],
  use: (take: Take) => Promise<T>,
): Promise<T> {
  const control = await Control.open(mount)
  const id = quote(randomBytes(9).toString('hex'))
  const poll = `return require("lunatik.trace").poll(${[id, ...names.map(quote)].join(', ')})`
  const take = async () => {
    const lines: string[] = []
    // One answer holds so much; there may be more.
    for (let more = true; more; ) {
      const text = (await control.ask(poll)).toString()
      more = text.length > 1 << 19
      if (text !== '') lines.push(...text.split('\n'))
    }
    return lines
  }
  try {
    await take()
    return await use(take)
  } finally {
    await control.ask(`require("lunatik.trace").stop(${id})`).catch(() => {})
    await control.close().catch(() => {})
  }
}

const write = async (text: string) => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/**
 * Runs the command, until a signal ends it. Resolves with its exit code.
 * @param names paths of devices; none for all
 */
export function trace(names: readonly string[], { mount, json }: ClientOptions): Promise<number> {
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort())
  /** The last record, of a call that sleeps: it is shown if it doesn't end at once. */
  let held: trace_record | null = null
  const release = async () => {
    if (held !== null) await write(`${lineOf(held)}\n`)
    held = null
  }
  const show = async (line: string) => {
    const record = JSON.parse(line) as trace_record | trace_injected | { lost: number }
    if ('lost' in record) process.stderr.write(`lunatik: ${record.lost} calls were lost: they came too fast\n`)
    else if (json) await write(`${line}\n`)
    else if ('event' in record) {
      await release()
      const { time, ...event } = record
      await write(`${stampOf(time)} inject ${quotable_json(event)}\n`)
    } else {
      if (held?.begin !== record.begin) await release()
      held = record.end === undefined ? record : null
      if (held === null) await write(`${lineOf(record)}\n`)
    }
  }
  const print = async (lines: readonly string[]) => {
    for (const line of lines) await show(line)
    await release()
  }
  return withTrace(mount, names, async (take) => {
    process.stderr.write(`lunatik: tracing ${mount}\n`)
    while (!ended.signal.aborted) {
      await print(await take())
      await sleep(askMs, undefined, { signal: ended.signal }).catch(() => {})
    }
    await print(await take())
    return 0
  })
}
