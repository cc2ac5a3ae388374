// Runs the kernel's recordings on a fresh mount, through run.mjs, and holds the result against the floor: for each case
// the number of lines that agreed when it was last raised.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '../run/guard.js'

const here = fileURLToPath(new URL('../../../test/conformance/', import.meta.url))
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const floorFile = join(here, 'floor.json')

/** The names of all recordings. */
export const caseNames = (): string[] => readdirSync(join(here, 'cases')).sort()

/** What run.mjs prints with --json. */
export interface Report {
  readonly same: number
  readonly total: number
  readonly results: readonly { readonly name: string; readonly same: number; readonly total: number }[]
}

/** How the recordings are run. */
export interface Setting {
  /** Further arguments of `lunatik mount`. */
  readonly mountArgs: readonly string[]
  /** The cases; none for all. */
  readonly cases: readonly string[]
  /** Whether to print what differs. */
  readonly diff: boolean
}

const inPath = (command: string) =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, command)))

/**
 * The arguments for a transport and an engine: where signals could end any wait, they end those of a kernel's driver
 * alone.
 */
export const mountArgsOf = (transport: string, engine: string): string[] => [
  ...['--transport', transport, '--engine', engine],
  ...(transport === 'dev-fuse' ? ['--uninterruptible'] : []),
]

/** Why the recordings can't be run here; false where they can. */
export const noConformance: string | false = !existsSync('/dev/fuse')
  ? '/dev/fuse is missing'
  : inPath('gcc')
    ? false
    : 'there is no C compiler (gcc) for devprobe'

/** The signals that end a test whose time is up, or that a terminal sends. */
const ending = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Everything may take this long, in milliseconds. */
const patience = 600_000

function run(args: readonly string[], inherit: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...args], {
      stdio: ['ignore', inherit ? 'inherit' : 'pipe', 'inherit'],
      timeout: patience,
      killSignal: 'SIGKILL',
    })
    let out = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    const end = () => void child.kill('SIGKILL')
    process.on('exit', end)
    child.on('error', reject)
    child.on('exit', () => process.off('exit', end))
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`run.mjs ended with ${code}: ${out}`))))
  })
}

/** Runs a command in a network of its own, with no other's ports, nor what is left of the run before. */
const ownNetwork = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

let network: boolean | null = null

/** Whether that can be done: by root, with iproute2. */
export function hasNetwork(): boolean {
  const [program = '', ...args] = [...ownNetwork, 'true']
  network ??= spawnSync(program, args, { stdio: 'ignore' }).status === 0
  return network
}

/** Runs the cases on a mount of their own, which is gone when this resolves. Null where they were printed instead. */
export async function conformance({ mountArgs, cases, diff }: Setting): Promise<Report | null> {
  // Short, as devprobe cuts long texts, and they have the scripts' paths in them.
  const work = mkdtempSync(join(tmpdir(), 'c-'))
  chmodSync(work, 0o755) // programs of other users reach the mount
  const scripts = join(work, 's')
  mkdirSync(scripts)
  const mount = join(work, 'mnt')
  const args = [process.execPath, main, 'mount', mount, '--scripts', scripts, ...mountArgs]
  const [program = '', ...rest] = [...(hasNetwork() ? ownNetwork : []), 'env', '-u', 'NODE_OPTIONS', ...args]
  const server = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'] })
  // Also when this process is ended before its time, the mount goes.
  const end = () => void server.kill('SIGTERM')
  const leave = () => process.exit(1)
  process.on('exit', end)
  for (const signal of ending) process.on(signal, leave)
  try {
    const exited = once(server, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code}`)
    })
    await Promise.race([once(server.stdout, 'data'), exited])
    exited.catch(() => {})
    const lunatik = `env LUNATIK_MNT=${mount} ${process.execPath} ${main}`
    const options = [
      '--mount',
      mount,
      '--scripts',
      scripts,
      '--lunatik',
      lunatik,
      '--inside',
      '--slow',
      '10',
      diff ? '--diff' : '--json',
    ]
    const out = await run([join(here, 'run.mjs'), ...options, ...cases], diff)
    return diff ? null : (JSON.parse(out) as Report)
  } finally {
    if (server.exitCode === null) {
      end()
      await once(server, 'exit')
    }
    process.off('exit', end)
    for (const signal of ending) process.off(signal, leave)
    rmSync(work, { recursive: true })
  }
}

type Floors = Record<string, Record<string, number>>

const readFloors = () => JSON.parse(readFileSync(floorFile, 'utf8')) as Floors

/** The cases that agree in fewer lines than they once did. */
export function belowFloor(key: string, report: Report): string[] {
  const floor = readFloors()[key] ?? {}
  return report.results
    .filter(({ name, same }) => same < (floor[name] ?? 0))
    .map(({ name, same, total }) => `${name}: ${same} of ${total} lines agree, once ${floor[name]}`)
}

/** Raises the floor to what the report reached. It never sinks. */
export function raiseFloor(key: string, report: Report): void {
  const floors = readFloors()
  const floor = { ...floors[key] }
  for (const { name, same } of report.results) floor[name] = Math.max(same, floor[name] ?? 0)
  floors[key] = floor
  writeFileSync(floorFile, `${JSON.stringify(floors, null, 2)}\n`)
}

/** How much of the device cases agrees, in percent: those that are about neither Lua's dialect nor its libraries. */
export function deviceShare({ results }: Report): number {
  const device = results.filter(({ name }) => !/^(dialect|lib)_/.test(name))
  const sum = (pick: 'same' | 'total') => device.reduce((n, result) => n + result[pick], 0)
  return (100 * sum('same')) / sum('total')
}
