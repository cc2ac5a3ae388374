// The process that serves a test's mount: the command `lunatik mount`, which ends with its standard input, and so with
// the test's process, however that ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { openSync, realpathSync, rmdirSync, unlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Mount } from '../fuse/mount.js'
import { mountInfo } from '../mountinfo.js'
import { moduleUrl } from '../package.js'
import { Growing, Log } from './log.js'

const main = fileURLToPath(moduleUrl('main.js'))

/** How long the server may take to end, in milliseconds: it answers what waits, and unmounts. */
const endMs = 20_000

/** A file that only who has it open can see, and that goes with the last of them. */
function ownFile(name: string): number {
  const path = join(tmpdir(), `lunatik-${randomBytes(9).toString('hex')}.${name}`)
  const fd = openSync(path, 'ax+', 0o600)
  unlinkSync(path)
  return fd
}

/** What of the environment is about this process's Node, and would be loaded into the server's. */
const ours = ['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_CHANNEL_FD', 'NODE_TEST_CONTEXT']

/** A server, from its start to its end. */
export class TestServer {
  /** The folder of the mount, without symbolic links. */
  readonly dir: string
  readonly log: Log
  /** What its trace is written to; null without one. */
  readonly trace: Growing | null
  readonly #child: ChildProcess
  /** Why nothing can be asked of it any more; null while it serves. */
  #over: string | null = null
  readonly #exited: Promise<void>
  readonly #files: readonly Growing[]

  private constructor(args: readonly string[], trace: boolean) {
    this.dir = join(realpathSync(tmpdir()), `lunatik-${randomBytes(9).toString('hex')}`)
    const log = ownFile('log')
    const logged = new Growing(log)
    this.log = new Log(logged, () => this.check())
    const traced = trace ? ownFile('trace') : null
    this.trace = traced === null ? null : new Growing(traced)
    this.#files = this.trace === null ? [logged] : [logged, this.trace]
    // The server opens this process's file: it has no name.
    const more = traced === null ? [] : [`--trace=/proc/${process.pid}/fd/${traced}`]
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)))
    this.#child = spawn(process.execPath, [main, 'mount', '--until-eof', this.dir, ...more, ...args], {
      stdio: ['pipe', 'pipe', log],
      env,
      // In a session of its own: what a terminal or a runner sends to the test's group is none of its business.
      detached: true,
    })
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (e) => this.#ended(`the server can't be started: ${e.message}`, resolve))
      this.#child.on('exit', (code, signal) => this.#ended(`the server has ended (${signal ?? code})`, resolve))
    })
    this.#child.stdin?.on('error', () => {})
  }

  /** Starts it. Resolves once programs can use the mount. Rejects with an Error that shows what was logged. */
  static async start(args: readonly string[], trace: boolean): Promise<TestServer> {
    const server = new TestServer(args, trace)
    const child = server.#child
    const ready = await new Promise<boolean>((resolve) => {
      child.stdout?.once('data', () => resolve(true))
      void server.#exited.then(() => resolve(false))
    })
    if (!ready) {
      const [last] = server.log.records.slice(-1)
      const said = last?.level === null ? /^lunatik: (.*)/.exec(last.text)?.[1] : undefined
      const message = said ?? `${server.#over}${server.log.shown()}`
      const before = said === undefined || server.log.records.length === 1 ? '' : server.log.shown()
      await server.close()
      throw new Error(message + before)
    }
    // From now on the test's process ends when it has nothing else to do, and the server with it.
    child.unref()
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as Socket).unref()
    return server
  }

  #ended(why: string, tell: () => void): void {
    this.#over ??= why
    tell()
  }

  /** Throws where the server has ended. */
  check(): void {
    if (this.#over !== null) throw new Error(this.#over + this.log.shown())
  }

  /** Ends it and takes the mount away. May be called again; never rejects. */
  async close(): Promise<void> {
    this.#over ??= 'the mount was closed'
    const child = this.#child
    child.ref()
    child.stdin?.end()
    const killer = setTimeout(() => child.kill('SIGKILL'), endMs)
    await this.#exited
    clearTimeout(killer)
    await this.#takeAway()
    for (const file of this.#files) file.close()
  }

  /** What one that was killed has left. */
  async #takeAway(): Promise<void> {
    for (const mount of mountInfo().filter(({ mountpoint }) => mountpoint === this.dir)) {
      await Mount.of(mount).unmount()
    }
    try {
      rmdirSync(this.dir)
    } catch {} // It has gone, as it should.
  }
}
