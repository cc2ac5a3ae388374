// What `--trace FILE` asks for: each call on a device as a line of a file, which has it before the call's program goes
// on.
import { closeSync, openSync, writeSync } from 'node:fs'
import { describe, pr_fmt } from '../printk.js'
import { trace_register } from '../vfs/trace.js'

const { pr_err } = pr_fmt('trace')

/**
 * Begins to write to the end of `path`. Returns what ends that, which may be called again. Throws where it can't be
 * opened.
 */
export function traceTo(path: string): () => void {
  const fd = openSync(path, 'a')
  let open = true
  const end = () => {
    if (!open) return
    open = false
    unregister()
    closeSync(fd)
  }
  const unregister = trace_register({
    names: null,
    line: (json) => {
      try {
        const bytes = Buffer.from(`${json}\n`)
        for (let n = 0; n < bytes.length; ) n += writeSync(fd, bytes, n)
      } catch (e) {
        pr_err(`${path}: nothing more is written: ${describe(e)}`)
        end()
      }
    },
  })
  return end
}
