// The stress test: `make stress`, or `node build/bench/stress.js [--seconds N] [--seed N] [--calls N]`. Sleepers of 0
// to 3 ms, readers, writers, pollers, renames and stops on one mount: no answer may be late by the server's own doing,
// and its memory must stay level, also over many opens, reads, polls and closes. Exits with 1 where one of them isn't
// so.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Memory } from './memory.js'
import { buildClient } from './native.js'
import { built, RoundError, startClient } from './processes.js'
import { Random } from './random.js'
import { Scope, within } from './scope.js'
import { kindOf, namesOf, soakScripts } from './soak_devices.js'
import { startServer, stopServer } from './soak_server.js'
import type { Slow, StressReport, StressRole } from './stress_client.js'
import { Violations } from './violations.js'

/** How late an answer may be by the server's own doing, in milliseconds. */
const lateMs = 200
/** How long a client may take to end once its time is over, and a round of polls to be answered, in milliseconds. */
const endMs = 10_000
/** How many opens are one round of the part that counts calls. */
const roundOpens = 5000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '1000000' },
  },
})
const [seconds, seed, calls] = [values.seconds, values.seed, values.calls].map(Number) as [number, number, number]
if (!(seconds > 0) || !(calls >= 0) || !Number.isInteger(seed)) {
  console.error('Usage: node build/bench/stress.js [--seconds N] [--seed N] [--calls N]')
  process.exit(2)
}

const violations = new Violations()
const scope = new Scope()
let stopped = false

/** Devices of the soak whose sleepers sleep for 0 to 3 ms. */
const scripts = Object.entries(soakScripts(0)).map(
  ([name, text]) => [name, text.replaceAll(/linux\.random\(0, \d+\)/g, 'linux.random(0, 3)')] as const,
)

/** What all clients of a role have done. */
interface Tally {
  ops: number
  slowestMs: number
  readonly slow: Slow[]
}
const tallies = new Map<StressRole, Tally>()

/** Starts a client. Resolves when it has ended. */
async function client(dir: string, folder: string, role: StressRole, number: number): Promise<void> {
  const args = [built('./stress_client.js'), role, dir, String(seed * 1000 + number), String(seconds), folder]
  const child = scope.spawn([process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const tally = tallies.get(role) ?? { ops: 0, slowestMs: 0, slow: [] }
  tallies.set(role, tally)
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const report = JSON.parse(line) as StressReport
    tally.ops += report.ops
    tally.slowestMs = Math.max(tally.slowestMs, report.slowestMs)
    tally.slow.push(...report.slow)
    for (const text of report.unexpected) violations.add(text)
  })
  const ended = once(child, 'close')
  await within(ended, seconds * 1000 + endMs, '').catch(() => violations.add(`a ${role} waits for an answer for ever`))
  if (child.exitCode !== 0) violations.add(`a ${role} has ended with ${child.exitCode ?? child.signalCode}`)
}

/** Polls devices, with the client in C. */
async function poll(dir: string, random: Random, end: number): Promise<string> {
  const native = buildClient()
  if ('skipped' in native) return `none: ${native.skipped}`
  const poller = startClient(scope, native, [], endMs)
  let polls = 0
  while (Date.now() < end && !stopped) {
    const device = random.pick(namesOf(random.pick(['buffer', 'sleeper', 'churn'] as const)))
    try {
      await poller.round({ op: 'poll', threads: 2, size: 1, count: 20, path: `${dir}/${device}` })
    } catch (e) {
      const gone = e instanceof RoundError && [2, 6].includes(e.errno) && kindOf(device) === 'churn'
      if (!gone) violations.add(`poll of ${device}: ${(e as Error).message}`)
    }
    polls += 20
    await sleep(5)
  }
  return `${polls} polls`
}

/**
 * Judges the answers. While the machine was late itself, so long as two processes that call no device had to wait for
 * each other at the time, that much is not the server's doing.
 */
function judge(): void {
  const machine = tallies.get('machine')?.slow ?? []
  for (const [role, { ops, slowestMs, slow }] of tallies) {
    let owedMs = 0
    for (const { what, began, ms } of role === 'machine' ? [] : slow) {
      const meanwhile = machine.filter((m) => m.began < began + ms && m.began + m.ms > began)
      const owed = ms - meanwhile.reduce((sum, m) => sum + m.ms, 0)
      owedMs = Math.max(owedMs, owed)
      if (owed > lateMs)
        violations.add(`${what}: answered after ${ms.toFixed(0)} ms, ${owed.toFixed(0)} of them its own`)
    }
    const late = slow.filter(({ ms }) => ms > lateMs).length
    const own = role === 'machine' ? '' : `; without the machine's delays ${owedMs.toFixed(0)} ms`
    console.log(`${role}: ${ops} calls, the slowest ${slowestMs.toFixed(0)} ms, ${late} over ${lateMs}${own}`)
  }
}

/** Opens, reads or polls, and closes a device. */
async function count(dir: string, pid: number): Promise<void> {
  const native = buildClient()
  const caller = startClient(scope, native, [], 120_000)
  const memory = new Memory(pid)
  let done = 0
  for (let n = 0; done < calls && !stopped; n++) {
    const op = n % 2 === 0 || 'skipped' in native ? 'open' : 'poll'
    const path = `${dir}/mydevice`
    await caller.round({ op, threads: 'skipped' in native ? 1 : 4, size: 1, count: roundOpens, path })
    done += 3 * roundOpens
    memory.sample()
  }
  const { text, grown } = memory.verdict()
  if (grown) violations.add(`memory has grown over ${done} calls: ${text}`)
  console.log(`${done} opens, reads, polls and closes: ${text}`)
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lunatik-stress-'))
  const dir = scope.mountpoint('stress')
  for (const [name, text] of scripts) writeFileSync(join(folder, name), text)
  const names = (['buffer', 'sleeper', 'churn'] as const).flatMap(namesOf)
  const args = ['--scripts', folder, ...names.flatMap((name) => ['--run', name]), '--device', 'mydevice']
  const server = startServer(scope, dir, 'dev-fuse', args, () => {})
  await server.ready
  const pid = server.child.pid as number
  const random = new Random(seed)
  const roles = ['reader', 'reader', 'writer', 'renamer', 'stopper', 'machine'] as const
  const clients = Promise.all(roles.map((role, i) => client(dir, folder, role, i)))
  const end = Date.now() + seconds * 1000
  const polls = poll(dir, random, end)
  const memory = new Memory(pid)
  for (; Date.now() < end && !stopped; await sleep(250)) memory.sample()
  if (!stopped) await clients
  console.log(`poller: ${await polls}`)
  judge()
  const { text, grown } = memory.verdict()
  if (grown) violations.add(`memory has grown: ${text}`)
  console.log(`memory: ${text}`)
  if (calls > 0 && !stopped) await count(dir, pid)
  const code = await stopServer(server).catch((e: Error) => e.message)
  if (code !== 0) violations.add(`the server's end: ${code}: ${server.tail()}`)
  rmSync(folder, { recursive: true })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stopped) violations.add(`stopped by ${signal}`)
    stopped = true
  })
}
console.log(`stress: ${seconds} s on dev-fuse, then ${calls} calls, seed ${seed}`)
try {
  await run()
} catch (e) {
  violations.add(e instanceof Error ? e.message : String(e))
}
await scope.close()
console.log(violations.count === 0 ? 'stress: nothing wrong' : `stress: ${violations.count} violations\n${violations}`)
process.exit(violations.count === 0 ? 0 : 1)
