// `lunatik inject packet --pcap`, and xdp: takes the packets of a file through a mount's hooks, and writes those that came
// through to another file.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { UserError } from '../errors.js'
import type { Deed } from '../lib/hooks.js'
import type { Injected } from '../lib/inject.js'
import { encode_frames } from '../lib/inject_frames.js'
import { linktypes } from '../lib/sk_buff.js'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import type { ClientOptions } from './control.js'
import { codeOf, type Injector, injecting, shownHooks } from './inject.js'
import { type Captured, pcapHeader, pcapRecord, readPcap } from './pcap.js'

/** Where packets are read and written. */
export interface PcapOptions extends ClientOptions {
  readonly pcap: string
  readonly out?: string
}

/** How many bytes of packets are injected at once: a chunk has so much room, in base64. */
const batchBytes = 60_000
const batchPackets = 512

/** What came of one packet. */
interface Passed {
  readonly verdict: string
  readonly changed?: string
  readonly sent?: readonly { readonly dev: string; readonly bytes: string }[]
}

/** Does a thing with a file whose failure is the user's. */
function withFile<T>(name: string, use: () => T): T {
  try {
    return use()
  } catch (e) {
    if (e instanceof UserError) throw e
    throw new UserError(`${name}: ${(e as Error).message}`)
  }
}

/** The file that is written; its link type is that of the first packet. */
class Out {
  readonly #name: string
  readonly #fd: number
  #linktype: number | null = null

  constructor(name: string) {
    this.#name = name
    this.#fd = withFile(name, () => openSync(name, 'w'))
  }

  write({ linktype, time }: Captured, bytes: Uint8Array): void {
    if (this.#linktype === null) {
      this.#linktype = linktype
      withFile(this.#name, () => writeSync(this.#fd, pcapHeader(linktype)))
    }
    if (linktype !== this.#linktype)
      throw new UserError(
        `${this.#name}: one pcap file can't have packets of two link types, ${this.#linktype} and ${linktype}`,
      )
    withFile(this.#name, () => writeSync(this.#fd, pcapRecord(time, bytes)))
  }

  close(): void {
    if (this.#linktype === null) withFile(this.#name, () => writeSync(this.#fd, pcapHeader(1)))
    closeSync(this.#fd)
  }
}

/** The packets in groups that are injected at once, each of one link type. */
function* batches(packets: Iterable<Captured>): Generator<Captured[]> {
  let batch: Captured[] = []
  let size = 0
  for (const packet of packets) {
    const full = size + packet.bytes.length > batchBytes || batch.length === batchPackets
    if (batch.length > 0 && (full || batch[0]?.linktype !== packet.linktype)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(packet)
    size += packet.bytes.length
  }
  if (batch.length > 0) yield batch
}

/** Injects the packets of a batch. */
async function pass(injector: Injector, fields: object, batch: readonly Captured[]): Promise<Injected> {
  const linktype = batch[0]?.linktype as number
  const link = linktypes[linktype]
  if (link === undefined) throw new UserError(`packets of link type ${linktype} are not known here`)
  return injector.inject({ link, ...fields, frames: encode_frames(batch.map(({ bytes }) => bytes)) })
}

/** What has come through, and what XDP sends back. */
const through: ReadonlySet<string> = new Set(['ACCEPT', 'PASS', 'TX'])

/** The packets after their hooks, as far as they came through, and what was sent meanwhile. */
function write(out: Out, batch: readonly Captured[], results: readonly Passed[]): void {
  for (const [i, packet] of batch.entries()) {
    const { verdict, changed, sent } = results[i] as Passed
    for (const { bytes } of sent ?? []) out.write(packet, Buffer.from(bytes, 'base64'))
    if (through.has(verdict)) out.write(packet, changed === undefined ? packet.bytes : Buffer.from(changed, 'base64'))
  }
}

/** Runs the command. Resolves with its exit code. */
export function injectPcap(
  fields: { readonly event: string },
  { pcap, out, ...options }: PcapOptions,
): Promise<number> {
  return injecting(options, async (injector) => {
    const packets = readPcap(
      withFile(pcap, () => readFileSync(pcap)),
      pcap,
    )
    const writes = out === undefined ? null : new Out(out)
    const verdicts = new Map<string, number>()
    const all: Injected[] = []
    const results: Passed[] = []
    const calls: Deed[] = []
    const begin = performance.now()
    try {
      for (const batch of batches(packets)) {
        const injected = await pass(injector, fields, batch)
        const passed = injected.packets as readonly Passed[]
        if (writes !== null) write(writes, batch, passed)
        for (const { verdict } of passed) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
        calls.push(...injected.calls)
        if (options.json) results.push(...passed)
        all.push({ ...injected, packets: null })
      }
    } finally {
      writes?.close()
    }
    const code = codeOf(all)
    const hooks = Math.max(0, ...all.map((injected) => injected.hooks))
    const total = [...verdicts.values()].reduce((a, b) => a + b, 0)
    const answer = { event: fields.event, hooks, calls, refused: null }
    if (options.json)
      process.stdout.write(
        `${quotable_json({ ok: code !== 1, ...answer, verdicts: Object.fromEntries(verdicts), packets: results })}\n`,
      )
    else {
      const lines = [
        ...shownHooks(answer),
        `packets: ${total} in ${((performance.now() - begin) / 1000).toFixed(3)} s`,
        ...[...verdicts].map(([name, n]) => `${name}: ${n}`),
      ]
      process.stdout.write(`${lines.map(kstrdup_quotable).join('\n')}\n`)
    }
    return code
  })
}
