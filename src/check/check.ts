// Checks a script without running it: what a kernel would refuse, and what would fail there.
import { Bindings } from './bindings.js'
import { compile } from './compile.js'
import type { Definitions } from './definitions.js'
import { crashes, driverTables, findDrivers } from './drivers.js'
import { finalizers } from './finalizers.js'
import { type Finding, inOrder } from './finding.js'
import { floats } from './floats.js'
import { formats } from './formats.js'
import { missingGlobals } from './globals.js'
import { interrupts, otherContexts } from './interrupts.js'
import { missingMembers } from './members.js'
import { metamethods } from './metamethods.js'
import { modules, type Start, startOf } from './modules.js'
import type { Folders, RuntimeContext, Shared } from './script.js'
import { stringOf, Values } from './values.js'
import { valuesAtOnce } from './values_at_once.js'
import { walk } from './walk.js'

/** The byte that a binary chunk begins with. */
const LUA_SIGNATURE = '\x1b'

/** What a script says of others, and what there is to be checked. */
export interface Parsed {
  /** What is wrong before anything is looked at. */
  readonly findings: readonly Finding[]
  readonly starts: readonly Start[]
  /** The names of the modules that it requires. */
  readonly requires: readonly string[]
  /** The globals that it sets, and what it puts into libraries. */
  readonly shared: Shared
  /** Looks at the script. */
  readonly check: (options: Options) => Finding[]
}

export interface Options {
  readonly folders: Folders
  /** What the scripts that it requires set. */
  readonly shared: Shared
  /** Where it runs. */
  readonly contexts: ReadonlySet<RuntimeContext>
}

const nothing = (findings: readonly Finding[]): Parsed => ({
  findings,
  starts: [],
  requires: [],
  shared: { globals: new Set(), added: new Set() },
  check: () => [...findings],
})

/**
 * Reads a script.
 * @param source one character for each byte
 * @param isShadowed whether a script takes the place of the module of a name
 */
export function parse(source: string, definitions: Definitions, isShadowed: (name: string) => boolean): Parsed {
  if (source.startsWith(LUA_SIGNATURE)) {
    const message = 'a binary chunk can not be looked into: give its source'
    return nothing([{ line: 0, column: 0, severity: 'error', code: 'binary-chunk', message }])
  }
  const { chunk, findings } = compile(source)
  if (chunk === null) return nothing(findings)
  const bindings = new Bindings(chunk)
  const values = new Values(chunk, bindings, definitions, isShadowed)
  const starts: Start[] = []
  const requires = new Set<string>()
  walk(chunk, (node) => {
    if (node.type !== 'Call') return
    const start = startOf(node, values)
    if (start !== null) starts.push(start)
    const [first] = node.args
    const name = first !== undefined && values.calleeOf(node) === 'require' ? stringOf(values.of(first)) : null
    if (name !== null) requires.add(name)
  })
  const check = ({ folders, shared, contexts }: Options): Finding[] => {
    const found: Finding[] = [...findings]
    const interrupt = (['softirq', 'hardirq'] as const).find((context) => contexts.has(context)) ?? null
    const drivers = findDrivers(chunk, values)
    const script = {
      definitions,
      bindings,
      values,
      folders,
      shared,
      running: contexts,
      interrupt,
      report: ({ line, column }, severity, code, message) => void found.push({ line, column, severity, code, message }),
    } satisfies Parameters<typeof modules>[0]
    const rules = [
      missingGlobals,
      missingMembers,
      modules,
      formats,
      floats,
      metamethods,
      interrupts,
      otherContexts,
      finalizers,
      valuesAtOnce,
      driverTables(drivers),
      crashes(drivers),
    ].map((rule) => rule(script))
    walk(chunk, (node, context) => {
      for (const rule of rules) rule(node, context)
    })
    return inOrder(found)
  }
  const shared = { globals: new Set(bindings.globals), added: values.added }
  return { findings, starts, requires: [...requires], shared, check }
}
