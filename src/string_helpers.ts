// lib/string_helpers.c: the texts of scripts and programs as a terminal, a log or a JSON parser may have them.
import { bytesOf } from './surrogateescape.js'

/** `\xff` for each byte of a character. */
const escaped = (c: string) => [...bytesOf(c)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

/**
 * Control characters but the tab, those that turn the direction of what follows, bytes that are no UTF-8, and a
 * backslash that would be taken for the escape of one.
 */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it escapes
  /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\udc80-\udcff]|\\(?=x[0-9a-f]{2})/gu

/**
 * A text as one line that never steers a terminal: what could is written as `\x1b`, byte by byte, as in /dev/kmsg, and
 * a backslash that would be taken for such an escape as `\x5c`, so that the text can be had back.
 * @param text as surrogateescape.ts has it
 */
export const kstrdup_quotable = (text: string): string => text.replace(unsafe, escaped)

/** The same for a text of several lines, whose newlines stay. */
export const quotable_lines = (text: string): string => text.split('\n').map(kstrdup_quotable).join('\n')

/** A value as JSON in ASCII's control characters alone: a terminal may obey others, which JSON leaves as they are. */
export const quotable_json = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[\x7f-\x9f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
