// Bytes as strings that lose nothing, as Python's surrogateescape does: UTF-8 is its text, and each byte that is none
// is a lone surrogate, 0x80 as U+DC80 to 0xff as U+DCFF. So every run of bytes has a string of its own and comes back
// as it was.
import { isUtf8 } from 'node:buffer'

const SURROGATES = 0xdc00

/** One well-formed character of UTF-8 beyond ASCII, or one byte that is none, in a text of one character a byte. */
const sequence =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g

/** A byte that is no UTF-8. Lone surrogates alone: two halves of a character aren't matched. */
const noUtf8 = /[\udc80-\udcff]/u

/** The string of bytes. */
export function stringOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isUtf8(buffer)) return buffer.toString()
  return buffer
    .toString('latin1')
    .replace(sequence, (s) =>
      s.length > 1 ? Buffer.from(s, 'latin1').toString() : String.fromCharCode(SURROGATES + s.charCodeAt(0)),
    )
}

/** Whether a string is of UTF-8 alone. */
export const isText = (string: string): boolean => !noUtf8.test(string)

/** The bytes of a string. */
export function bytesOf(string: string): Buffer {
  if (isText(string)) return Buffer.from(string)
  return Buffer.concat(
    [...string].map((character) =>
      isText(character) ? Buffer.from(character) : Buffer.from([character.charCodeAt(0) - SURROGATES]),
    ),
  )
}
