// `lunatik inject hid`: the devices and reports of a recording of hid-recorder, for the drivers of scripts.
import { readFileSync, writeFileSync } from 'node:fs'
import { UserError } from '../errors.js'
import type { Deed } from '../lib/hooks.js'
import type { Injected } from '../lib/inject.js'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import type { ClientOptions } from './control.js'
import { codeOf, type Injector, injecting, shownHooks } from './inject.js'

/** Where the reports are written after their drivers. */
export interface HidOptions extends ClientOptions {
  readonly out?: string
}

/** A device of a recording. */
interface Recorded {
  name: string
  descriptor: string
  bus: number
  vendor: number
  product: number
}

/** A recording: its devices, by their indices, and the reports of all in their order. */
interface Recording {
  readonly devices: ReadonlyMap<number, Recorded>
  readonly reports: readonly { readonly device: number; readonly time: string; readonly bytes: string }[]
}

/** How many digits of reports are injected at once: a chunk has so much room. */
const batchDigits = 40_000
const batchReports = 2000

/** The bytes of `LENGTH BYTE...`, without spaces; null where there are not so many. */
function counted(words: readonly string[]): string | null {
  const [length = '', ...bytes] = words
  if (!/^\d+$/.test(length) || Number(length) !== bytes.length || bytes.length === 0) return null
  return bytes.every((byte) => /^[\da-f]{2}$/i.test(byte)) ? bytes.join('') : null
}

/** Reads a recording. Throws a UserError. */
export function readRecording(text: string, file: string): Recording {
  const devices = new Map<number, Recorded>()
  const reports: { device: number; time: string; bytes: string }[] = []
  let index = 0
  const device = (): Recorded => {
    const known = devices.get(index)
    if (known !== undefined) return known
    const made = { name: '', descriptor: '', bus: 0, vendor: 0, product: 0 }
    devices.set(index, made)
    return made
  }
  for (const [i, raw] of text.split('\n').entries()) {
    const [, kind, rest = ''] = /^([A-Z]):\s*(.*?)\s*$/.exec(raw) ?? []
    const words = rest.split(/\s+/)
    const wrong = (what: string): never => {
      throw new UserError(`${file}: line ${i + 1}: ${what}`)
    }
    if (kind === 'D') index = /^\d+$/.test(rest) ? Number(rest) : wrong('no number of a device')
    else if (kind === 'N') device().name = rest
    else if (kind === 'R')
      device().descriptor = counted(words) ?? wrong('a descriptor is its length and its bytes, as R: 2 05 01')
    else if (kind === 'I') {
      const ids = words.map((word) => Number.parseInt(word, 16))
      if (ids.length !== 3 || ids.some(Number.isNaN))
        wrong('a device is a bus, a vendor and a product, as I: 3 046d c077')
      const [bus = 0, vendor = 0, product = 0] = ids
      Object.assign(device(), { bus, vendor, product })
    } else if (kind === 'E') {
      const [time = '', ...more] = words
      const bytes =
        counted(more) ?? wrong('a report is its time, its length and its bytes, as E: 000001.250000 2 00 01')
      if (device().descriptor === '') wrong('a report of a device that has no descriptor (R:) before')
      reports.push({ device: index, time, bytes })
    }
  }
  for (const [i, { descriptor }] of devices)
    if (descriptor === '') throw new UserError(`${file}: the device ${i} has no descriptor (R:)`)
  if (devices.size === 0) throw new UserError(`${file}: no line is one of hid-recorder's, as R: and E:`)
  return { devices, reports }
}

/** What came of a report. */
interface Passed {
  readonly changed?: string
  readonly dropped?: string
}

/** What came of a device. */
interface Came extends Recorded {
  readonly device: string
  driver: string | null
  /** Its descriptor after the driver, where that has changed it. */
  fixed?: string
  id: number
}

/** Runs of reports of the same device, as large as one event may be. */
function* runs({ reports }: Recording): Generator<{ device: number; bytes: string[] }> {
  let run: { device: number; bytes: string[] } | null = null
  let digits = 0
  for (const { device, bytes } of reports) {
    if (run === null || run.device !== device || digits > batchDigits || run.bytes.length === batchReports) {
      if (run !== null) yield run
      run = { device, bytes: [] }
      digits = 0
    }
    run.bytes.push(bytes)
    digits += bytes.length
  }
  if (run !== null) yield run
}

/** The bytes of digits, as hid-recorder writes them: how many, and each. */
const written = (bytes: string): string => `${bytes.length / 2} ${(bytes.match(/../g) ?? []).join(' ')}`

/** The recording as it is behind the drivers. */
function outOf({ reports }: Recording, came: ReadonlyMap<number, Came>, passed: readonly Passed[]): string {
  const many = came.size > 1
  const lines: string[] = []
  for (const [index, { name, bus, vendor, product, descriptor, fixed }] of came) {
    if (many) lines.push(`D: ${index}`)
    const ids = [bus.toString(16), ...[vendor, product].map((id) => id.toString(16).padStart(4, '0'))]
    lines.push(`R: ${written(fixed ?? descriptor)}`, `N: ${name}`, `I: ${ids.join(' ')}`)
  }
  let last: number | null = null
  for (const [i, { device, time, bytes }] of reports.entries()) {
    const { changed, dropped } = passed[i] ?? {}
    if (dropped !== undefined) continue
    if (many && device !== last) lines.push(`D: ${device}`)
    last = device
    lines.push(`E: ${time} ${written(changed ?? bytes)}`)
  }
  return `${lines.join('\n')}\n`
}

/** Connects the devices, gives them their reports, and disconnects them. */
async function play(injector: Injector, recording: Recording) {
  const came = new Map<number, Came>()
  const passed: Passed[] = []
  const all: Injected[] = []
  const calls: Deed[] = []
  const inject = async (event: object): Promise<Injected> => {
    const injected = await injector.inject({ event: 'hid', ...event })
    calls.push(...injected.calls)
    all.push({ ...injected, reports: null })
    return injected
  }
  try {
    for (const [index, recorded] of recording.devices) {
      const { device, driver, descriptor, id } = await inject({ ...recorded, keep: true })
      const fixed = descriptor === undefined ? null : { fixed: descriptor as string }
      came.set(index, {
        ...recorded,
        ...fixed,
        device: device as string,
        driver: driver as string | null,
        id: id as number,
      })
    }
    for (const { device, bytes } of runs(recording)) {
      const to = came.get(device) as Came
      const injected = await inject({ id: to.id, keep: true, reports: bytes })
      to.driver = injected.driver as string | null
      passed.push(...(injected.reports as readonly Passed[]))
    }
  } finally {
    for (const { id } of came.values()) await injector.inject({ event: 'hid', id })
  }
  return { came, passed, all, calls }
}

/** Runs the command. Resolves with its exit code. */
export function injectHid(file: string, { out, ...options }: HidOptions): Promise<number> {
  return injecting(options, async (injector) => {
    const withFile = <T>(name: string, use: () => T): T => {
      try {
        return use()
      } catch (e) {
        throw e instanceof UserError ? e : new UserError(`${name}: ${(e as Error).message}`)
      }
    }
    const recording = withFile(file, () => readRecording(readFileSync(file, 'utf8'), file))
    const { came, passed, all, calls } = await play(injector, recording)
    if (out !== undefined) withFile(out, () => writeFileSync(out, outOf(recording, came, passed)))
    const code = codeOf(all)
    const answer = { event: 'hid', hooks: Math.max(...all.map(({ hooks }) => hooks)), calls, refused: null }
    const devices = [...came.values()].map(({ id: _, fixed, descriptor, ...device }) => ({
      ...device,
      descriptor: fixed ?? descriptor,
      changed: fixed !== undefined,
    }))
    if (options.json) {
      const reports = passed.map((did, i) => ({ ...recording.reports[i], ...did }))
      process.stdout.write(`${quotable_json({ ok: code !== 1, ...answer, devices, reports })}\n`)
      return code
    }
    const lines = shownHooks(answer)
    for (const { device, name, driver, changed } of devices)
      lines.push(
        `${device} ${name}: ${driver === null ? 'no driver' : `driver ${driver}`}${changed ? ', which has changed its descriptor' : ''}`,
      )
    const dropped = new Map<string, number>()
    for (const { dropped: why } of passed) if (why !== undefined) dropped.set(why, (dropped.get(why) ?? 0) + 1)
    lines.push(`reports: ${passed.length}, changed: ${passed.filter(({ changed }) => changed !== undefined).length}`)
    for (const [why, n] of dropped) lines.push(`dropped: ${n}, ${why}`)
    process.stdout.write(`${lines.map(kstrdup_quotable).join('\n')}\n`)
    return code
  })
}
