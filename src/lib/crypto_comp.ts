// crypto/deflate.c, lz4.c and zstd.c: compression by its names.
import type { InputType, ZlibOptions } from 'node:zlib'
import { EINVAL } from '../errno.js'
import type { lua_State } from '../lua/lua.js'
import { crypto_plain, zlib } from './crypto_api.js'
import { LZ4_compress_default, LZ4_decompress_safe } from './crypto_lz4.js'
import { zstd_is_whole } from './crypto_zstd.js'

/** At most `buffer.length` bytes, in it or elsewhere; -EINVAL for what isn't right, or has more. */
export type comp_result = Uint8Array | number

/** An algorithm. It works in `buffer`, if it wants to. May raise the deadline. */
export interface crypto_comp {
  readonly compress: (L: lua_State, data: Uint8Array, buffer: Uint8Array) => comp_result
  readonly decompress: (L: lua_State, data: Uint8Array, buffer: Uint8Array) => comp_result
  /**
   * `compress` of the part of long data that begins at `at`, a multiple of {@link COMP_PART}: what it gives for all
   * parts belongs behind each other. Null where data are not compressed in parts.
   */
  readonly compressPart: ((data: Uint8Array, at: number, max: number) => comp_result) | null
}

/** How long a part is, in bytes: deflating it takes about a slice. */
export const COMP_PART = 128 << 10

/** The kernel's window of 2 KiB, and its memory. */
const deflateOptions: ZlibOptions = { windowBits: 11, memLevel: 9 }
const windowSize = 2 << 10

/** What zlib gives; -EINVAL where it throws: it is no matter of the script's why. */
function attempt(work: () => Uint8Array): comp_result {
  try {
    return work()
  } catch {
    return -EINVAL
  }
}

const deflate: crypto_comp = {
  compress: (_L, data, { length }) =>
    attempt(() => zlib().deflateRawSync(data, { ...deflateOptions, maxOutputLength: length })),
  decompress: (_L, data, { length }) =>
    attempt(() => zlib().inflateRawSync(data, { ...deflateOptions, maxOutputLength: length })),
  compressPart(data, at, max) {
    if (max === 0) return -EINVAL
    const { Z_FINISH, Z_SYNC_FLUSH } = zlib().constants
    const end = at + COMP_PART
    const options = {
      ...deflateOptions,
      maxOutputLength: max,
      finishFlush: end < data.length ? Z_SYNC_FLUSH : Z_FINISH,
      ...(at > 0 && { dictionary: data.subarray(at - windowSize, at) }),
    }
    return attempt(() => zlib().deflateRawSync(data.subarray(at, end), options))
  },
}

const lz4: crypto_comp = {
  compress(L, data, buffer) {
    const n = LZ4_compress_default(L, data, buffer)
    return n > 0 ? buffer.subarray(0, n) : -EINVAL
  },
  decompress(L, data, buffer) {
    const n = LZ4_decompress_safe(L, data, buffer)
    return n >= 0 ? buffer.subarray(0, n) : -EINVAL
  },
  compressPart: null,
}

type ZstdSync = (data: InputType, options: { maxOutputLength: number }) => Buffer

/** Later versions of Node have zstd: from 22.15 on. */
function zstd(): crypto_comp | null {
  const { zstdCompressSync, zstdDecompressSync } = zlib() as Partial<
    Record<'zstdCompressSync' | 'zstdDecompressSync', ZstdSync>
  >
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return null
  return {
    compress: (_L, data, { length }) => attempt(() => zstdCompressSync(data, { maxOutputLength: length })),
    decompress: (_L, data, { length }) =>
      zstd_is_whole(data) ? attempt(() => zstdDecompressSync(data, { maxOutputLength: length })) : -EINVAL,
    compressPart: null,
  }
}

const algs: ReadonlyMap<string, () => crypto_comp | null> = new Map<string, () => crypto_comp | null>([
  ['deflate', () => deflate],
  ['lz4', () => lz4],
  ['zstd', zstd],
])

/** The algorithm of a name; null where there is none (ENOENT). */
export const crypto_alloc_comp = (name: string): crypto_comp | null => algs.get(crypto_plain(name))?.() ?? null
