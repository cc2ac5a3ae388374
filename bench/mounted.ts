// The mounted part: our device files on both transports and engines against a server in C, and a bare file on
// fuse-native, through the system calls of a client. All are mounted at the same time.
import { UserError } from '../src/errors.js'
import { type Beside, runBeside } from './beside.js'
import { needsNative, type Round } from './client.js'
import { type Idle, watchIdle } from './idle.js'
import {
  type Client,
  core,
  echoC,
  echoOurs,
  pin,
  type Server,
  serveBare,
  serveC,
  serveOurs,
  startClient,
} from './processes.js'
import type { Scope } from './scope.js'
import { type Comparison, compare } from './stats.js'

/** Ours are named by transport and engine; `best` is the one that the goals are for. */
export const ours = {
  'dev-fuse wasm': ['dev-fuse', 'wasm'],
  'dev-fuse fengari': ['dev-fuse', 'fengari'],
  'fuse-native wasm': ['fuse-native', 'wasm'],
  'fuse-native fengari': ['fuse-native', 'fengari'],
} as const
export const best = 'dev-fuse wasm'
export type Contender = 'c' | keyof typeof ours | 'bare'

/**
 * What dev-fuse with wasm is to reach, compared to C: of the time at most so much, or of the throughput at least so
 * much.
 */
export type Goal = { readonly time: number } | { readonly throughput: number }

/** What a workload gave. */
export interface MountedResult {
  readonly name: string
  readonly goal: Goal | null
  readonly times: Partial<Comparison<Contender>>
}

/** The result of the mounted part. */
export interface Mounted {
  /** The core that servers and client share, or null. */
  readonly core: number | null
  /** What is left out, in words. */
  readonly left: readonly string[]
  readonly results: readonly MountedResult[]
  /** What eight clients see of a device while another one computes. */
  readonly beside: Readonly<Partial<Record<Contender, Beside>>>
  readonly idleSeconds: number
  readonly idle: Readonly<Partial<Record<Contender, Idle>>>
}

interface Workload extends Omit<Round, 'path'> {
  readonly name: string
  /** The device; the bare file is always the same. */
  readonly device: string
  readonly cores?: 'all'
  readonly goal?: Goal
}

const KiB = 1 << 10
const MiB = 1 << 20

/** The largest ratio of our fuse-native's 1-byte reads to the bare file's. */
export const bareGoal = 1.25

const one = { threads: 1, size: 1 } as const
const eight = { op: 'read', threads: 8, size: 1, count: 8000, device: 'mydevice', goal: { throughput: 0.6 } } as const

/** A round takes about a tenth of a second. */
const workloads: readonly Workload[] = [
  { name: '1-byte read', op: 'read', ...one, count: 4000, device: 'mydevice', goal: { time: 1.4 } },
  { name: '1-byte read, 8 threads', ...eight },
  { name: '1-byte read, 8 threads, all cores', ...eight, cores: 'all' },
  { name: '1-byte read that computes', op: 'read', ...one, count: 1000, device: 'compute' },
  {
    name: '1-byte read, Adler-32 of 4 KiB',
    op: 'read',
    ...one,
    count: 100,
    device: 'checksum',
    goal: { time: 2.5 },
  },
  { name: '1-byte write', op: 'write', ...one, count: 4000, device: 'bench' },
  { name: 'open, read, close', op: 'open', ...one, count: 1500, device: 'mydevice', goal: { time: 2 } },
  {
    name: '1 MiB read of a buffer',
    op: 'read',
    ...one,
    size: MiB,
    count: 200,
    device: 'buffer',
    goal: { throughput: 0.6 },
  },
  { name: '128 KiB read', op: 'read', ...one, size: 128 * KiB, count: 1000, device: 'bytes' },
  { name: '1 MiB read', op: 'read', ...one, size: MiB, count: 200, device: 'bytes' },
  { name: '128 KiB write', op: 'write', ...one, size: 128 * KiB, count: 1000, device: 'bytes' },
  { name: '1 MiB write', op: 'write', ...one, size: MiB, count: 200, device: 'bytes' },
]

/** What a run takes. */
export interface MountedOptions {
  readonly rounds: number
  readonly warmups: number
  readonly idleSeconds: number
  /** Whether the server in C has one thread. */
  readonly single: boolean
}

/** Starts the servers that can be had here. */
async function serveAll(scope: Scope, single: boolean, left: string[]): Promise<Partial<Record<Contender, Server>>> {
  const servers: Partial<Record<Contender, Server>> = {}
  const c = await serveC(scope, single)
  if (typeof c === 'string') left.push(`the server in C: ${c}`)
  else servers.c = c
  for (const [name, [transport, engine]] of Object.entries(ours)) {
    try {
      servers[name as keyof typeof ours] = await serveOurs(scope, transport, engine)
    } catch (e) {
      left.push(`${name}: ${(e as Error).message}`)
    }
  }
  servers.bare = await serveBare(scope)
  return servers
}

/** What ours are compared by as servers of TCP. */
const tcp = { name: '1-byte round trip over TCP', op: 'tcp', ...one, count: 2000 } as const

/** Compares our servers, as far as they are there, and one in C as servers that echo what a TCP connection brings. */
async function runTcp(
  scope: Scope,
  servers: Partial<Record<Contender, Server>>,
  client: Client,
  { rounds, warmups }: MountedOptions,
  left: string[],
): Promise<MountedResult[]> {
  if (client.skipped !== null) {
    left.push(`${tcp.name}: the client in JavaScript has none`)
    return []
  }
  const ports: Partial<Record<Contender, string>> = {}
  const c = await echoC(scope)
  if (typeof c === 'string') left.push(`${tcp.name} of C: ${c}`)
  else ports.c = c.port
  try {
    for (const name of Object.keys(ours) as (keyof typeof ours)[]) {
      const server = servers[name]
      if (server !== undefined) ports[name] = await echoOurs(scope, server)
    }
  } catch (e) {
    // Without the package koffi there are no sockets.
    left.push(`${tcp.name}: ${(e as Error).message}`)
    return []
  }
  const { name, ...round } = tcp
  const contenders = Object.fromEntries(
    Object.entries(ports).map(([contender, path]) => [contender, () => client.round({ ...round, path })]),
  ) as Record<Contender, () => Promise<number>>
  const [base] = Object.keys(contenders) as Contender[]
  return base === undefined ? [] : [{ name, goal: null, times: await compare(rounds, warmups, base, contenders) }]
}

/** Runs all workloads. */
export async function runMounted(scope: Scope, options: MountedOptions): Promise<Mounted> {
  const left: string[] = []
  const servers = await serveAll(scope, options.single, left)
  const names = Object.keys(servers) as Contender[]
  const base = names[0]
  if (base === undefined) throw new UserError('no server')
  const pids = names.map((name) => servers[name]?.pid as number)
  const client = startClient(scope)
  if (client.skipped !== null) left.push(`the client in C: ${client.skipped}; one in JavaScript takes its place`)
  const results: MountedResult[] = []
  for (const { name, device, goal = null, cores = 'one', ...workload } of workloads) {
    if (client.skipped !== null && needsNative(workload)) {
      left.push(`${name}: the client in JavaScript has one thread`)
      continue
    }
    pin([...pids, client.pid], cores)
    const run = (contender: Contender) => () => {
      const path = `${servers[contender]?.dir}/${contender === 'bare' ? 'bare' : device}`
      return client.round({ ...workload, path })
    }
    const contenders = Object.fromEntries(names.map((name) => [name, run(name)])) as Record<
      Contender,
      () => Promise<number>
    >
    results.push({ name, goal, times: await compare(options.rounds, options.warmups, base, contenders) })
  }
  const beside: Partial<Record<Contender, Beside>> = {}
  if (client.skipped === null) {
    pin([...pids, client.pid], 'one')
    for (const name of names) {
      if (name !== 'bare')
        beside[name] = await runBeside(servers[name] as Server, client, options.rounds, options.warmups)
    }
  }
  const { idleSeconds } = options
  const idle = await watchIdle(pids, idleSeconds)
  results.push(...(await runTcp(scope, servers, client, options, left)))
  return { core, left, results, beside, idleSeconds, idle: Object.fromEntries(names.map((name, i) => [name, idle[i]])) }
}
