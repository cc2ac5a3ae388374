// The soak: `make soak`, or `node build/bench/soak.js [--seconds N] [--transport T] [--seed N]`. Readers, writers,
// openers, pollers, killers and stoppers on 50 devices of one mount. Exits with 1 where anything was not as it must be.
import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ENGINES } from '../src/lua/api.js'
import { Memory } from './memory.js'
import { buildClient } from './native.js'
import { built, RoundError, startClient, type Transport } from './processes.js'
import { Random } from './random.js'
import { Scope, within } from './scope.js'
import type { Report, Role } from './soak_client.js'
import { expected, kindOf, namesOf, raised, soakScripts } from './soak_devices.js'
import { connectionOf, isMounted, type SoakServer, startServer, stopServer, unanswered } from './soak_server.js'
import { Violations } from './violations.js'

/** How long an answer may take where nothing sleeps for long, and a killed reader may stay, in milliseconds. */
const answerMs = 10_000
const killedMs = { 'dev-fuse': 2000, 'fuse-native': 10_000 }
/** How long a blocked read lasts: fuse-native can't end one early. */
const blockMs = { 'dev-fuse': 600_000, 'fuse-native': 300 }
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    transport: { type: 'string', default: 'dev-fuse' },
    seed: { type: 'string', default: '1' },
  },
})
const seconds = Number(values.seconds)
const transport = values.transport as Transport
const seed = Number(values.seed)
if (!(seconds > 0) || !(transport in killedMs)) {
  console.error('Usage: node build/bench/soak.js [--seconds N] [--transport dev-fuse|fuse-native] [--seed N]')
  process.exit(2)
}

const violations = new Violations()
const scope = new Scope()
let ending = false

/** What a group of clients has done. */
interface Tally {
  ops: number
  errors: Readonly<Record<string, number>>
}
const tallies = new Map<string, Tally>()

/** Starts a client in JavaScript. Returns what ends it. */
function startRole(dir: string, role: Role, part: number, parts: number): () => Promise<void> {
  const name = `${role} ${part}`
  const args = [built('./soak_client.js'), role, dir, String(seed * 1000 + tallies.size), String(part), String(parts)]
  const client = scope.spawn([process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  tallies.set(name, { ops: 0, errors: {} })
  let heard = Date.now()
  const watch = setInterval(() => {
    if (Date.now() - heard > answerMs) violations.add(`${name} says nothing for ${answerMs} ms`)
  }, 1000)
  createInterface({ input: client.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const { ops, errors, unexpected, oldestMs } = JSON.parse(line) as Report
    heard = Date.now()
    tallies.set(name, { ops, errors })
    for (const text of unexpected) violations.add(text)
    if (oldestMs > answerMs) violations.add(`${name} waits for an answer for more than ${answerMs} ms`)
  })
  client.once('exit', (code, signal) => {
    clearInterval(watch)
    if (!ending || code !== 0) violations.add(`${name} has ended with ${code ?? signal}`)
  })
  return async () => {
    if (client.exitCode !== null || client.signalCode !== null) return
    const exited = once(client, 'exit')
    client.kill('SIGTERM')
    await within(exited, answerMs, '').catch(() => violations.add(`${name} doesn't end: a request has no answer`))
  }
}

/** Starts readers that block and kills them. */
async function kill(dir: string, random: Random, name: string): Promise<void> {
  const tally: Tally = { ops: 0, errors: {} }
  tallies.set(name, tally)
  let slowest = 0
  while (!ending) {
    const device = random.pick(namesOf('blocker'))
    const reader: ChildProcess = execFile('dd', [`if=${dir}/${device}`, 'bs=1', 'count=1', 'status=none'])
    const exited = once(reader, 'exit')
    await sleep(random.below(200))
    const killed = Date.now()
    reader.kill('SIGKILL')
    await within(exited, killedMs[transport], '').catch(() =>
      violations.add(`a killed reader stays on ${kindOf(device)}s`),
    )
    slowest = Math.max(slowest, Date.now() - killed)
    tally.ops++
    tally.errors = { 'killed, slowest to go in ms': slowest }
  }
}

/** Polls devices, with the client in C. */
async function poll(dir: string, random: Random, name: string): Promise<void> {
  const native = buildClient()
  if ('skipped' in native) {
    console.log(`no pollers: ${native.skipped}`)
    return
  }
  const client = startClient(scope, native, [], answerMs)
  const tally = { ops: 0, errors: {} as Record<string, number> }
  tallies.set(name, tally)
  while (!ending) {
    const kind = random.pick(['buffer', 'sleeper', 'raiser', 'blocker', 'churn'] as const)
    try {
      await client.round({ op: 'poll', threads: 2, size: 1, count: 20, path: `${dir}/${random.pick(namesOf(kind))}` })
    } catch (e) {
      // A poll opens and closes; its errors are those two's: ENOENT and ENXIO by number.
      const code = e instanceof RoundError ? { 2: 'ENOENT', 6: 'ENXIO' }[e.errno] : undefined
      if (code === undefined || !(code in expected[kind])) violations.add(`poll of a ${kind}: ${(e as Error).message}`)
      else tally.errors[`${kind}: ${code}`] = (tally.errors[`${kind}: ${code}`] ?? 0) + 1
    }
    tally.ops += 20
    await sleep(5)
  }
}

/** Samples the memory of the server until the time is over. */
async function watchMemory({ child, exited, tail }: SoakServer): Promise<string> {
  const memory = new Memory(child.pid as number)
  let gone = false
  exited.then((code) => {
    if (ending) return
    gone = true
    violations.final(`the server has ended with ${code}: ${tail()}`)
  })
  for (const end = Date.now() + seconds * 1000; Date.now() < end && !ending; await sleep(250)) {
    if (gone) return 'the server has ended'
    memory.sample()
  }
  const { text, grown } = memory.verdict()
  if (grown) violations.add(`memory has grown: ${text}`)
  return text
}

/** What the log may hold of level err: the raisers' errors, and devices that are gone. */
const expectedErr = [raised, "couldn't find driver", 'interrupted: nobody waits for the answer']

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lunatik-soak-'))
  const dir = scope.mountpoint('soak')
  for (const [name, text] of Object.entries(soakScripts(blockMs[transport]))) writeFileSync(join(folder, name), text)
  const lasting = (['buffer', 'sleeper', 'raiser', 'blocker'] as const).flatMap(namesOf)
  const args = ['--scripts', folder, ...lasting.flatMap((name) => ['--run', name]), '--ledger']
  let ledger: string | null = null
  const server = startServer(scope, dir, transport, args, (line) => {
    ledger = /ledger: \d+ objects alive/.exec(line)?.[0] ?? ledger
    if (/\] (warn|info): ledger: a /.test(line)) violations.add(line.replace(/^\[.*?\] /, ''))
    if (/\] err: /.test(line) && !expectedErr.some((text) => line.includes(text)))
      violations.add(`the log: ${line.replace(/^\[.*?\] /, '')}`)
  })
  await server.ready
  const connection = connectionOf(dir)
  const random = new Random(seed)
  const enders = [
    startRole(dir, 'reader', 0, 2),
    startRole(dir, 'reader', 1, 2),
    startRole(dir, 'writer', 0, 2),
    startRole(dir, 'writer', 1, 2),
    startRole(dir, 'opener', 0, 1),
    startRole(dir, 'stopper', 0, 1),
  ]
  const loops = [kill(dir, random, 'killer 0'), kill(dir, random, 'killer 1'), poll(dir, random, 'poller 0')]
  const memory = await watchMemory(server)
  ending = true
  await Promise.all([...enders.map((end) => end()), ...loops])
  // Closes are answered after the programs have gone on.
  for (let i = 0; i < 50 && (unanswered(connection) ?? 0) > 0; i++) await sleep(100)
  const waiting = unanswered(connection)
  if (waiting !== null && waiting > 0) violations.add(`${waiting} requests have no answer`)
  const code = await stopServer(server).catch((e: Error) => e.message)
  if (code !== 0) violations.add(`the server's end: ${code}: ${server.tail()}`)
  if (isMounted(dir)) violations.add('a stale mount is left')
  if (ledger !== 'ledger: 0 objects alive') violations.add(`the ledger: ${ledger ?? 'nothing'}`)
  for (const [name, { ops, errors }] of tallies) {
    const told = Object.entries(errors).map(([what, n]) => `${what} ${n}`)
    console.log(`${name}: ${ops} operations${told.length > 0 ? `; ${told.join(', ')}` : ''}`)
  }
  console.log(`memory: ${memory}\nunanswered: ${waiting ?? 'unknown'}\n${ledger}`)
  rmSync(folder, { recursive: true })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!ending) violations.add(`stopped by ${signal}`)
    ending = true
  })
}
console.log(`soak: ${seconds} s on ${transport} with ${process.env.LUNATIK_ENGINE ?? ENGINES[0]}, seed ${seed}`)
try {
  await run()
} catch (e) {
  violations.add(e instanceof Error ? e.message : String(e))
}
ending = true
await scope.close()
console.log(violations.count === 0 ? 'soak: nothing wrong' : `soak: ${violations.count} violations\n${violations}`)
process.exit(violations.count === 0 ? 0 : 1)
