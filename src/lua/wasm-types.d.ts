// The part of JavaScript's WebAssembly that the engine uses. TypeScript has its types only together with a browser's.
declare namespace WebAssembly {
  type Exports = Record<string, unknown>
  type Imports = Record<string, Record<string, CallableFunction | unknown>>

  class RuntimeError extends Error {}

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
    static imports(module: Module): { readonly module: string; readonly name: string; readonly kind: string }[]
  }

  class Instance {
    constructor(module: Module, imports: Imports)
    readonly exports: Exports
  }

  class Memory {
    readonly buffer: ArrayBufferLike
    /** By so many pages of 64 KiB. Throws a RangeError where there are none. */
    grow(pages: number): number
  }

  /** A variable, an i32. */
  interface Global {
    value: number
  }

  class Table {
    readonly length: number
    grow(entries: number): number
    get(index: number): (...args: number[]) => number
    set(index: number, f: CallableFunction): void
  }
}
