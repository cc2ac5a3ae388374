// linux/cpumask.h: which CPUs there are, as sysfs lists them.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** The numbers of a list such as `0-3,8`. */
export function cpulist_parse(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
}

/** The CPUs of a mask, in ascending order; where sysfs isn't mounted, those that this process may use. */
function cpus(mask: string): number[] {
  try {
    return cpulist_parse(readFileSync(`/sys/devices/system/cpu/${mask}`, 'latin1'))
  } catch {
    return Array.from({ length: availableParallelism() }, (_, i) => i)
  }
}

export const cpu_possible = () => cpus('possible')
export const cpu_present = () => cpus('present')
export const cpu_online = () => cpus('online')

/** One more than the highest number of a CPU: how many instances a script for each CPU has. */
export function nr_cpu_ids(): number {
  nrCpuIds ??= Math.max(...cpu_possible()) + 1
  return nrCpuIds
}

let nrCpuIds: number | null = null
