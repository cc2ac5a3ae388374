// A program of its own: one of the soak's clients. It does what its role says until SIGTERM, then ends what is under
// way, and tells of itself in lines of JSON.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChunkError, Control, quote } from '../src/cli/control.js'
import { Random } from './random.js'
import { expected, type Kind, kindOf, namesOf } from './soak_devices.js'

/** What a client does. */
export type Role = 'reader' | 'writer' | 'opener' | 'stopper'

/** What a client tells: its sums since it has started, and the errors since it last told. */
export interface Report {
  readonly ops: number
  readonly errors: Readonly<Record<string, number>>
  readonly unexpected: readonly string[]
  /** How long the oldest operation has waited, in milliseconds. */
  readonly oldestMs: number
}

/** How often it tells, in milliseconds. */
const reportMs = 500
/** Operations at once: as many threads as libuv has. */
const lanes = 4

const [role, dir, seed, part, parts] = process.argv.slice(2) as [Role, string, string, string, string]
const random = new Random(Number(seed))
/** Those of a kind's devices that this client has to itself. */
const own = (kind: Kind) => namesOf(kind).filter((_, i) => i % Number(parts) === Number(part))

let ops = 0
let unexpected: string[] = []
const errors: Record<string, number> = {}
const started = new Map<number, number>()
let ended = false
process.on('SIGTERM', () => {
  ended = true
})

/** Counts an operation and notes how it ends. Resolves with null where it fails. */
async function counted<T>(lane: number, what: string, device: string, op: () => Promise<T>): Promise<T | null> {
  started.set(lane, Date.now())
  try {
    return await op()
  } catch (e) {
    const code = e instanceof ChunkError ? e.message : ((e as NodeJS.ErrnoException).code ?? String(e))
    const kind = kindOf(device)
    if (code in expected[kind]) errors[`${kind} ${what}: ${code}`] = (errors[`${kind} ${what}: ${code}`] ?? 0) + 1
    else unexpected.push(`${what} of ${device}: ${code}`)
    return null
  } finally {
    ops++
    started.delete(lane)
  }
}

/** Opens a device, does `use` and closes it. */
async function opened(
  lane: number,
  device: string,
  flags: number,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await counted(lane, 'open', device, () => open(`${dir}/${device}`, flags))
  if (file === null) return
  await use(file)
  await counted(lane, 'close', device, () => file.close())
}

const idleKinds: readonly Kind[] = ['buffer', 'sleeper', 'raiser', 'churn']
const anyDevice = (from: readonly Kind[]) => random.pick(namesOf(random.pick(from)))

async function read(lane: number): Promise<void> {
  const device = anyDevice(idleKinds)
  await opened(lane, device, constants.O_RDONLY, async (file) => {
    for (let n = 1 + random.below(4); n > 0; n--) {
      const length = random.pick([1, 64, 4096, 1 << 20])
      await counted(lane, 'read', device, () => file.read(Buffer.alloc(length), 0, length, null))
    }
  })
}

/** Writes to a buffer that is this lane's alone and reads it again; writes to others. */
async function write(lane: number): Promise<void> {
  const mine = own('buffer')[lane]
  if (mine === undefined || random.below(3) === 0) {
    const device = anyDevice(['sleeper', 'raiser', 'churn'])
    await opened(lane, device, constants.O_WRONLY, async (file) => {
      await counted(lane, 'write', device, () => file.write(Buffer.alloc(1 + random.below(5000), 'w')))
    })
    return
  }
  const bytes = Buffer.alloc(1 + random.below(random.pick([10, 5000, 1_500_000])), String(random.next()))
  await opened(lane, mine, constants.O_WRONLY, async (file) => {
    await counted(lane, 'write', mine, () => file.writeFile(bytes))
  })
  await opened(lane, mine, constants.O_RDONLY, async (file) => {
    const pieces: Buffer[] = []
    for (;;) {
      const piece = Buffer.alloc(1 << 20)
      const n = await counted(lane, 'read', mine, () => file.read(piece, 0, piece.length, null))
      if (n === null || n.bytesRead === 0) break
      pieces.push(piece.subarray(0, n.bytesRead))
    }
    if (!Buffer.concat(pieces).equals(bytes)) unexpected.push(`${mine} gave other bytes than were written`)
  })
}

async function openClose(lane: number): Promise<void> {
  const device = anyDevice([...idleKinds, 'blocker'])
  await opened(lane, device, constants.O_RDWR, async () => {
    if (random.below(4) === 0) await sleep(random.below(20))
  })
}

/** Runs a script and stops it. Each lane has scripts of its own, so both succeed. */
async function runStop(lane: number, control: Control): Promise<void> {
  const scripts = own('churn').filter((_, i) => i % lanes === lane)
  if (scripts.length === 0) return void (await sleep(100))
  const script = random.pick(scripts)
  for (const action of ['run', 'stop']) {
    // None of the errors of a device's own is right here.
    const ask = () => control.ask(`require("lunatik.runner").${action}(${quote(script)})`)
    await counted(lane, action, 'buffer', ask)
    await sleep(random.below(action === 'run' ? 200 : 20))
  }
}

function report(): void {
  const oldest = Math.min(Date.now(), ...started.values())
  const line: Report = { ops, errors, unexpected, oldestMs: Date.now() - oldest }
  console.log(JSON.stringify(line))
  unexpected = []
}

async function loop(lane: number): Promise<void> {
  const control = role === 'stopper' ? await Control.open(dir) : null
  while (!ended) {
    if (control !== null) await runStop(lane, control)
    else if (role === 'reader') await read(lane)
    else if (role === 'writer') await write(lane)
    else await openClose(lane)
  }
  await control?.close()
}

const timer = setInterval(report, reportMs)
await Promise.all(Array.from({ length: lanes }, (_, lane) => loop(lane)))
clearInterval(timer)
report()
