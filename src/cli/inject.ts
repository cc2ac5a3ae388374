// `lunatik inject`: gives an event to the hooks that the scripts of a mount have registered, and says what each did.
import { EXIT_FAILURE, UserError } from '../errors.js'
import type { Deed } from '../lib/hooks.js'
import type { Injected } from '../lib/inject.js'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import { ChunkError, type ClientOptions, Control, quote } from './control.js'

export type { Deed, Injected }

/** The exit code where no hook was there for an event. */
export const EXIT_NOT_HOOKED = 3

/** What registers the hooks of an event. */
const registers: Readonly<Record<string, string>> = {
  hid: 'hid.register for this device',
  keyboard: 'notifier.keyboard',
  netdev: 'notifier.netdevice',
  packet: 'netfilter.register for this hook',
  probe: 'probe.new for this symbol',
  syscall: 'probe.new for these calls',
  vt: 'notifier.vterm',
  wire: 'socket.raw.bind',
  xdp: 'xdp.attach',
}

/** Gives events to a mount, one after the other. */
export class Injector {
  readonly #control: Control

  private constructor(control: Control) {
    this.#control = control
  }

  /** Rejects with a UserError. */
  static async open(mount: string): Promise<Injector> {
    return new Injector(await Control.open(mount))
  }

  /** Injects one event. Rejects with a ChunkError for a wrong one. */
  async inject(event: object): Promise<Injected> {
    const answer = await this.#control.ask(`return require("inject").json(${quote(JSON.stringify(event))})`)
    return JSON.parse(stringOf(answer)) as Injected
  }

  close(): Promise<void> {
    return this.#control.close()
  }
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

/** What one hook did, in lines. */
function linesOf(deeds: readonly Deed[]): string[] {
  const [{ script, place }] = deeds as [Deed, ...Deed[]]
  const results = new Map<string, number>()
  const errors = new Map<string, number>()
  let [ms, sleeps] = [0, 0]
  for (const deed of deeds) {
    const did = deed.error === null ? (deed.verdict ?? String(deed.result)) : 'failed'
    results.set(did, (results.get(did) ?? 0) + 1)
    if (deed.error !== null) errors.set(deed.error, (errors.get(deed.error) ?? 0) + 1)
    ms += deed.ms
    sleeps += deed.sleeps
  }
  const did = [...results].map(([name, n]) => (results.size === 1 ? name : `${name} ${n} times`)).join(', ')
  const who = [script, place].filter((part) => part !== null).join(' at ') || 'a hook'
  const lines = [`${who}: ${counted(deeds.length, 'call')}, ${did}, ${ms.toFixed(3)} ms`]
  for (const [error, n] of errors) lines.push(`  error${n === 1 ? '' : `, ${n} times`}: ${error}`)
  if (sleeps > 0)
    lines.push(`  would have slept ${counted(sleeps, 'time')} in interrupt context: 'lunatik dmesg' says where`)
  return lines
}

/** What the hooks did, for a person. */
export function shownHooks({ event, hooks, calls, refused }: Injected): string[] {
  const lines: string[] = []
  if (hooks === 0) lines.push(`nothing is hooked: no script that runs has called ${registers[event] ?? event}`)
  const byHook = new Map<string, Deed[]>()
  for (const deed of calls) {
    const key = `${deed.script}\0${deed.place}`
    const known = byHook.get(key)
    if (known === undefined) byHook.set(key, [deed])
    else known.push(deed)
  }
  for (const deeds of byHook.values()) lines.push(...linesOf(deeds))
  if (refused !== null) lines.push(`refused: ${refused}`)
  return lines
}

/** What came of an event, for a person. */
export function shown(injected: Injected): string {
  const { event: _, hooks: _hooks, calls: _calls, refused: _refused, ...more } = injected
  const lines = shownHooks(injected)
  for (const [name, value] of Object.entries(more)) {
    if (value !== null) lines.push(`${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  }
  return lines.map(kstrdup_quotable).join('\n')
}

/** The exit code for what came of events: whether hooks heard of them, and did without an error. */
export function codeOf(all: readonly Injected[]): number {
  if (all.some(({ refused, calls }) => refused !== null || calls.some(({ error }) => error !== null)))
    return EXIT_FAILURE
  return all.some(({ hooks }) => hooks > 0) ? 0 : EXIT_NOT_HOOKED
}

/** Runs a command with an injector, and prints its errors. Resolves with its exit code. */
export async function injecting(
  { mount, json }: ClientOptions,
  use: (injector: Injector) => Promise<number>,
): Promise<number> {
  try {
    const injector = await Injector.open(mount)
    try {
      return await use(injector)
    } finally {
      await injector.close()
    }
  } catch (thrown) {
    const e = thrown instanceof ChunkError ? new UserError(stringOf(thrown.bytes)) : thrown
    if (!(e instanceof UserError) || !json) throw e
    process.stdout.write(`${quotable_json({ ok: false, error: e.message })}\n`)
    return e.exitCode
  }
}

/** Injects one event and prints what came of it. Resolves with the exit code. */
export function inject(event: object, options: ClientOptions): Promise<number> {
  return injecting(options, async (injector) => {
    const injected = await injector.inject(event)
    const code = codeOf([injected])
    process.stdout.write(
      `${options.json ? quotable_json({ ok: code !== EXIT_FAILURE, ...injected }) : shown(injected)}\n`,
    )
    return code
  })
}
