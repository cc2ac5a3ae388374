// The benchmark: `make bench`, or `node build/bench/main.js [--quick] [--single] [--json]`. Never a part of the tests.
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { UserError } from '../src/errors.js'
import { wayToMount } from '../src/fuse/ways.js'
import { runHashes } from './hashes.js'
import { runInProcess } from './in_process.js'
import { type Many, runMany } from './many.js'
import { type Mounted, runMounted } from './mounted.js'
import { runPackets } from './packets.js'
import { startClient } from './processes.js'
import { reportHashes, reportInProcess, reportMany, reportMounted, reportPackets } from './report.js'
import { Scope } from './scope.js'

const usage = `Usage: node build/bench/main.js [--quick] [--single] [--json]
  --quick   few rounds
  --single  the server in C serves with one thread, as libfuse's option -s says
  --json    one JSON object on standard output, times in nanoseconds`

function readOptions(): { quick: boolean; single: boolean; json: boolean } {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({ options: { quick: flag, single: flag, json: flag } }).values
  } catch (e) {
    console.error(`bench: ${(e as Error).message}\n${usage}`)
    process.exit(2)
  }
}

/** Why nothing can be mounted here, or null. */
async function whyNoMount(): Promise<string | null> {
  try {
    await wayToMount(false)
    return null
  } catch (e) {
    if (e instanceof UserError) return e.message
    throw e
  }
}

/** What is to be taken back. */
let scope = new Scope()

async function run(): Promise<void> {
  const { quick, single, json } = readOptions()
  const rounds = quick ? 3 : 15
  const warmups = quick ? 1 : 2
  const say = (text: string) => {
    if (!json) console.log(text)
  }
  const skipped = await whyNoMount()
  let mounted: Mounted | null = null
  let many: Many | null = null
  if (skipped === null) {
    mounted = await runMounted(scope, { rounds, warmups, idleSeconds: quick ? 3 : 10, single })
    say(`${reportMounted(mounted)}\n`)
    await scope.close()
    scope = new Scope()
    many = await runMany(scope, startClient(scope), rounds, warmups)
    say(`${reportMany(many)}\n`)
    await scope.close()
  } else say(`No mounts are compared: ${skipped}\n`)
  const inProcess = await runInProcess(rounds, warmups)
  say(reportInProcess(inProcess))
  const hashes = await runHashes(rounds, warmups)
  say(`\n${reportHashes(hashes)}`)
  const packets = await runPackets(rounds, warmups)
  say(`\n${reportPackets(packets)}`)
  if (json) console.log(JSON.stringify({ rounds, skipped, mounted, many, inProcess, hashes, packets }, null, 2))
}

let stopped = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    stopped = true
    await scope.close()
    process.exit(128 + constants.signals[signal])
  })
}
let code = 0
try {
  await run()
} catch (e) {
  // What fails after a signal fails because of it.
  if (!stopped) console.error(`bench: ${e instanceof Error ? e.message : String(e)}`)
  code = 1
}
await scope.close()
if (!stopped) process.exit(code)
