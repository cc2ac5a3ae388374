// kernel_read_file: the bytes of a file that a script loads.
//
// It is read synchronously by the process that serves the mounts. A path that leads onto one of them is refused, because
// the read would never end.
import { readFileSync } from 'node:fs'
import { lunatik_resolve } from './lunatik_path.js'

/** The largest script: beyond it a mistake is likelier than a script, in bytes. */
const scriptMax = 64 << 20

/** The bytes of the regular file `path`, or null where there is none that may be read. */
export function lunatik_readfile(path: string): Uint8Array | null {
  try {
    const found = lunatik_resolve(path)
    if (found === null || found === 'served' || found.stat === null) return null
    return found.stat.isFile() && found.stat.size <= scriptMax ? readFileSync(found.path) : null
  } catch {
    return null
  }
}
