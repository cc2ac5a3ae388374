// Names of files are bytes. Here they are strings: UTF-8 as its text, and each byte that is no UTF-8 as a lone surrogate
// from U+DC80 to U+DCFF, so that every name has a string of its own and comes back as the same bytes.

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
const SURROGATES = 0xdc00

/** How many bytes the UTF-8 character at `i` has; 0 for none. */
function characterLength(bytes: Uint8Array, i: number): number {
  const lead = bytes[i] as number
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  try {
    utf8.decode(bytes.subarray(i, i + length))
    return i + length <= bytes.length ? length : 0
  } catch {
    return 0
  }
}

/** The string of a name. */
export function nameOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    let name = ''
    for (let i = 0; i < bytes.length; ) {
      const length = characterLength(bytes, i)
      name +=
        length === 0
          ? String.fromCharCode(SURROGATES + (bytes[i] as number))
          : utf8.decode(bytes.subarray(i, i + length))
      i += length || 1
    }
    return name
  }
}

/** Lone surrogates alone: two halves of a character aren't matched. */
const escaped = /[\udc80-\udcff]/u

/** The bytes of a name. */
export function bytesOf(name: string): Buffer {
  if (!escaped.test(name)) return Buffer.from(name)
  return Buffer.concat(
    [...name].map((character) =>
      escaped.test(character) ? Buffer.from([character.charCodeAt(0) - SURROGATES]) : Buffer.from(character),
    ),
  )
}

/** Whether a name is UTF-8: what isn't has no form that every transport can pass on. */
export const isText = (name: string) => !escaped.test(name)
