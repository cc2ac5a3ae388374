// `lunatik dmesg`: prints a mount's log, of which the file kmsg has the lines.
import { once } from 'node:events'
import { constants } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import { ChunkError, type ClientOptions, Control, isDenied, mountError, openOnMount } from './control.js'

/** The options of the command. */
export interface DmesgOptions extends ClientOptions {
  /** Hide the records so far, and print nothing. */
  readonly clear: boolean
  /** Go on with each new record. */
  readonly follow: boolean
  /** Print time and level as well. */
  readonly time: boolean
}

/** How often the log is looked at for new records, in milliseconds. */
const followMs = 100

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
  const file = await openOnMount(mount, 'kmsg', constants.O_RDONLY)
  const buffer = Buffer.alloc(64 << 10)
  let rest: Buffer = Buffer.alloc(0)
  for (let pos = begin; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, pos).catch((e) => {
      throw mountError(mount, `${mount}/kmsg`, e)
    })
    if (bytesRead === 0) {
      if (!follow) break
      await sleep(followMs)
      continue
    }
    pos += bytesRead
    const pieces = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    const end = pieces.lastIndexOf('\n') + 1
    rest = Buffer.from(pieces.subarray(end))
    // Where lines went away between two requests there are zeros.
    for (const line of pieces.toString('utf8', 0, end).replace(/^\0+/, '').split('\n')) if (line !== '') yield line
  }
  await file.close()
}

/** The bytes of a message of which the log has escaped some. */
const unescaped = (text: string) =>
  Buffer.from(
    Buffer.from(text)
      .toString('latin1')
      .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

/** How far in the further lines of a message begin, in characters. */
const continuation = 4

function format(line: string, { json, time }: DmesgOptions): string {
  const [, prefix, at, level, text] = /^(\[ *(\d+\.\d+)\] (\w+): )(.*)$/.exec(line) ?? []
  if (prefix === undefined || text === undefined) return kstrdup_quotable(line)
  if (json) return quotable_json({ time: Number(at), level, text: stringOf(unescaped(text)) })
  // Further in, a line of its own can't be taken for a record.
  const below = (indent: number) => text.replaceAll('\\x0a', `\n${' '.repeat(indent)}`)
  return time ? prefix + below(prefix.length) : below(continuation)
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
