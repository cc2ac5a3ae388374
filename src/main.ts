#!/usr/bin/env node
// The command line.
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { CheckOptions } from './cli/check.js'
import type { ClientOptions } from './cli/control.js'
import { copyToKmsg } from './cli/dev_kmsg.js'
import type { DmesgOptions } from './cli/dmesg.js'
import { close_consoles, register_stderr, stdio_streams } from './console.js'
import { EXIT_FAILURE, EXIT_USAGE, UserError } from './errors.js'
import type { ServerOptions } from './kernel/server.js'
import { ENGINES } from './lua/api.js'
import { describe, dynamic_debug, printk, stackOf } from './printk.js'
import { kstrdup_quotable, quotable_lines } from './string_helpers.js'

const DEFAULT_DIR = '/mnt/lunatik'
const DEFAULT_DEVICES = ['mydevice', 'mybuffer']

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

interface CommonOptions extends Omit<ServerOptions, 'device' | 'examples'> {
  readonly device?: string[]
  readonly engine?: string
  readonly kmsg: boolean
  readonly verbose: boolean
}

function folder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Give the name of a folder.')
  return value
}

const collect = (value: string, values: string[] | undefined) => [...(values ?? []), folder(value)]

function script(value: string): string {
  if (value === '') throw new InvalidArgumentError('Give the name of a script.')
  return value
}

const collectScripts = (value: string, values: string[] | undefined) => [...(values ?? []), script(value)]

function seconds(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n < 0)
    throw new InvalidArgumentError('Give a number of seconds, 0 or more.')
  return n
}

function mebibytes(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n <= 0)
    throw new InvalidArgumentError('Give a number of MiB above 0.')
  return n
}

/** Has src/lua/engine.ts load this engine, which it does once, before anything else of Lua is there. */
function chooseEngine(engine: string | undefined): void {
  if (engine !== undefined) process.env.LUNATIK_ENGINE = engine
  const { LUNATIK_ENGINE: chosen } = process.env
  if (chosen && !(ENGINES as readonly string[]).includes(chosen))
    throw new UserError(`LUNATIK_ENGINE=${chosen}: the engines are ${ENGINES.join(' and ')}`, EXIT_USAGE)
}

/** Prints the log on standard error, and keeps the mount alive whatever happens there and elsewhere. */
function setUp({ verbose, kmsg, engine }: CommonOptions): void {
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

const serverOptions = ({ device, engine: _, ...rest }: CommonOptions): ServerOptions => ({
  ...rest,
  device: device ?? (rest.run.length > 0 ? [] : DEFAULT_DEVICES),
  examples: device === undefined,
})

const withCommonOptions = (command: Command) =>
  command
    .addOption(
      new Option('--scripts <dir>', "a folder of Lua scripts, searched before the package's own; may be given again")
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--device <name>',
        `a module of devices/, or the path of your own; may be given again (default: ${DEFAULT_DEVICES.join(', ')}; with --run none)`,
      ).argParser(collect),
    )
    .addOption(
      new Option('--run <script>', 'start a script; may be given again').argParser(collectScripts).default([], 'none'),
    )
    .option('--watch', 'run scripts, and load modules, again when their files change', false)
    .addOption(
      new Option('--deadline <seconds>', 'end a callback that runs longer, with ETIMEDOUT; 0: never')
        .argParser(seconds)
        .default(5),
    )
    .addOption(new Option('--memory <mib>', "limit of each runtime's memory, in MiB").argParser(mebibytes).default(64))
    .addOption(
      new Option(
        '--transport <name>',
        'how requests come from the kernel (default: dev-fuse, with the right to mount)',
      ).choices(['dev-fuse', 'fuse-native']),
    )
    .addOption(
      new Option('--engine <name>', `which Lua runs the scripts (default: LUNATIK_ENGINE, or ${ENGINES[0]})`).choices(
        ENGINES,
      ),
    )
    .option('--uninterruptible', "let no signal end a callback's sleep that the kernel's driver would not end", false)
    .option('--ledger', 'tell at the end which objects are still alive, and where they were made', false)
    .option('--kmsg', "copy the log to the kernel's, /dev/kmsg", false)
    .option('--verbose', 'log debug records and stack traces as well', false)

/** Runs a command that serves a mount, then ends the process. Until then it stays, whatever it waits for. */
async function finish(code: Promise<number>): Promise<never> {
  const stay = setInterval(() => {}, 2 ** 30)
  try {
    const ret = await code
    await close_consoles()
    process.exit(ret)
  } finally {
    clearInterval(stay)
  }
}

/** The folder of a running mount. */
const withMount = (command: Command) =>
  command.addOption(
    new Option('--mount <dir>', `the folder of the mount (default: LUNATIK_MNT, or ${DEFAULT_DIR})`).argParser(folder),
  )

const withClientOptions = (command: Command) =>
  withMount(command).option('--json', 'print the outcome for a program, errors included', false)

/** Before the command `--mount` means the same as after it. */
const mountGiven = () => program.opts<{ mount?: string }>().mount

/** The folder that is meant: as an argument says, else as the environment does; undefined where neither does. */
const chosen = (dir: string | undefined) => dir ?? mountGiven() ?? (process.env.LUNATIK_MNT || undefined)

/** The options with the folder that is meant. */
const resolved = <T extends object>(options: T & { mount?: string }) => ({
  ...options,
  mount: chosen(options.mount) ?? DEFAULT_DIR,
})

/** Resolves once all output is written; what waits for its reader would be lost at the exit. */
const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))

/** Runs a command on a running mount. Who reads its output may go at any time. */
async function onMount(code: () => Promise<number>): Promise<never> {
  process.stdout.on('error', () => process.exit(EXIT_FAILURE))
  const ret = await code()
  await Promise.all([process.stdout, process.stderr].map(flushed))
  process.exit(ret)
}

const program = withMount(new Command('lunatik'))
  .description('Lunatik for userspace: device files on a FUSE mount, backed by Lua. Without a command: a prompt.')
  .version(version)
  .enablePositionalOptions()
  .showSuggestionAfterError(false)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`lunatik: ${quotable_lines(text.replace(/^error: /, ''))}`) })
  .helpCommand(false)
  .argument('[command...]')
  .usage('[options] [command]')
  .action(([command]: string[]) => {
    if (command !== undefined) program.error(`unknown command '${command}': --help lists them`)
    return onMount(async () => (await import('./cli/prompt.js')).prompt(resolved({ json: false })))
  })

withCommonOptions(
  program
    .command('mount')
    .description('serve the devices on DIR until interrupted')
    .argument('[dir]', `the folder to mount on, made when missing (default: LUNATIK_MNT, or ${DEFAULT_DIR})`, folder),
).action((dir: string | undefined, options: CommonOptions) => {
  setUp(options)
  return finish(import('./cli/mount.js').then(({ mount }) => mount(chosen(dir) ?? DEFAULT_DIR, serverOptions(options))))
})

withCommonOptions(
  program
    .command('exec')
    .description('run COMMAND with the devices on a mount of its own; LUNATIK_MNT names it')
    .usage('[options] -- COMMAND...')
    .argument('<command...>', 'the command and its arguments')
    .option('--mount <dir>', 'the folder to mount on, made when missing (default: LUNATIK_MNT, or a new one)', folder),
).action((command: string[], options: CommonOptions & { mount?: string }) => {
  setUp(options)
  return finish(
    import('./cli/exec.js').then(({ exec }) => exec(command, chosen(options.mount) ?? null, serverOptions(options))),
  )
})

program
  .command('init')
  .description('make a folder with a driver script, its test and what an editor needs to know')
  .argument('<dir>', "the folder, made when missing; its name is the driver's. No file in it is overwritten", folder)
  .action(async (dir: string) => {
    process.exitCode = (await import('./cli/init.js')).init(dir)
  })

program
  .command('check')
  .description('say what a kernel would refuse of scripts, and what would fail there; runs nothing')
  .argument('<script...>', 'a file, a folder, the name of a script, or - for standard input', collectScripts)
  .addOption(
    new Option('--context <name>', 'where the scripts run')
      .choices(['process', 'softirq', 'hardirq'])
      .default('process'),
  )
  .addOption(
    new Option('--scripts <dir>', "a folder of scripts, searched before the script's own; may be given again")
      .argParser(collect)
      .default([], 'none'),
  )
  .addOption(
    new Option('--module <name>', 'a module in C that the kernel has; may be given again')
      .argParser(collectScripts)
      .default([], 'none'),
  )
  .option('--json', 'print the findings for a program', false)
  .option('--verbose', 'print what is only worth knowing as well', false)
  .action(async (scripts: string[], options: CheckOptions) => {
    process.stdout.on('error', () => process.exit(EXIT_FAILURE))
    process.exitCode = (await import('./cli/check.js')).check(scripts, options)
  })

withClientOptions(
  program
    .command('run')
    .description('run SCRIPT on a mount')
    .argument('<script>', "its name below a folder of scripts, or below the package's lua/", script)
    .argument('[context]', 'process, softirq or hardirq'),
).action((script: string, context: string | undefined, options: ClientOptions) =>
  onMount(async () => (await import('./cli/run.js')).run(script, context, resolved(options))),
)

withClientOptions(
  program
    .command('spawn')
    .description('run SCRIPT on a mount in a thread of its own')
    .argument('<script>', 'its name', script),
).action((script: string, options: ClientOptions) =>
  onMount(async () => (await import('./cli/spawn.js')).spawn(script, resolved(options))),
)

withClientOptions(
  program.command('stop').description('stop SCRIPT on a mount').argument('<script>', 'its name', script),
).action((script: string, options: ClientOptions) =>
  onMount(async () => (await import('./cli/stop.js')).stop(script, resolved(options))),
)

withClientOptions(program.command('list').description('print the scripts that run on a mount')).action(
  (options: ClientOptions) => onMount(async () => (await import('./cli/list.js')).list(resolved(options))),
)

withClientOptions(program.command('status').description('print the modules that a mount has')).action(
  (options: ClientOptions) => onMount(async () => (await import('./cli/status.js')).status(version, resolved(options))),
)

withMount(program.command('dmesg').description("print a mount's log"))
  .option('-C, --clear', 'hide the records so far, and print nothing', false)
  .option('-w, --follow', 'go on with each new record until interrupted', false)
  .option('--time', 'print time and level as well', false)
  .option('--json', 'print each record as an object on a line of its own', false)
  .action((options: DmesgOptions) => onMount(async () => (await import('./cli/dmesg.js')).dmesg(resolved(options))))

try {
  await program.parseAsync()
} catch (e) {
  if (e instanceof CommanderError) process.exit(e.exitCode === 0 ? 0 : EXIT_USAGE)
  const message = e instanceof Error ? e.message : String(e)
  process.stderr.write(`lunatik: ${kstrdup_quotable(message)}\n`)
  if (!(e instanceof UserError) && e instanceof Error) {
    if (process.argv.includes('--verbose')) process.stderr.write(`${quotable_lines(stackOf(e) ?? '')}\n`)
  }
  await close_consoles()
  process.exit(e instanceof UserError ? e.exitCode : EXIT_FAILURE)
}
