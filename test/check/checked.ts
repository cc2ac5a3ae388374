// Checks the text of a script with the package's definitions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Options, parse } from '../../src/check/check.js'
import { readDefinitions } from '../../src/check/definitions.js'
import type { Finding } from '../../src/check/finding.js'

export const root = new URL('../../../', import.meta.url).pathname

const luals = join(root, 'luals')

export const definitions = readDefinitions(
  readdirSync(luals, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.lua'))
    .map((file) => [file.replace('.lua', '').replaceAll('/', '.'), readFileSync(join(luals, file), 'latin1')] as const),
)

/** Process context, and folders that have the script `there`. */
const defaults: Options = {
  folders: {
    hasModule: (name) => name === 'there' || name === 'fifo',
    hasScript: (name) => name === 'there',
    isExample: (name) => name === 'example',
  },
  shared: { globals: new Set(), added: new Set() },
  contexts: new Set(['process']),
}

/** What is found in a script of UTF-8 text, for which `fifo` is another script. */
export const checked = (source: string, options: Partial<Options> = {}): Finding[] =>
  parse(Buffer.from(source).toString('latin1'), definitions, (name) => name === 'fifo').check({
    ...defaults,
    ...options,
  })

/** Findings as `LINE:COLUMN severity code`; those of severity info are left out. */
export const placesOf = (source: string, options: Partial<Options> = {}): string[] =>
  checked(source, options)
    .filter(({ severity }) => severity !== 'info')
    .map(({ line, column, severity, code }) => `${line}:${column} ${severity} ${code}`)

/** A script, and what is found in it as {@link placesOf} gives it: nothing by default. */
export type Case = readonly [source: string, ...places: string[]]

/** Asserts what is found in each script. */
export function finds(t: Test, cases: readonly Case[], options: Partial<Options> = {}): void {
  for (const [source, ...places] of cases) t.strictSame(placesOf(source, options), places, source)
}
