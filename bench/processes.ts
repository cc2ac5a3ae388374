// The processes of the mounted part: the servers and the client, all on one core where taskset is there, so that the
// scheduler has no part in the ratio; what is about threads runs on all cores as well.
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EngineName } from '../src/lua/api.js'
import type { Round } from './client.js'
import { buildClient, buildEcho, buildServer, type Native } from './native.js'
import { type Scope, within } from './scope.js'

/** How long a server may take to mount, and a client to answer one round, in milliseconds. */
const mountMs = 60000
const roundMs = 30000

export const built = (path: string) => fileURLToPath(new URL(path, import.meta.url))
export const main = built('../dist/main.js')
const scripts = built('../../bench/lua')

/** The cores on which this process may run, as taskset writes them. */
const allCores = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''

/** The last core on which this process may run, or null where processes can't be pinned. */
function findCore(): number | null {
  const last = /(\d+)$/.exec(allCores)?.[1]
  if (last === undefined || spawnSync('taskset', ['-c', last, 'true'], { timeout: 5000 }).status !== 0) return null
  return Number(last)
}

/** The core of the processes, or null where they run on any. */
export const core = findCore()

const pinned = core === null ? [] : ['taskset', '-c', String(core)]

/** A server that has mounted. */
export interface Server {
  readonly pid: number
  readonly dir: string
}

/** A process and all that it has started. */
function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(family)]
}

/** Lets processes, with all their threads and what they have started, run on one core or on all. */
export function pin(pids: readonly number[], where: 'one' | 'all'): void {
  if (core === null) return
  for (const pid of pids.flatMap(family))
    spawnSync('taskset', ['-a', '-c', '-p', where === 'one' ? String(core) : allCores, String(pid)], { timeout: 5000 })
}

/** Resolves when a server says that it has mounted; rejects with what it said instead. */
export function mounted(server: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let out = ''
    let err = ''
    server.stdout?.on('data', (chunk) => {
      out += chunk
      if (out.includes('mounted on')) resolve()
    })
    server.stderr?.on('data', (chunk) => {
      err = `${err}${chunk}`.slice(-4096)
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`the server ${name} has ended: ${err.trim()}`)))
  })
}

/** Starts a server of a new folder and waits until it has mounted. */
async function serve(scope: Scope, name: string, command: (dir: string) => readonly string[]): Promise<Server> {
  const dir = scope.mountpoint(name)
  const server = scope.spawn([...pinned, ...command(dir)], { stdio: ['ignore', 'pipe', 'pipe'] })
  await within(mounted(server, name), mountMs, `the server ${name} hasn't mounted on ${dir} within ${mountMs} ms`)
  return { pid: server.pid as number, dir }
}

/** The ways to reach the kernel that this package's command knows. */
export type Transport = 'dev-fuse' | 'fuse-native'

/** The scripts that make devices by themselves, and one that has the port of a socket. */
const runs = ['spinner', 'mover', 'port'].flatMap((script) => ['--run', script])

/** Mounts this package with mydevice and the benchmark's devices. */
export function serveOurs(scope: Scope, transport: Transport, engine: EngineName): Promise<Server> {
  const devices = ['--device', 'mydevice', '--device', built('device.js'), ...runs]
  const options = ['--scripts', scripts, '--transport', transport, '--engine', engine, ...devices]
  return serve(scope, `${transport}-${engine}`, (dir) => [process.execPath, main, 'mount', dir, ...options])
}

/** Mounts this package, by its defaults, with all these scripts of a folder. */
export function serveMany(scope: Scope, scripts: string, names: readonly string[]): Promise<Server> {
  const run = names.flatMap((name) => ['--run', name])
  return serve(scope, 'many', (dir) => [process.execPath, main, 'mount', dir, '--scripts', scripts, ...run])
}

/** Mounts the bare file. */
export const serveBare = (scope: Scope): Promise<Server> =>
  serve(scope, 'bare', (dir) => [process.execPath, built('bare.js'), dir])

/**
 * Mounts the server in C, with the same scripts.
 * @param single whether libfuse serves with one thread
 */
export async function serveC(scope: Scope, single: boolean): Promise<Server | string> {
  const native = buildServer()
  if ('skipped' in native) return native.skipped
  const devices = ['bench', 'buffer', 'checksum', 'compute', 'spin'].map((name) => `${name}=${scripts}/${name}.lua`)
  devices.push(`bytes=${scripts}/bench.lua`)
  const mydevice = `mydevice=${built('../../lua/mydevice.lua')}`
  const options = ['-f', ...(single ? ['-s'] : [])]
  return serve(scope, 'c', (dir) => [native.program, mydevice, ...devices, '--', ...options, dir])
}

/** Has a server of ours echo what TCP connections bring. Resolves with the port. */
export async function echoOurs(scope: Scope, { dir }: Server): Promise<string> {
  const spawned = scope.spawn([process.execPath, main, 'spawn', 'echoes', '--mount', dir], { stdio: 'ignore' })
  const [code] = await within(once(spawned, 'exit'), mountMs, `echoes has not begun on ${dir}`)
  if (code !== 0) throw new Error(`echoes was not spawned on ${dir}`)
  return readFileSync(`${dir}/port`, 'utf8')
}

/** Starts the server in C that does the same. Resolves with its port, or why there is none. */
export async function echoC(scope: Scope): Promise<{ readonly pid: number; readonly port: string } | string> {
  const native = buildEcho()
  if ('skipped' in native) return native.skipped
  const server = scope.spawn([...pinned, native.program, `${scripts}/echo.lua`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await within(once(server.stdout as NodeJS.ReadableStream, 'data'), mountMs, 'no port of the echo in C')
  return { pid: server.pid as number, port: String(line).trim() }
}

/** A process that calls files. */
export interface Client {
  readonly pid: number
  /** Why it is the one in JavaScript, or null. */
  readonly skipped: string | null
  /** Has it do one round. Resolves with the nanoseconds of one call. */
  readonly round: (round: Round) => Promise<number>
  /** Has it do one round of `times`. Resolves with the nanoseconds of one call, the median and the longest. */
  readonly times: (round: Round) => Promise<readonly number[]>
}

/** The error of a round: what its system call gave. */
export class RoundError extends Error {
  override readonly name = 'RoundError'
  readonly errno: number

  constructor(errno: number, message: string) {
    super(message)
    this.errno = errno
  }
}

/** Starts a client. */
export function startClient(
  scope: Scope,
  native: Native = buildClient(),
  prefix: readonly string[] = pinned,
  limitMs = roundMs,
): Client {
  const command = 'program' in native ? [native.program] : [process.execPath, built('client.js')]
  const client = scope.spawn([...prefix, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: client.stdout as NodeJS.ReadableStream })
  client.stdin?.on('error', () => {})
  const times = async ({ op, threads, size, count, path }: Round): Promise<readonly number[]> => {
    const answered = new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      client.once('exit', () => reject(new Error('the client has ended')))
    })
    client.stdin?.write(`${op} ${threads} ${size} ${count} ${path}\n`)
    try {
      const answer = await within(answered, limitMs, `no end of ${op} on ${path} within ${limitMs} ms`)
      const [, errno, message] = /^error (\d+) (.*)$/.exec(answer) ?? []
      if (errno !== undefined) throw new RoundError(Number(errno), `${message} (errno ${errno})`)
      return answer.split(' ').map(Number)
    } finally {
      lines.removeAllListeners('line')
      client.removeAllListeners('exit')
    }
  }
  const round = async (round: Round) => (await times(round))[0] as number
  return { pid: client.pid as number, skipped: 'skipped' in native ? native.skipped : null, round, times }
}
