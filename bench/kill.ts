// The kills: `make kill`, or `node build/bench/kill.js [--count N] [--transport T] [--seed N]`. A server under load
// gets SIGKILL at a random moment, of its start as well; the next one mounts on the same folder. Exits with 1 where a
// client hangs, a server doesn't mount, or the last one doesn't end cleanly.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ENGINES } from '../src/lua/api.js'
import type { Transport } from './processes.js'
import { Random } from './random.js'
import { Scope, within } from './scope.js'
import { namesOf, soakScripts } from './soak_devices.js'
import { isMounted, type SoakServer, startServer, stopServer } from './soak_server.js'
import { Violations } from './violations.js'

/** How long a client may take to end once its server is dead, in milliseconds. */
const clientMs = 5000
/** The latest moment of a kill after mounting, and after the start, in milliseconds. */
const underLoadMs = 500
const startingMs = 600
/** Every so many kills strike while the server starts, half of them so soon after it has mounted, in milliseconds. */
const startingEach = 4
const mountedMs = 20

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    transport: { type: 'string', default: 'dev-fuse' },
    seed: { type: 'string', default: '1' },
  },
})
const count = Number(values.count)
const transport = values.transport as Transport
if (!(count > 0) || !['dev-fuse', 'fuse-native'].includes(transport)) {
  console.error('Usage: node build/bench/kill.js [--count N] [--transport dev-fuse|fuse-native] [--seed N]')
  process.exit(2)
}

const violations = new Violations()
const scope = new Scope()
const random = new Random(Number(values.seed))
let stopped = false

/** What loads a server, in a shell: each reads, writes or opens until that fails with a server that has gone. */
const loads = [
  'while dd if=$0/sleeper1 of=/dev/null bs=1 count=20 status=none; do :; done',
  'while dd if=/dev/zero of=$0/buffer1 bs=100000 count=3 conv=nocreat status=none; do :; done',
  'while test -e $0/buffer2 && : < $0/buffer2; do :; done',
  'dd if=$0/blocker1 bs=1 count=1 status=none',
  'while ls $0 && test -e $0/buffer3; do :; done',
]

/** Starts the load. */
function startLoad(dir: string): ChildProcess[] {
  return loads.map((load) => spawn('sh', ['-c', load, dir], { stdio: 'ignore', detached: true }))
}

/** Waits until clients have ended by themselves. */
async function endLoad(clients: readonly ChildProcess[]): Promise<void> {
  const gone = clients.map(async (client) => {
    while (client.exitCode === null && client.signalCode === null) await sleep(5)
  })
  await within(Promise.all(gone), clientMs, '').catch(() => {
    violations.add(`a client hangs ${clientMs} ms after the server's end`)
    for (const { pid } of clients) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL')
      } catch {} // Gone.
    }
  })
}

/** Kills a server. One that stays holds its mount as well, so no other can follow. */
async function killServer({ child, exited }: SoakServer): Promise<void> {
  child.kill('SIGKILL')
  await within(exited, clientMs, `a killed server, process ${child.pid}, stays`)
}

/** Waits until a server has mounted, seen from outside: it may not be ready by then. */
async function justMounted(dir: string): Promise<void> {
  const end = Date.now() + clientMs
  // The stale mount goes first.
  for (const wanted of [false, true]) while (isMounted(dir) !== wanted && Date.now() < end) await sleep(1)
}

/** One server, which is killed. Resolves with whether it took a stale mount away. */
async function round(dir: string, args: readonly string[], number: number): Promise<boolean> {
  let recovered = false
  const server = startServer(scope, dir, transport, args, (line) => {
    if (line.includes('a stale mount was taken away')) recovered = true
  })
  if (number % startingEach === 0) {
    if (random.below(2) === 0) await sleep(random.below(startingMs))
    else {
      await justMounted(dir)
      await sleep(random.below(mountedMs))
    }
    await killServer(server)
    return recovered
  }
  try {
    await server.ready
  } catch (e) {
    violations.add(`${(e as Error).message}`)
    await killServer(server)
    return recovered
  }
  const clients = startLoad(dir)
  await sleep(random.below(underLoadMs))
  try {
    await killServer(server)
  } finally {
    await endLoad(clients)
  }
  return recovered
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lunatik-kill-'))
  const dir = scope.mountpoint('kill')
  for (const [name, text] of Object.entries(soakScripts(600_000))) writeFileSync(join(folder, name), text)
  const names = (['buffer', 'sleeper', 'blocker'] as const).flatMap(namesOf)
  const args = ['--scripts', folder, ...names.flatMap((name) => ['--run', name]), '--ledger']
  let recovered = 0
  let done = 0
  for (; done < count && !stopped; done++) if (await round(dir, args, done + 1)) recovered++
  let ledger = ''
  const last = startServer(scope, dir, transport, args, (line) => {
    ledger = /ledger: \d+ objects alive/.exec(line)?.[0] ?? ledger
  })
  await last.ready
  const clients = startLoad(dir)
  await sleep(underLoadMs)
  const code = await stopServer(last)
  await endLoad(clients)
  if (code !== 0) violations.add(`the last server's end: ${code}: ${last.tail()}`)
  if (isMounted(dir)) violations.add('a stale mount is left')
  if (ledger !== 'ledger: 0 objects alive') violations.add(`the ledger: ${ledger || 'nothing'}`)
  console.log(`${done} servers killed; ${recovered} stale mounts taken away by the next one; ${ledger}`)
  rmSync(folder, { recursive: true })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    violations.add(`stopped by ${signal}`)
    stopped = true
  })
}
console.log(
  `kill: ${count} times on ${transport} with ${process.env.LUNATIK_ENGINE ?? ENGINES[0]}, seed ${values.seed}`,
)
try {
  await run()
} catch (e) {
  violations.add(e instanceof Error ? e.message : String(e))
}
await scope.close()
console.log(violations.count === 0 ? 'kill: nothing wrong' : `kill: ${violations.count} violations\n${violations}`)
process.exit(violations.count === 0 ? 0 : 1)
