// The sections of a module of WebAssembly: what wasm-patches.ts adds to the package's before it is loaded.

/** The sections that are changed here, by their numbers. */
const GLOBALS = 6
const EXPORTS = 7

const i32 = 0x7f
const END = 0x0b

/** LEB128. */
export const unsigned = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)])
const signed = (n: number): number[] => (n >= -0x40 && n < 0x40 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)])

/** Reads a LEB128 number: its value, and where what follows it begins. */
export function readUnsigned(bytes: Uint8Array, at: number): readonly [value: number, next: number] {
  let value = 0
  for (let i = 0; ; i++) {
    const byte = bytes[at + i] as number
    value |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return [value >>> 0, at + i + 1]
  }
}

/** Where the numbered sections begin. */
const headerBytes = 8

/** Replaces the contents of sections; `change` gives null for what stays. */
export function changeSections(wasm: Buffer, change: (id: number, content: Buffer) => Buffer | null): Buffer {
  const parts: Uint8Array[] = [wasm.subarray(0, headerBytes)]
  for (let at = headerBytes; at < wasm.length; ) {
    const id = wasm[at] as number
    const [size, start] = readUnsigned(wasm, at + 1)
    const changed = change(id, wasm.subarray(start, start + size))
    if (changed === null) parts.push(wasm.subarray(at, start + size))
    else parts.push(Uint8Array.from([id, ...unsigned(changed.length)]), changed)
    at = start + size
  }
  return Buffer.concat(parts)
}

/** A section that is a vector, with more elements at its end. */
function append(content: Buffer, added: readonly (readonly number[])[]): Buffer {
  const [count, start] = readUnsigned(content, 0)
  return Buffer.from([...unsigned(count + added.length), ...content.subarray(start), ...added.flat()])
}

/** How many variables a module has of its own, of which it imports none. */
export function countGlobals(wasm: Buffer): number {
  let count = 0
  changeSections(wasm, (id, content) => {
    if (id === GLOBALS) [count] = readUnsigned(content, 0)
    return null
  })
  return count
}

/** Adds variables, words that JavaScript can set, under their names, and with their first values. */
export function addGlobals(wasm: Buffer, globals: Readonly<Record<string, number>>): Buffer {
  const first = countGlobals(wasm)
  return changeSections(wasm, (id, content) => {
    const entries = Object.entries(globals)
    if (id === GLOBALS)
      return append(
        content,
        entries.map(([, value]) => [i32, 1, 0x41, ...signed(value), END]),
      )
    if (id !== EXPORTS) return null
    const name = (text: string) => [...unsigned(text.length), ...Buffer.from(text)]
    return append(
      content,
      entries.map(([text], i) => [...name(text), 3, ...unsigned(first + i)]),
    )
  })
}
