// lctype.c: what kind of character a byte is, in the C locale.

const ALPHA = 1
const DIGIT = 2
const XDIGIT = 4
const SPACE = 8
const PRINT = 16

const kinds = new Uint8Array(256)
const mark = (from: number, to: number, kind: number) => {
  for (let c = from; c <= to; c++) kinds[c] = (kinds[c] as number) | kind
}
mark(0x30, 0x39, DIGIT | XDIGIT)
mark(0x41, 0x5a, ALPHA)
mark(0x61, 0x7a, ALPHA)
mark(0x5f, 0x5f, ALPHA)
mark(0x41, 0x46, XDIGIT)
mark(0x61, 0x66, XDIGIT)
mark(0x09, 0x0d, SPACE)
mark(0x20, 0x20, SPACE)
mark(0x20, 0x7e, PRINT)

// A character past 255, or -1 for the end, is of no kind.
const is = (c: number, kind: number) => ((kinds[c] as number) & kind) !== 0

/** A letter or `_`. */
export const lislalpha = (c: number) => is(c, ALPHA)
export const lislalnum = (c: number) => is(c, ALPHA | DIGIT)
export const lisdigit = (c: number) => is(c, DIGIT)
export const lisxdigit = (c: number) => is(c, XDIGIT)
export const lisspace = (c: number) => is(c, SPACE)
export const lisprint = (c: number) => is(c, PRINT)
