// crypto/api.c: algorithms by the kernel's names. What they do is OpenSSL's and zlib's, which Node has.
import { createRequire } from 'node:module'
import { lazy } from '../lazy.js'
import type { lua_State } from '../lua/lua.js'
import { lua_tick } from '../lua/lua_ticks.js'

const require = createRequire(import.meta.url)

/** OpenSSL, loaded by the first script that asks for an algorithm. */
export const openssl = lazy(() => require('node:crypto') as typeof import('node:crypto'))
export const zlib = lazy(() => require('node:zlib') as typeof import('node:zlib'))

/** A name's template and what stands in its parentheses: `hmac(sha256)`; null for a plain name. */
export function crypto_template(name: string): { readonly tmpl: string; readonly of: string } | null {
  const [, tmpl, of] = /^([\w-]+)\((.+)\)$/.exec(name) ?? []
  return tmpl === undefined || of === undefined ? null : { tmpl, of }
}

/** An algorithm's name, also where a script asks for the driver that each kernel has of it, `sha256-generic`. */
export const crypto_plain = (name: string): string => name.replace(/-generic$/, '')

/** Bytes that one step works on: between two of them somebody looks at the clock. */
const stepMax = 1 << 20

/**
 * Calls `step` for each part of `data`, in their order, one empty part for none. May raise: the deadline.
 * @param tick looks at the clock
 */
export function crypto_walk(
  L: lua_State,
  data: Uint8Array,
  step: (part: Uint8Array, at: number) => void,
  tick = lua_tick,
): void {
  if (data.length <= stepMax) {
    step(data, 0)
    return
  }
  for (let at = 0; at < data.length; at += stepMax) {
    tick(L)
    step(data.subarray(at, at + stepMax), at)
  }
}
