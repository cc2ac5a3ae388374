// A program of its own: one of the stress test's clients. It does what its role says, one call after the other, until
// its time is over, and tells of itself in lines of JSON. Each call is timed.
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { ChunkError, Control, quote } from '../src/cli/control.js'
import { Random } from './random.js'
import { namesOf } from './soak_devices.js'

/** What a client does; `machine` calls no device, but measures how late two processes of this machine answer. */
export type StressRole = 'reader' | 'writer' | 'renamer' | 'stopper' | 'machine'

/** A call that took long. */
export interface Slow {
  readonly what: string
  /** When it began, in milliseconds since 1970. */
  readonly began: number
  readonly ms: number
}

/** What a client tells: all since it last told. */
export interface StressReport {
  readonly ops: number
  readonly slow: readonly Slow[]
  readonly slowestMs: number
  readonly unexpected: readonly string[]
}

/** Calls that took as long as this are told of, in milliseconds. */
export const slowMs = 5
const reportMs = 250

const [role, dir, seed, seconds, folder] = process.argv.slice(2) as [StressRole, string, string, string, string]
const random = new Random(Number(seed))
const end = Date.now() + Number(seconds) * 1000
let report = { ops: 0, slow: [] as Slow[], slowestMs: 0, unexpected: [] as string[] }
let told = Date.now()

function tell(): void {
  writeSync(1, `${JSON.stringify(report satisfies StressReport)}\n`)
  report = { ops: 0, slow: [], slowestMs: 0, unexpected: [] }
  told = Date.now()
}

function done(what: string, began: number, start: number): void {
  const ms = performance.now() - start
  report.ops++
  report.slowestMs = Math.max(report.slowestMs, ms)
  if (ms > slowMs) report.slow.push({ what, began, ms })
  if (Date.now() - told > reportMs) tell()
}

/** One call. Null where it fails with what devices that come and go give. */
function timed<T>(what: string, call: () => T): T | null {
  const began = Date.now()
  const start = performance.now()
  try {
    return call()
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENXIO') report.unexpected.push(`${what}: ${code ?? e}`)
    return null
  } finally {
    done(what, began, start)
  }
}

const buffer = Buffer.alloc(65_536, 's')
const kinds = ['buffer', 'sleeper', 'churn'] as const
const device = () => random.pick(namesOf(random.pick(kinds)))

function use(flags: number, what: 'read' | 'write'): void {
  const name = device()
  const fd = timed(`open of ${name}`, () => openSync(join(dir, name), flags))
  if (fd === null) return
  for (let n = 1 + random.below(4); n > 0; n--) {
    const length = random.pick([1, 64, 4096, 65_536])
    timed(`${what} of ${name}`, () =>
      what === 'read' ? readSync(fd, buffer, 0, length, 0) : writeSync(fd, buffer, 0, length, 0),
    )
  }
  timed(`close of ${name}`, () => closeSync(fd))
}

/** Renames, links and lists; each name is this client's alone and goes back. */
function rename(): void {
  const name = join(dir, random.pick(namesOf('buffer')))
  const other = join(dir, 'renamed')
  const made = join(dir, 'made')
  timed('mkdir', () => mkdirSync(made))
  timed('link', () => linkSync(name, join(made, 'link')))
  timed('rename', () => renameSync(join(made, 'link'), other))
  timed('readdir', () => readdirSync(dir))
  timed('stat', () => statSync(other))
  timed('unlink', () => unlinkSync(other))
  timed('rmdir', () => rmdirSync(made))
}

async function stop(control: Control): Promise<void> {
  const script = random.pick(namesOf('churn'))
  for (const action of ['stop', 'run']) {
    const began = Date.now()
    const start = performance.now()
    try {
      await control.ask(`require("lunatik.runner").${action}(${quote(script)})`)
    } catch (e) {
      report.unexpected.push(`${action} of ${script}: ${e instanceof ChunkError ? e.message : e}`)
    }
    done(action, began, start)
    await new Promise((resolve) => setTimeout(resolve, random.below(20)))
  }
}

/** A byte to another process and back, as a call of a device goes: who waits is woken twice. */
function machine(): void {
  const fifos = ['there', 'back'].map((name) => join(folder, name)) as [string, string]
  execFileSync('mkfifo', fifos)
  const echo = spawn('cat', { stdio: [openSync(fifos[0], 'r+'), openSync(fifos[1], 'r+'), 'ignore'] })
  const [there, back] = [openSync(fifos[0], constants.O_WRONLY), openSync(fifos[1], constants.O_RDONLY)]
  const sleep = new Int32Array(new SharedArrayBuffer(4))
  while (Date.now() < end) {
    timed('echo', () => {
      Atomics.wait(sleep, 0, 0, 1)
      writeSync(there, buffer, 0, 1)
      readSync(back, buffer, 0, 1, null)
    })
  }
  echo.kill('SIGKILL')
}

if (role === 'machine') machine()
else {
  const control = role === 'stopper' ? await Control.open(dir) : null
  while (Date.now() < end) {
    if (control !== null) await stop(control)
    else if (role === 'reader') use(constants.O_RDONLY, 'read')
    else if (role === 'writer') use(constants.O_WRONLY, 'write')
    else rename()
  }
  await control?.close()
}
tell()
