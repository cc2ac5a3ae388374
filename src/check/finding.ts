// What a check finds: a place in a script, how bad it is, and what a kernel would do.

/** `info` is what a reader may want to know, and no reason to change anything. */
export type Severity = 'error' | 'warning' | 'info'

/** What findings are called for programs; docs/check.md explains each. */
export const codes = [
  'bad-result',
  'binary-chunk',
  'callback-name',
  'const-assignment',
  'dead-metamethod',
  'device-mode',
  'device-name',
  'division',
  'float-format',
  'float-literal',
  'float-string',
  'invalid-context',
  'malformed-number',
  'missing-global',
  'missing-member',
  'missing-module',
  'missing-script',
  'no-scripts',
  'not-here',
  'own-extension',
  'power-operator',
  'process-only',
  'resize-zero',
  'sleeps',
  'stack-overflow',
  'syntax-error',
  'undeclared-global',
  'unknown-global',
  'unreadable',
  'wrong-context',
] as const

export type Code = (typeof codes)[number]

export interface Finding {
  /** From 1; 0 where the whole file is meant. */
  readonly line: number
  /** In bytes, from 1; 0 where the whole line or file is meant. */
  readonly column: number
  readonly severity: Severity
  readonly code: Code
  readonly message: string
}

/** A text of one character for each byte, for people: UTF-8 where it is, and no control characters. */
export function printable(bytes: string): string {
  const raw = Uint8Array.from(bytes, (c) => c.charCodeAt(0) & 0xff)
  let text = bytes
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw)
  } catch {} // Then each byte is shown as Latin-1 has it.
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => {
      const code = c.charCodeAt(0)
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
    },
  )
}

/** The longest piece of a script that a message shows. */
const shownMax = 60

/** A string of a script as a message shows it. */
export const quoted = (bytes: string) =>
  `'${printable(bytes.length > shownMax ? `${bytes.slice(0, shownMax)}...` : bytes)}'`

/** In the order of their places; those of one place in the order in which they were found. */
export const inOrder = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => a.line - b.line || a.column - b.column)
