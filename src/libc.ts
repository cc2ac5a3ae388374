// Functions of the libc that Node is linked with, by the package koffi. The only file that touches it: it is optional.
import { createRequire } from 'node:module'
import type Koffi from 'koffi'

/** What declares functions: the package, and the library that has them. */
export type Declare<T> = (koffi: typeof Koffi, lib: ReturnType<typeof Koffi.load>) => T

/** What `declare` makes of libc; null where koffi isn't there, or not for this machine. */
export function libc<T>(declare: Declare<T>): T | null {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    return declare(koffi, koffi.load(null))
  } catch {
    return null
  }
}
