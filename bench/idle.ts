// What a server costs while nobody asks it for anything.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a process took while it was watched. */
export interface Idle {
  /** utime and stime, in milliseconds: the kernel counts hundredths of a second. */
  readonly cpuMs: number
  /** How often its threads were switched to. */
  readonly wakeups: number
}

const tickMs = 10
/** How long a server may tidy up before it counts as idle, in milliseconds. */
const settleMs = 2000

function read(pid: number): Idle {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  let wakeups = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    for (const [, n] of status.matchAll(/ctxt_switches:\s*(\d+)/g)) wakeups += Number(n)
  }
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, wakeups }
}

/** Watches processes for `seconds`. */
export async function watchIdle(pids: readonly number[], seconds: number): Promise<Idle[]> {
  await sleep(settleMs)
  const before = pids.map(read)
  await sleep(seconds * 1000)
  return pids.map(read).map(({ cpuMs, wakeups }, i) => ({
    cpuMs: cpuMs - (before[i]?.cpuMs ?? 0),
    wakeups: wakeups - (before[i]?.wakeups ?? 0),
  }))
}
