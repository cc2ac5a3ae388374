// The processes of the mounted part: the two servers and the client, all on one core where taskset is there, so that
// the scheduler has no part in the ratio.
import { type ChildProcess, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Answer, Round } from './client.js'
import { type Scope, within } from './scope.js'

/** How long a server may take to mount, and a client to answer one round, in milliseconds. */
const mountMs = 15000
const roundMs = 30000

const built = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The last core on which this process may run, or null where processes can't be pinned. */
function findCore(): number | null {
  const list = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  if (list === undefined || spawnSync('taskset', ['-c', list, 'true'], { timeout: 5000 }).status !== 0) return null
  return Number(list)
}

/** The core of the processes, or null where they run on any. */
export const core = findCore()

const node = [...(core === null ? [] : ['taskset', '-c', String(core)]), process.execPath]

/** Resolves when a server says that it has mounted; rejects with what it said instead. */
function mounted(server: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let out = ''
    let err = ''
    server.stdout?.on('data', (chunk) => {
      out += chunk
      if (out.includes('mounted on')) resolve()
    })
    server.stderr?.on('data', (chunk) => {
      err += chunk
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`the server ${name} has ended: ${err.trim()}`)))
  })
}

/** Starts a server of `dir` and waits until it has mounted. */
async function serve(scope: Scope, name: string, dir: string, args: readonly string[]): Promise<void> {
  const server = scope.spawn([...node, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  await within(mounted(server, name), mountMs, `the server ${name} hasn't mounted on ${dir} within ${mountMs} ms`)
}

/** Mounts this package with mydevice and the benchmark's device. Returns the folder. */
export async function serveOurs(scope: Scope): Promise<string> {
  const dir = scope.mountpoint('ours')
  const scripts = built('../../bench/lua')
  const devices = ['--device', 'mydevice', '--device', built('device.js')]
  await serve(scope, 'ours', dir, [built('../src/main.js'), 'mount', dir, '--scripts', scripts, ...devices])
  return dir
}

/** Mounts the bare file. Returns the folder. */
export async function serveBare(scope: Scope): Promise<string> {
  const dir = scope.mountpoint('bare')
  await serve(scope, 'bare', dir, [built('bare.js'), dir])
  return dir
}

/** Starts a client. Returns a function that has it do one round and resolves with the nanoseconds of one call. */
export function startClient(scope: Scope): (round: Round) => Promise<number> {
  const client = scope.spawn([...node, built('client.js')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return async (round) => {
    const answered = new Promise<Answer>((resolve, reject) => {
      client.once('message', resolve)
      client.once('error', reject)
      client.once('exit', () => reject(new Error('the client has ended')))
    })
    client.send(round)
    try {
      const answer = await within(answered, roundMs, `no end of ${round.op} on ${round.path} within ${roundMs} ms`)
      if ('error' in answer) throw new Error(answer.error)
      return answer.ns
    } finally {
      for (const event of ['message', 'error', 'exit']) client.removeAllListeners(event)
      client.on('error', () => {})
    }
  }
}
