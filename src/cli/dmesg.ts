// `lunatik dmesg`: prints a mount's log, of which the file kmsg has the lines.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import { ChunkError, type ClientOptions, Control, isDenied } from './control.js'
import { below, followMs, LogReader, parseLine, textOf } from './log_reader.js'

/** The options of the command. */
export interface DmesgOptions extends ClientOptions {
  /** Hide the records so far, and print nothing. */
  readonly clear: boolean
  /** Go on with each new record. */
  readonly follow: boolean
  /** Print time and level as well. */
  readonly time: boolean
}

async function ask(mount: string, chunk: string): Promise<string> {
  const control = await Control.open(mount)
  try {
    return (await control.ask(chunk)).toString()
  } finally {
    await control.close()
  }
}

/** Where the records begin that aren't hidden. Who may not ask sees all, for hidden is not secret. */
async function beginning(mount: string): Promise<number> {
  try {
    return Number(await ask(mount, 'return require("kmsg").cleared()'))
  } catch (e) {
    if (isDenied(e)) return 0
    throw e
  }
}

/** The lines of the log from a position on. */
async function* lines(mount: string, begin: number, follow: boolean): AsyncGenerator<string> {
  const log = await LogReader.open(mount, begin)
  for (;;) {
    yield* await log.read()
    if (!follow) break
    await sleep(followMs)
  }
  await log.close()
}

/** The bytes of a message of which the log has escaped some. */
const unescaped = (text: string) =>
  Buffer.from(
    Buffer.from(text)
      .toString('latin1')
      .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

function format(line: string, { json, time }: DmesgOptions): string {
  const record = parseLine(line)
  if (record === null) return kstrdup_quotable(line)
  const { prefix, at, level, text } = record
  if (json) return quotable_json({ time: Number(at), level, text: stringOf(unescaped(text)) })
  return time ? prefix + below(text, prefix.length) : textOf(line)
}

/** Runs the command. Resolves with its exit code. */
export async function dmesg(options: DmesgOptions): Promise<number> {
  try {
    if (options.clear) await ask(options.mount, 'require("kmsg").clear()')
    else {
      const begin = await beginning(options.mount)
      for await (const line of lines(options.mount, begin, options.follow)) {
        if (!process.stdout.write(`${format(line, options)}\n`)) await once(process.stdout, 'drain')
      }
    }
  } catch (e) {
    if (!(e instanceof ChunkError)) throw e
    process.stderr.write(`${e.shown}\n`)
    return 1
  }
  return 0
}
