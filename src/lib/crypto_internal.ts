// crypto/internal/skcipher.h: what an algorithm for skciphers is.
import type { lua_State } from '../lua/lua.js'

/** One operation. `out` is as long as `data`. Returns 0 or a negative errno; may raise the deadline. */
export type skcipher_crypt = (
  L: lua_State,
  iv: Uint8Array,
  data: Uint8Array,
  out: Uint8Array,
  encrypts: boolean,
) => number

/** An algorithm. Sizes are in bytes. */
export interface skcipher_alg {
  readonly cra_name: string
  readonly ivsize: number
  readonly blocksize: number
  /** What works with a key; null for a key that is none. */
  readonly setkey: (key: Uint8Array) => skcipher_crypt | null
}
