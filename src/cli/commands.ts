// What the commands do, and what each needs of this process: how it ends, what a signal or a warning does to it. Their
// own files are loaded when they are needed, so that a command starts fast.
import { close_consoles, register_stderr, stdio_streams } from '../console.js'
import { EXIT_FAILURE, EXIT_USAGE, UserError } from '../errors.js'
import { wayOfExec } from '../fuse/ways.js'
import { ENGINES } from '../lua/api.js'
import { describe, dynamic_debug, printk, stackOf } from '../printk.js'
import { copyToKmsg } from './dev_kmsg.js'
import { againInNamespace, inNamespace } from './namespace.js'
import type { Commands, ExecOptions, ServeOptions } from './program.js'

/** Has src/lua/engine.ts load this engine, which it does once, before anything else of Lua is there. */
function chooseEngine(engine: string | undefined): void {
  if (engine !== undefined) process.env.LUNATIK_ENGINE = engine
  const { LUNATIK_ENGINE: chosen } = process.env
  if (chosen && !(ENGINES as readonly string[]).includes(chosen))
    throw new UserError(`LUNATIK_ENGINE=${chosen}: the engines are ${ENGINES.join(' and ')}`, EXIT_USAGE)
}

/** The options that are this process' own. */
type SetUpOptions = Pick<ServeOptions, 'verbose' | 'kmsg' | 'engine' | 'scripts'>

/** Prints the log on standard error, and keeps the mount alive whatever happens there and elsewhere. */
function setUp({ verbose, kmsg, engine }: SetUpOptions): void {
  chooseEngine(engine)
  dynamic_debug(verbose)
  if (kmsg) copyToKmsg(verbose)
  stdio_streams()
  register_stderr(verbose)
  process.on('SIGUSR1', () => {}) // else it opens Node's inspector to whoever asks
  // Node would print them by itself, and wait for the terminal.
  process.removeAllListeners('warning').on('warning', (e) => printk('warn', describe(e)))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (e: unknown) => {
      printk('err', `${event}: ${describe(e)}`)
      printk('debug', stackOf(e) ?? '')
    })
  }
}

/** Runs a command that serves a mount. Until it ends the process stays, whatever it waits for. */
async function serve(options: SetUpOptions, command: () => Promise<number>): Promise<number> {
  setUp(options)
  const stay = setInterval(() => {}, 2 ** 30)
  try {
    return await command()
  } catch (e) {
    throw (await import('./suggest.js')).withSuggestion(e, options.scripts)
  } finally {
    clearInterval(stay)
  }
}

/** Whether the mount of `exec` takes namespaces that this process is not in. Throws a UserError. */
async function mustLeave({ transport, dev }: ExecOptions): Promise<boolean> {
  return !inNamespace && ((await wayOfExec(dev, transport)).way === 'namespace' || dev)
}

/** Resolves once all output is written; what waits for its reader would be lost at the exit. */
const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))

/** Runs a command that prints something. Who reads its output may go at any time. */
async function print(command: () => Promise<number> | number): Promise<number> {
  process.stdout.on('error', () => process.exit(EXIT_FAILURE))
  const code = await command()
  await Promise.all([process.stdout, process.stderr].map(flushed))
  return code
}

/** The commands of this process. */
export const commands: Commands = {
  mount: async (dir, options) => {
    if (options.daemon) return (await import('./daemon.js')).daemon(process.argv.slice(2))
    return serve(options, async () => (await import('./mount.js')).mount(dir, options))
  },
  umount: (dir, options) => print(async () => (await import('./umount.js')).umount(dir, options)),
  wait: (dir, options) => print(async () => (await import('./umount.js')).wait(dir, options)),
  exec: async (command, dir, options) => {
    if (await mustLeave(options)) return againInNamespace()
    return serve(options, async () => (await import('./exec.js')).exec(command, dir, options))
  },
  doctor: (options) => print(async () => (await import('./doctor.js')).doctor(options)),
  init: (dir) => print(async () => (await import('./init.js')).init(dir)),
  check: (scripts, options) => print(async () => (await import('./check.js')).check(scripts, options)),
  run: (script, how, options) => print(async () => (await import('./run.js')).run(script, how, options)),
  spawn: (script, how, options) => print(async () => (await import('./spawn.js')).spawn(script, how, options)),
  stop: (script, options) => print(async () => (await import('./stop.js')).stop(script, options)),
  load: (command) => print(async () => (await import('./load.js')).load(command)),
  test: (dir) => print(async () => (await import('./test.js')).test(dir)),
  list: (options) => print(async () => (await import('./list.js')).list(options)),
  status: (version, options) => print(async () => (await import('./status.js')).status(version, options)),
  dmesg: (options) => print(async () => (await import('./dmesg.js')).dmesg(options)),
  trace: (names, options) => print(async () => (await import('./trace.js')).trace(names, options)),
  replay: (file, options) => print(async () => (await import('./replay.js')).replay(file, options)),
  inject: (event, options) => print(async () => (await import('./inject.js')).inject(event, options)),
  injectPcap: (fields, options) => print(async () => (await import('./inject_pcap.js')).injectPcap(fields, options)),
  injectHid: (file, options) => print(async () => (await import('./inject_hid.js')).injectHid(file, options)),
  injectStrace: (file, options) => print(async () => (await import('./inject_strace.js')).injectStrace(file, options)),
  top: (options) => print(async () => (await import('./top.js')).top(options)),
  prompt: (options) => print(async () => (await import('./prompt.js')).prompt(options)),
}

/** Ends the process, once what it prints is printed, as far as somebody takes it. */
export async function exit(code: number): Promise<never> {
  await close_consoles()
  process.exit(code)
}
