// What many devices and many open files cost: servers with 10 to 10,000 devices, each in a script of ten.
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Idle, watchIdle } from './idle.js'
import { built, type Client, type Server, serveMany } from './processes.js'
import { type Scope, within } from './scope.js'
import { residentMiB } from './soak_server.js'
import { type Comparison, compare } from './stats.js'

/** How many devices the servers have. The last is the one whose files are opened. */
const counts = [10, 100, 1000, 10_000] as const
type Count = `${(typeof counts)[number]}`
const perScript = 10
const filesMax = 10_000
const idleSeconds = 5
/** How long files may take to be opened, in milliseconds. */
const openMs = 60_000

/** What many devices cost. */
export interface Many {
  /** open, read and close of one device; `ls` and `ls -l` of the folder. */
  readonly open: Comparison<Count>
  readonly ls: Comparison<Count>
  readonly long: Comparison<Count>
  /** Bytes of a server's resident memory for each device and for each open file, from 10 to the most. */
  readonly deviceBytes: number
  readonly fileBytes: number
  readonly files: number
  /** The server with the most devices, while that many of its files are open. */
  readonly idle: Idle
  readonly idleSeconds: number
}

/** Writes the scripts for so many devices, `many0` and so on. Returns their names. */
function writeScripts(dir: string, count: number): string[] {
  const first = Array.from({ length: count / perScript }, (_, i) => i * perScript)
  return first.map((from, i) => {
    const text = `local device = require("device")
for n = ${from}, ${from + perScript - 1} do
  device.new({ name = "many" .. n, read = function() return "4" end })
end
`
    writeFileSync(join(dir, `many${i}.lua`), text)
    return `many${i}`
  })
}

/** Has a process open so many files of a device, and keep them. Resolves with how many it could. */
async function hold(scope: Scope, path: string): Promise<number> {
  const child = scope.spawn([process.execPath, built('holder.js'), path, String(filesMax)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await within(once(child.stdout as NodeJS.ReadableStream, 'data'), openMs, `no ${filesMax} open files`)
  return Number(line)
}

/** The nanoseconds of `ls`, with its process. */
async function list(scope: Scope, args: readonly string[], dir: string): Promise<number> {
  const begin = process.hrtime.bigint()
  const child = scope.spawn(['ls', ...args, dir], { stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`ls ${args.join(' ')} of ${dir} has failed`)
  return Number(process.hrtime.bigint() - begin)
}

/** Compares servers with few and many devices. They serve with the defaults. */
export async function runMany(scope: Scope, client: Client, rounds: number, warmups: number): Promise<Many> {
  const top = mkdtempSync(join(tmpdir(), 'lunatik-bench-many-'))
  try {
    const servers = new Map<Count, Server>()
    for (const count of counts) {
      const dir = join(top, String(count))
      mkdirSync(dir)
      servers.set(`${count}`, await serveMany(scope, dir, writeScripts(dir, count)))
    }
    const each = (f: (server: Server, count: number) => Promise<number>) =>
      Object.fromEntries([...servers].map(([count, server]) => [count, () => f(server, Number(count))])) as Record<
        Count,
        () => Promise<number>
      >
    const [few, many] = ['10', '10000'].map((count) => servers.get(count as Count)) as [Server, Server]
    const MiB = 1 << 20
    const deviceBytes = ((residentMiB(many.pid) - residentMiB(few.pid)) * MiB) / (10_000 - 10)
    const open = await compare(
      rounds,
      warmups,
      '10',
      each((server, count) =>
        client.round({ op: 'open', threads: 1, size: 1, count: 1000, path: `${server.dir}/many${count - 1}` }),
      ),
    )
    const ls = await compare(
      rounds,
      warmups,
      '10',
      each((server) => list(scope, ['-U'], server.dir)),
    )
    const long = await compare(
      rounds,
      warmups,
      '10',
      each((server) => list(scope, ['-l'], server.dir)),
    )
    const before = residentMiB(many.pid)
    const files = await hold(scope, `${many.dir}/many0`)
    const fileBytes = ((residentMiB(many.pid) - before) * MiB) / files
    const [idle] = await watchIdle([many.pid], idleSeconds)
    return { open, ls, long, deviceBytes, fileBytes, files, idle: idle as Idle, idleSeconds }
  } finally {
    rmSync(top, { recursive: true })
  }
}
