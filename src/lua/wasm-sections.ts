// The sections of a module of WebAssembly: what wasm-patches.ts adds to the package's before it is loaded.

/** The sections that are changed here, by their numbers. */
const GLOBALS = 6
const EXPORTS = 7
const CODE = 10
const IMPORTS = 2

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

const name = (text: string) => [...unsigned(text.length), ...Buffer.from(text)]

/** Exports functions, by their indices, under these names. */
export const exportFunctions = (wasm: Buffer, functions: Readonly<Record<string, number>>): Buffer =>
  changeSections(wasm, (id, content) => {
    if (id !== EXPORTS) return null
    const entries = Object.entries(functions)
    return append(
      content,
      entries.map(([text, index]) => [...name(text), 0, ...unsigned(index)]),
    )
  })

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
    return append(
      content,
      entries.map(([text], i) => [...name(text), 3, ...unsigned(first + i)]),
    )
  })
}

/** Where the immediates of an instruction end. Throws for one that is not known. */
function skipInstruction(code: Uint8Array, at: number): number {
  const op = code[at] as number
  const leb = (from: number, times = 1): number => (times === 0 ? from : leb(readUnsigned(code, from)[1], times - 1))
  if (op === 0x0e) {
    const [count, next] = readUnsigned(code, at + 1)
    return leb(next, count + 1)
  }
  if (op === 0x1c) {
    const [count, next] = readUnsigned(code, at + 1)
    return next + count
  }
  if ((op >= 0x02 && op <= 0x04) || op === 0x0c || op === 0x0d || op === 0x10) return leb(at + 1)
  if (op === 0x11 || (op >= 0x28 && op <= 0x3e)) return leb(at + 1, 2)
  if (op >= 0x20 && op <= 0x26) return leb(at + 1)
  if (op >= 0x3f && op <= 0x42) return leb(at + 1)
  if (op === 0x43) return at + 5
  if (op === 0x44) return at + 9
  if (op === 0xfc) {
    const [kind, next] = readUnsigned(code, at + 1)
    if (kind <= 7) return next
    return leb(next, kind === 8 || kind === 10 ? 2 : 1)
  }
  if (op > 0xc4) throw new Error(`an instruction that is not known: ${op}`)
  return at + 1
}

const LOOP = 0x03

/** What is added to a function's body, each as instructions; where it is left out, nothing. */
export interface Added {
  /** At its beginning. */
  readonly first?: readonly number[]
  /** At the beginning of each of its loops. */
  readonly loops?: readonly number[]
  /** Behind each place where these instructions stand: `behind`, at so many places as `times` says. */
  readonly places?: readonly { readonly of: Buffer; readonly times: number; readonly behind: readonly number[] }[]
}

/** A function's body with what is added. Null where a place is missing, or one too many is there. */
function instrument(body: Buffer, { first = [], loops = [], places = [] }: Added): Buffer | null {
  let [groups, at] = readUnsigned(body, 0)
  for (; groups > 0; groups--) at = readUnsigned(body, at)[1] + 1
  const parts: Uint8Array[] = [body.subarray(0, at), Uint8Array.from(first)]
  const found = places.map(() => 0)
  let from = at
  const add = (to: number, code: readonly number[]) => {
    parts.push(body.subarray(from, to), Uint8Array.from(code))
    from = to
  }
  while (at < body.length) {
    const next = skipInstruction(body, at)
    if (body[at] === LOOP) add(next, loops)
    for (const [i, { of, behind }] of places.entries()) {
      if (!of.equals(body.subarray(at, at + of.length))) continue
      add(at + of.length, behind)
      found[i] = (found[i] as number) + 1
    }
    at = next
  }
  parts.push(body.subarray(from))
  return places.every(({ times }, i) => found[i] === times) ? Buffer.concat(parts) : null
}

/** How many functions a module imports. */
function countImports(content: Buffer): number {
  let [left, at] = readUnsigned(content, 0)
  let functions = 0
  for (; left > 0; left--) {
    for (let i = 0; i < 2; i++) {
      const [length, next] = readUnsigned(content, at)
      at = next + length
    }
    const kind = content[at++]
    if (kind !== 0) throw new Error('an import that is no function')
    functions++
    at = readUnsigned(content, at)[1]
  }
  return functions
}

/** A function of a module: its index, those that the module imports included, and its body's length, in bytes. */
export interface KnownFunction {
  readonly index: number
  readonly bytes: number
}

/**
 * Adds code to a function.
 * @returns the module; null where there is no such function, by its length, or it has not the places
 */
export function changeFunction(wasm: Buffer, { index, bytes }: KnownFunction, added: Added): Buffer | null {
  let imported = 0
  let found = false
  const changed = changeSections(wasm, (id, content) => {
    if (id === IMPORTS) imported = countImports(content)
    if (id !== CODE) return null
    let [, at] = readUnsigned(content, 0)
    for (let i = imported; i < index; i++) {
      const [length, start] = readUnsigned(content, at)
      at = start + length
    }
    const [length, start] = readUnsigned(content, at)
    if (length !== bytes) return null
    const body = instrument(content.subarray(start, start + length), added)
    if (body === null) return null
    found = true
    return Buffer.concat([
      content.subarray(0, at),
      Uint8Array.from(unsigned(body.length)),
      body,
      content.subarray(start + length),
    ])
  })
  return found ? changed : null
}
