// crypto/hash.h: what an algorithm for message digests is.

/** A digest on its way. */
export interface shash_desc {
  update(data: Uint8Array): void
  /** Its digest; it is over then. */
  final(): Uint8Array
  /** Its state, `statesize` bytes. It goes on. */
  export(): Uint8Array
}

/** What begins digests: an algorithm, and its key where it has one. */
export interface shash_keyed {
  init(): shash_desc
  /** Goes on from a state of `statesize` bytes; null for what is none. */
  import(state: Uint8Array): shash_desc | null
}

/** An algorithm. Sizes are in bytes. */
export interface shash_alg {
  readonly cra_name: string
  readonly digestsize: number
  /** The kernel's, of Linux 6.1 on x86-64. */
  readonly statesize: number
  /** What begins digests without a key; null where it needs one. */
  readonly plain: shash_keyed | null
  /** What begins digests with a key, null for a key that is none. Null for an algorithm without keys. */
  readonly setkey: ((key: Uint8Array) => shash_keyed | null) | null
}
