// lstring.c's luaS_hash, which lunatik.h gives to tables outside of Lua.

/**
 * The hash of the first `l` bytes of `str`. Upstream: `lunatik_hash`.
 * @param seed 32 bits
 * @returns 32 bits, unsigned
 */
export function lunatik_hash(str: Uint8Array, l: number, seed: number): number {
  let h = (seed ^ l) >>> 0
  for (let at = l - 1; at >= 0; at--) h ^= (h << 5) + (h >>> 2) + (str[at] as number)
  return h >>> 0
}
