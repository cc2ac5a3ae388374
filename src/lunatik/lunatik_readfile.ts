// kernel_read_file: the bytes of a file that a script loads. It is read synchronously by the process that serves a
// mount.
import { closeSync, constants, readFileSync } from 'node:fs'
import { lunatik_at, type lunatik_place, type lunatik_seen } from './lunatik_path.js'

/** The largest script: beyond it a mistake is likelier than a script, in bytes. */
const scriptMax = 64 << 20

/**
 * The bytes of the regular file `path`, or null where there is none that may be read.
 * @param caller whom the log names where a file isn't read for its place, as one on a mount of lunatik; null says
 *   nothing
 * @param seen told of the way to it
 */
export const lunatik_readfile = (
  path: string,
  caller: string | null = 'lunatik',
  seen?: lunatik_seen,
): Uint8Array | null => {
  const read = (place: lunatik_place) => {
    const { stat } = place
    if (stat === null || !stat.isFile() || stat.size > scriptMax) return null
    const fd = place.open(constants.O_RDONLY)
    try {
      return readFileSync(fd)
    } finally {
      closeSync(fd)
    }
  }
  return lunatik_at(path, caller, read, seen)
}
