// capabilities(7): what this process may do.
import { readFileSync } from 'node:fs'

/** linux/capability.h */
const CAP_SYS_ADMIN = 21

/** Whether this process has the right to mount. */
export function mayMount(): boolean {
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`)
  return ((effective >> BigInt(CAP_SYS_ADMIN)) & 1n) === 1n
}
