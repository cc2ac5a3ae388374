// The mounted part: our device files against a bare file on fuse-native, through the system calls of a client.
import type { Round } from './client.js'
import { core, serveBare, serveOurs, startClient } from './processes.js'
import type { Scope } from './scope.js'
import { type Comparison, compare } from './stats.js'

/** What a workload gave. */
export interface MountedResult {
  readonly name: string
  /** The largest ratio that we want, or null. */
  readonly goal: number | null
  readonly times: Comparison<'bare' | 'ours'>
}

/** The result of the mounted part. */
export interface Mounted {
  /** The core that servers and client share, or null. */
  readonly core: number | null
  readonly results: readonly MountedResult[]
}

interface Workload extends Omit<Round, 'path'> {
  readonly name: string
  /** Our file; the bare one is always the same. */
  readonly device: string
  readonly goal?: number
}

const KiB = 1 << 10
const MiB = 1 << 20

/** A round takes about a tenth of a second. */
const workloads: readonly Workload[] = [
  { name: '1-byte reads', op: 'read', size: 1, count: 4000, device: 'mydevice', goal: 1.25 },
  { name: '128 KiB reads', op: 'read', size: 128 * KiB, count: 1500, device: 'bench' },
  { name: '1 MiB reads', op: 'read', size: MiB, count: 300, device: 'bench' },
  { name: '128 KiB writes', op: 'write', size: 128 * KiB, count: 1000, device: 'bench' },
  { name: '1 MiB writes', op: 'write', size: MiB, count: 200, device: 'bench' },
]

/** Runs all workloads on two mounts, which are there at the same time. */
export async function runMounted(scope: Scope, rounds: number, warmups: number): Promise<Mounted> {
  const ours = await serveOurs(scope)
  const bare = await serveBare(scope)
  const round = startClient(scope)
  const results: MountedResult[] = []
  for (const { name, device, goal = null, ...workload } of workloads) {
    const times = await compare(rounds, warmups, 'bare', {
      bare: () => round({ ...workload, path: `${bare}/bare` }),
      ours: () => round({ ...workload, path: `${ours}/${device}` }),
    })
    results.push({ name, goal, times })
  }
  return { core, results }
}
